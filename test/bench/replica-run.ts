import { assert } from "../../src/base/assert.ts";
import { groupId, replicaId, serverId } from "../../src/base/ids.ts";
import { callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { Host } from "../../src/rsm/host.ts";
import { ClientSession } from "../../src/rsm/caller/operation.ts";
import { replicaOptions } from "../../src/rsm/options.ts";
import { startReplica } from "../../src/rsm/start.ts";
import { encodeCommand } from "../../src/shardkv/commands.ts";
import { KvMachine } from "../../src/shardkv/kv-machine.ts";
import { encodeQuery } from "../../src/shardkv/queries.ts";
import { MemoryWorld } from "./memory-env.ts";

/** What goes into a run. */
export interface ReplicaLoad {
  readonly name: string;
  readonly replicas: number;
  readonly clients: number;
  /** Calls that each client has under way. */
  readonly window: number;
  /** Of the calls that are reads. */
  readonly readShare: number;
  readonly valueBytes: number;
}

/** What came out of it: all of clients and replicas, in one thread. */
export interface ReplicaSpeed {
  readonly name: string;
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly cpuMicrosecondsPerOperation: number;
}

const keys = 10_000;

/** Replicas with the store's machine and their clients, each on a server of its own in one memory. */
class ReplicaBench {
  readonly #world: MemoryWorld;
  readonly #machine = new KvMachine({ partitioner: { kind: "hash" }, shards: 16 });
  readonly #starters: (() => void)[] = [];
  done = 0;

  constructor(load: ReplicaLoad) {
    const servers = Array.from({ length: load.replicas }, (_, at) => serverId(`s${at}`));
    const clients = Array.from({ length: load.clients }, (_, at) => serverId(`c${at}`));
    this.#world = new MemoryWorld([...servers, ...clients], "replicas");
    for (const [at, server] of servers.entries()) {
      const identity = { group: groupId(1), creation: 1, replica: replicaId(at), servers };
      startReplica(this.#world.server(server).env, identity, replicaOptions({ member: { logBytesMax: 8_388_608 } }), this.#machine);
    }
    for (const id of clients) {
      const { env } = this.#world.server(id);
      const host = new Host(env);
      const caller = new GroupClient(env, { group: groupId(1), servers }, callerOptions());
      host.addCaller(groupId(1), caller);
      const session = new ClientSession(
        Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255)),
        { mayDouble: false },
      );
      this.#starters.push(() => {
        for (let i = 0; i < load.window; i += 1) this.#call(caller, session, env.rng, load);
      });
    }
  }

  /** Every client begins; each call that ends is followed by another. */
  begin(): void {
    for (const start of this.#starters) start();
  }

  turn(): void {
    this.#world.turn();
  }

  #call(
    caller: GroupClient,
    session: ClientSession,
    rng: { int(from: number, to: number): number; chance(of: number): boolean },
    load: ReplicaLoad,
  ): void {
    const key = Buffer.from(`user${rng.int(0, keys)}`);
    const shard = this.#machine.shardOf(key);
    const next = (kind: string): void => {
      assert(kind === "result", `a call ends with a result, not as ${kind}`);
      this.done += 1;
      this.#call(caller, session, rng, load);
    };
    if (rng.chance(load.readShare)) caller.query(encodeQuery({ op: "get", shard, key }), Infinity, ({ kind }) => next(kind));
    else {
      const command = encodeCommand({ op: "put", key, value: new Uint8Array(load.valueBytes) });
      caller.execute(session.operation(shard, command), Infinity, ({ kind }) => next(kind));
    }
  }
}

/** Runs a load for about `ms` milliseconds, after a third of that to warm up. */
export function measureReplica(load: ReplicaLoad, ms: number): ReplicaSpeed {
  const bench = new ReplicaBench(load);
  bench.begin();
  // Some seconds of virtual time, until somebody leads and the first answers are there.
  while (bench.done < load.clients) bench.turn();
  turnsFor(bench, ms / 3);
  const before = bench.done;
  const cpu = process.cpuUsage();
  const start = performance.now();
  turnsFor(bench, ms);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const operations = bench.done - before;
  return {
    name: load.name,
    operations,
    operationsPerSecond: (operations / wallMs) * 1000,
    cpuMicrosecondsPerOperation: (user + system) / Math.max(1, operations),
  };
}

function turnsFor(bench: ReplicaBench, ms: number): void {
  const end = performance.now() + ms;
  do for (let turns = 0; turns < 16; turns += 1) bench.turn();
  while (performance.now() < end);
}
