import { expect, test } from "vitest";
import { groupId, serverId } from "../../../src/base/ids.ts";
import type { Clock } from "../../../src/env/clock.ts";
import { callerOptions } from "../../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../../src/rsm/caller/group-client.ts";
import { ClientSession } from "../../../src/rsm/caller/operation.ts";
import { Host } from "../../../src/rsm/host.ts";
import { replicaOptions } from "../../../src/rsm/options.ts";
import { FoundingLine } from "../../../src/shardmaster/founding/founding-line.ts";
import { Registrar } from "../../../src/shardmaster/founding/registrar.ts";
import type { Founding } from "../../../src/shardmaster/founding/wire.ts";
import { startShardMaster } from "../../../src/shardmaster/start.ts";
import { SimCluster } from "../../../src/sim/cluster.ts";
import { SimDisk } from "../../../src/sim/disk/disk.ts";
import { SimProcess } from "../../../src/sim/process.ts";
import { group } from "../master.ts";

const founders = [group(1, 7), group(2, 7)];

/** Three replicas of a shardmaster that knows its groups, and one client; all replicas run. */
class FoundingCluster {
  readonly sim: SimCluster;
  #line: FoundingLine | undefined;
  #clock: Clock | undefined;

  constructor(seed: string) {
    const shape = { cluster: "test", shards: 2, partitioner: { kind: "hash" } } as const;
    this.sim = new SimCluster(seed, {
      size: 3,
      program: (env, identity) => startShardMaster(env, identity, { replica: replicaOptions(), shape, founders }).replica.member,
      onFailure: (at, error) => {
        throw new Error(`server ${at} failed`, { cause: error });
      },
    });
    this.sim.startAll();
    const { world, network, servers } = this.sim;
    const id = serverId("client");
    const hooks = {
      onFailure: (_: SimProcess, error: unknown): void => {
        throw new Error("the client failed", { cause: error });
      },
    };
    new SimProcess(world, network, id, new SimDisk(world, id), hooks, {}).start((env) => {
      const called = { group: groupId(1), servers: servers.map((server) => server.id) };
      const client = new GroupClient(env, called, callerOptions());
      new Host(env).addCaller(called.group, client);
      this.#line = new FoundingLine(client, () => new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255))));
      this.#clock = env.clock;
    });
    this.run(5000);
  }

  run(ms: number): void {
    this.sim.world.runFor(ms);
  }

  /** A server of a founding group, whose registrar runs from now on. */
  server(gid: number, replica: number): { readonly said: string[]; readonly stop: () => void } {
    const said: string[] = [];
    if (this.#line === undefined || this.#clock === undefined) throw new Error("the client runs");
    const who = { gid: groupId(gid), creation: 7, replica };
    const registrar = new Registrar(this.#line, this.#clock, who, false, {
      registered: () => said.push("registered"),
      begun: () => said.push("begun"),
      foreign: (why) => said.push(why),
    });
    registrar.start();
    return { said, stop: () => registrar.stop() };
  }

  founding(): Founding | string | undefined {
    let answer: Founding | string | undefined;
    this.#line?.founding((found) => (answer = found));
    this.run(3000);
    return answer;
  }
}

test("who has registered counts, also when he is gone, and whatever becomes of the shardmaster's servers", () => {
  const cluster = new FoundingCluster("sticky");
  for (const [gid, replica] of [
    [1, 0],
    [1, 2],
    [2, 1],
  ] as const) {
    const server = cluster.server(gid, replica);
    cluster.run(3000);
    expect(server.said).toEqual(["registered"]);
    server.stop();
  }
  for (const at of [0, 1, 2]) cluster.sim.crash(at, { powerCut: true });
  cluster.sim.startAll();
  cluster.run(5000);
  expect(cluster.founding()).toMatchObject({ registered: [[0, 2], [1]], begun: false });
  const last = cluster.server(2, 0);
  cluster.run(3000);
  expect(last.said).toEqual(["registered", "begun"]);
  cluster.sim.crash(0, { powerCut: true });
  cluster.run(3000);
  expect(cluster.founding()).toMatchObject({ begun: true });
});

test("a server registers as soon as there is a quorum of the shardmaster", () => {
  const cluster = new FoundingCluster("quorum");
  for (const at of [0, 1]) cluster.sim.crash(at, { powerCut: true });
  const server = cluster.server(1, 0);
  cluster.run(20_000);
  expect(server.said).toEqual([]);
  cluster.sim.start(1);
  cluster.run(10_000);
  expect(server.said).toEqual(["registered"]);
});
