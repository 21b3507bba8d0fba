import { describe, expect, test } from "vitest";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import type { CallOutcome } from "../../src/client/outcome.ts";
import type { KvCommand } from "../../src/shardkv/commands.ts";
import type { GetResult, KvResult } from "../../src/shardkv/results.ts";
import { GroupCluster } from "../../src/sim/group/group-cluster.ts";
import { kvGroup } from "../../src/sim/kv/kv-group.ts";
import type { ReplicaOptionsGiven } from "../../src/rsm/options.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";

const utf8 = new TextEncoder();

function begun(replica: ReplicaOptionsGiven = {}): GroupCluster<KvCaller> {
  const cluster = new GroupCluster(1, kvGroup(replica), { size: 3 });
  cluster.startAll();
  return cluster;
}

/** What an act of a client ends in, when the cluster has run for so long. */
function ended<R>(
  cluster: GroupCluster<KvCaller>,
  client: SimClient<KvCaller>,
  act: (caller: KvCaller, done: (outcome: R) => void) => void,
): R | undefined {
  let outcome: R | undefined;
  client.act((caller) =>
    act(caller, (result) => {
      outcome = result;
    }),
  );
  cluster.run(5000);
  return outcome;
}

function execute(cluster: GroupCluster<KvCaller>, client: SimClient<KvCaller>, command: KvCommand): CallOutcome<KvResult> | undefined {
  return ended(cluster, client, (caller, done) => caller.execute(command, 10_000, done));
}

function get(cluster: GroupCluster<KvCaller>, client: SimClient<KvCaller>, key: string): CallOutcome<GetResult> | undefined {
  return ended(cluster, client, (caller, done) => caller.get(utf8.encode(key), 10_000, done));
}

function put(key: string, value: string): KvCommand {
  return { op: "put", key: utf8.encode(key), value: utf8.encode(value) };
}

describe("a simulated group of stores", () => {
  test("serves its clients", () => {
    const cluster = begun();
    const [writer, reader] = [cluster.newClient(), cluster.newClient()];
    const version = expect.any(Number);
    expect(execute(cluster, writer, put("a", "1"))).toEqual({ kind: "result", result: { ok: true, op: "put", existed: false, version } });
    expect(get(cluster, reader, "a")).toMatchObject({ kind: "result", result: { value: utf8.encode("1") } });
  });

  test("keeps what was acknowledged when the power of all servers fails", () => {
    const cluster = begun();
    const client = cluster.newClient();
    execute(cluster, client, put("a", "1"));
    for (let at = 0; at < cluster.size; at += 1) cluster.crash(at, { powerCut: true });
    cluster.startAll();
    expect(get(cluster, client, "a")).toMatchObject({ kind: "result", result: { value: utf8.encode("1") } });
  });

  test("serves on when its leader is cut off", () => {
    const cluster = begun();
    const client = cluster.newClient();
    execute(cluster, client, put("a", "1"));
    const leader = cluster.leader as number;
    cluster.network.isolate(cluster.sim.server(leader).id);
    expect(execute(cluster, client, put("a", "2"))).toMatchObject({ kind: "result", result: { existed: true } });
    expect(cluster.leader).not.toBe(leader);
  });

  test("hears nothing more of what a client that died has asked for", () => {
    const cluster = begun();
    const client = cluster.newClient();
    let told = 0;
    client.act((caller) =>
      caller.execute(put("a", "1"), 10_000, () => {
        told += 1;
      }),
    );
    cluster.run(1);
    client.crash();
    expect(client.alive).toBe(false);
    client.start();
    expect(get(cluster, client, "b")).toMatchObject({ kind: "result", result: { version: 0 } });
    expect(told).toBe(0);
  });

  test("has a small log where it is told to", () => {
    const cluster = begun({ member: { logBytesMax: 2000, logTailBytes: 0 } });
    const client = cluster.newClient();
    for (let i = 0; i < 20; i += 1) execute(cluster, client, put("a", "x".repeat(300)));
    for (let at = 0; at < cluster.size; at += 1) expect(cluster.logBytes(at)).toBeLessThan(4000);
  });
});
