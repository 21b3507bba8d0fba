import { expect, test } from "vitest";
import type { Admin, ServerReport } from "../../../src/client/admin.ts";
import type { ClusterStatus, GroupStatus, ReplicaStatus, ShardWait } from "../../../src/client/status.ts";
import { whyKeyWaits, whyMastersWait } from "../../../src/cli/shell/why.ts";
import type { LocalCluster } from "../../../src/server/local-cluster.ts";

const servers = ["h:1", "h:2", "h:3"];
type Role = "leader" | "follower" | "silent";

function replicasOf(roles: readonly Role[]): readonly ReplicaStatus[] {
  return roles.map((role, replica) => {
    const server = servers[replica] ?? "";
    if (role === "silent") return { replica, server, answered: false, why: "it is gone" };
    return { replica, server, answered: true, phase: "running", role, term: 1, applied: 1, lag: 0 };
  });
}

const led: readonly Role[] = ["leader", "follower", "follower"];

/** A cluster of one shard, of which that is known. */
function clusterOf(group: readonly Role[] | undefined, wait: Partial<ShardWait> = {}): Partial<ClusterStatus> {
  const named = { gid: 7, creation: 1, servers };
  const groups = group === undefined ? [] : [{ group: named, isMember: true, replicas: replicasOf(group) } as unknown as GroupStatus];
  const shards = [{ gid: group === undefined ? 0 : 7, since: 1, holder: undefined }];
  return {
    shape: { cluster: "kvorum", shards: 1, partitioner: { kind: "hash" } },
    config: { number: 1, groups: group === undefined ? [] : [named], shards } as unknown as ClusterStatus["config"],
    groups,
    waits: wait.why === undefined ? [] : [{ gid: 7, phase: "arriving", on: undefined, since: 1, shards: [0], ...wait } as ShardWait],
  };
}

/** A cluster whose shardmaster does not say what there is. */
function unknown(roles: readonly Role[]): Partial<ClusterStatus> {
  const masters = replicasOf(roles).map(
    (replica): ServerReport =>
      ({ server: replica.server, answered: replica.answered, replicas: [{ group: 0, ...replica }] }) as unknown as ServerReport,
  );
  return { masters, shape: undefined, config: undefined };
}

function adminOf(status: Partial<ClusterStatus>): Admin {
  return { status: () => Promise.resolve(status) } as unknown as Admin;
}

const local = { servers: [{ name: "7.1", address: "h:2" }] } as unknown as LocalCluster;
const where = "shard 0, where the key is";

test.each<[string, Partial<ClusterStatus>]>([
  ["The shardmaster has no majority: h:1 and 7.1 do not answer.", unknown(["silent", "silent", "follower"])],
  ["The shardmaster has no leader at present; h:1 does not answer.", unknown(["silent", "follower", "follower"])],
  ["The shardmaster has a leader, and does not answer yet.", unknown(led)],
  [`Nobody has ${where}: no group has joined.`, clusterOf(undefined)],
  [`Group 7 has no majority: h:1, 7.1 and h:3 do not answer. It has ${where}.`, clusterOf(["silent", "silent", "silent"])],
  [`Group 7 has no leader at present. It has ${where}.`, clusterOf(["follower", "follower", "follower"])],
  [`Group 7 serves ${where}: it should not take long.`, clusterOf(led)],
  [`Group 7 serves ${where}: it should not take long.`, clusterOf(led, { why: "clearing", phase: "dead" })],
  [
    "Group 7 does not serve shard 0 yet, where the key is, and perhaps others: the group that had them last does not answer (group 3).",
    clusterOf(led, { why: "source_silent", on: { gid: 3, creation: 1, servers: [], state: "silent" } as unknown as ShardWait["on"] }),
  ],
])("of a key: %s", async (sentence, status) => {
  expect(await whyKeyWaits({ admin: adminOf(status), local }, "a")).toBe(sentence);
});

test.each<[string, Partial<ClusterStatus>]>([
  ["The shardmaster has no majority: h:1, 7.1 and h:3 do not answer.", unknown(["silent", "silent", "silent"])],
  ["No group has joined.", clusterOf(undefined)],
  ["Group 7 has no majority: 7.1 and h:3 do not answer.", clusterOf(["follower", "silent", "silent"])],
  ["Shards are on their way; status says more.", clusterOf(led, { why: "fetching" })],
  ["All groups answer: it should not take long.", clusterOf(led)],
])("of the shardmaster: %s", async (sentence, status) => {
  expect(await whyMastersWait({ admin: adminOf(status), local })).toBe(sentence);
});
