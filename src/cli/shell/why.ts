import { utf8 } from "../../base/bytes.ts";
import type { ServerReport } from "../../client/admin.ts";
import type { ClusterStatus, ReplicaStatus, ShardWait } from "../../client/status.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import { reasonMeanings } from "../status-words.ts";
import { listed, type ShellWorld } from "./command.ts";

/** Who waits and asks why does not wait long for that. */
const askMs = 3000;

type Asked = Pick<ShellWorld, "admin" | "local">;

/** Why what was asked of a key takes its time, in a sentence. */
export async function whyKeyWaits({ admin, local }: Asked, key: string): Promise<string> {
  const status = await admin.status({ timeoutMs: askMs });
  const { shape, config, groups } = status;
  if (shape === undefined || config === undefined) return mastersTrouble(status, local);
  const shard = partitioner(shape.partitioner, shape.shards)(utf8(key));
  const gid = config.shards[shard]?.gid ?? 0;
  if (gid === 0) return `Nobody has shard ${shard}, where the key is: no group has joined.`;
  const owner = groups.find(({ group, isMember }) => isMember && group.gid === gid);
  const trouble = owner && troubleOf(`Group ${gid}`, owner.replicas, local);
  if (trouble !== undefined) return `${trouble} It has shard ${shard}, where the key is.`;
  const wait = status.waits.find((one) => one.gid === gid && isUnserved(one) && one.shards.includes(shard));
  if (wait === undefined) return `Group ${gid} serves shard ${shard}, where the key is: it should not take long.`;
  const on = typeof wait.on === "object" ? ` (group ${wait.on.gid})` : "";
  return `Group ${gid} does not serve shard ${shard} yet, where the key is, and perhaps others: ${reasonMeanings[wait.why]}${on}.`;
}

/** Why the shardmaster, or a group that it knows, does not answer. */
export async function whyMastersWait({ admin, local }: Asked): Promise<string> {
  const status = await admin.status({ timeoutMs: askMs });
  if (status.config === undefined) return mastersTrouble(status, local);
  const members = status.groups.filter(({ isMember }) => isMember);
  const troubles = members.flatMap(({ group, replicas }) => troubleOf(`Group ${group.gid}`, replicas, local) ?? []);
  if (troubles.length > 0) return troubles.join(" ");
  if (members.length === 0) return "No group has joined.";
  return status.waits.some(isUnserved) ? "Shards are on their way; status says more." : "All groups answer: it should not take long.";
}

/** Whether a shard is not served meanwhile. */
export function isUnserved({ phase }: ShardWait): boolean {
  return phase === "unserved" || phase === "arriving";
}

function mastersTrouble({ masters }: ClusterStatus, local: Asked["local"]): string {
  return troubleOf("The shardmaster", replicasIn(masters, masterGroup), local) ?? "The shardmaster has a leader, and does not answer yet.";
}

/** What servers say of their replicas of one group, as `troubleOf` wants it. */
export function replicasIn(reports: readonly ServerReport[], gid: number): readonly ReplicaStatus[] {
  return reports.map((report, replica) => {
    const { server } = report;
    const found = report.answered ? report.replicas.find(({ group }) => group === gid) : undefined;
    if (found === undefined) return { replica, server, answered: false, why: "it says nothing of it" };
    const { phase, role, term, applied } = found;
    return { replica, server, answered: true, phase, role, term, applied, lag: 0 };
  });
}

/** What keeps a group from answering, by what its servers say; nothing when it has a leader. */
export function troubleOf(name: string, replicas: readonly ReplicaStatus[], local: Asked["local"]): string | undefined {
  const nameOf = (address: string): string => local?.servers.find((server) => server.address === address)?.name ?? address;
  if (replicas.some((replica) => replica.answered && replica.role === "leader" && replica.phase === "running")) return undefined;
  const silent = replicas.filter(({ answered }) => !answered).map(({ server }) => nameOf(server));
  const silence = `${listed(silent, "and")} ${silent.length === 1 ? "does" : "do"} not answer`;
  if (silent.length >= replicas.length / 2) return `${name} has no majority: ${silence}.`;
  return `${name} has no leader at present${silent.length === 0 ? "" : `; ${silence}`}.`;
}
