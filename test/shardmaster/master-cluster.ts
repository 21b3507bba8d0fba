import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import { callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { Host } from "../../src/rsm/host.ts";
import { ClientSession, type Ending, type Outcome } from "../../src/rsm/caller/operation.ts";
import { type ReplicaOptionsGiven, replicaOptions } from "../../src/rsm/options.ts";
import type { Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeMasterCommand, type MasterCommand } from "../../src/shardmaster/commands.ts";
import { encodeMasterQuery, type MasterQuery } from "../../src/shardmaster/queries.ts";
import { decodeMasterResult, type MasterResult } from "../../src/shardmaster/results.ts";
import type { ClusterShape } from "../../src/shardmaster/shape.ts";
import { type ShardMaster, startShardMaster } from "../../src/shardmaster/start.ts";
import { SimCluster } from "../../src/sim/cluster.ts";
import { SimDisk } from "../../src/sim/disk/disk.ts";
import { SimProcess } from "../../src/sim/process.ts";

export const shape: ClusterShape = { cluster: "test", shards: 10, partitioner: { kind: "hash" } };

/** Servers of a shardmaster in a world of their own, with one client; all of them are dead at first. */
export class MasterCluster {
  readonly sim: SimCluster;
  /** By server: what the present life has said of the shape. */
  readonly said: Map<number, string> = new Map();
  readonly masters: Map<number, ShardMaster> = new Map();
  readonly #client: SimProcess;
  #asked: GroupClient | undefined;
  #session: ClientSession | undefined;

  /** `shapes` by server; the last one counts for those behind it. */
  constructor(seed: string, shapes: readonly ClusterShape[] = [shape], size: number = 3, replica: ReplicaOptionsGiven = {}) {
    this.sim = new SimCluster(seed, {
      size,
      program: (env, identity) => {
        const at = identity.replica;
        const options = { replica: replicaOptions(replica), shape: shapes[Math.min(at, shapes.length - 1)] as ClusterShape };
        this.said.delete(at);
        const master = startShardMaster(env, identity, options, {
          agreed: () => this.said.set(at, "agreed"),
          otherShape: (why) => this.said.set(at, why),
        });
        this.masters.set(at, master);
        return master.replica.member;
      },
      onFailure: (at, error) => {
        throw new Error(`server ${at} failed`, { cause: error });
      },
    });
    const { world, network, servers } = this.sim;
    const id: ServerId = serverId("client");
    const hooks = {
      onFailure: (_: SimProcess, error: unknown): void => {
        throw new Error("the client failed", { cause: error });
      },
    };
    this.#client = new SimProcess(world, network, id, new SimDisk(world, id), hooks, {});
    this.#client.start((env) => {
      const called = { group: groupId(1), servers: servers.map((server) => server.id) };
      this.#asked = new GroupClient(env, called, callerOptions());
      new Host(env).addCaller(called.group, this.#asked);
      this.#session = new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255)));
    });
  }

  run(ms: number): void {
    this.sim.world.runFor(ms);
  }

  /** Begins a command; what it came to is put into the list. */
  execute(command: MasterCommand, ended: (MasterResult | Refused | Outcome)[]): void {
    const bytes = encodeMasterCommand(command);
    this.#client.env()?.clock.after(0, () => {
      const operation = this.#session?.operation(0, bytes);
      if (operation === undefined) return;
      this.#asked?.execute(operation, Infinity, (outcome) => {
        ended.push(outcome.kind === "result" ? decodeMasterResult(outcome.bytes) : outcome);
      });
    });
  }

  query(query: MasterQuery, ended: (MasterResult | Refused | Ending)[]): void {
    this.#client.env()?.clock.after(0, () => {
      this.#asked?.query(encodeMasterQuery(query), Infinity, (ending) => {
        ended.push(ending.kind === "result" ? decodeMasterResult(ending.bytes) : ending);
      });
    });
  }
}
