import { groupId, type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { CallerOptions, SessionOptions } from "../../rsm/caller/caller-options.ts";
import type { Member } from "../../rsm/member.ts";
import { type ReplicaOptionsGiven, replicaOptions } from "../../rsm/options.ts";
import { type KvOptions, kvOptions } from "../../shardkv/options.ts";
import { type ClusterOptions, SimCluster } from "../cluster.ts";
import type { Network } from "../network/network.ts";
import type { World } from "../world.ts";
import { type KvReplica, kvProgram } from "./kv-program.ts";
import { SimClient } from "./sim-client.ts";

export interface GroupClusterOptions extends Omit<ClusterOptions, "program" | "onFailure" | "onReceive"> {
  readonly replica?: ReplicaOptionsGiven;
  readonly kv?: Partial<KvOptions>;
  /** A server's or a client's code threw, or a server's disk failed: it is dead. Without it, whoever makes time pass gets the error. */
  readonly onFailure?: (who: ServerId, error: unknown) => void;
}

/** A group of replicas of the store, and clients, in a world of their own. All servers are dead at first, and nobody asks them. */
export class GroupCluster {
  readonly sim: SimCluster;
  readonly kv: KvOptions;
  readonly clients: SimClient[] = [];
  readonly #options: GroupClusterOptions;
  readonly #replicas = new WeakMap<Member, KvReplica>();

  constructor(seed: Rng | number | string, options: GroupClusterOptions) {
    this.#options = options;
    this.kv = kvOptions(options.kv);
    this.sim = new SimCluster(seed, {
      ...options,
      program: kvProgram(replicaOptions(options.replica), this.kv, (_, replica) => this.#replicas.set(replica.member, replica)),
      onFailure: (at, error) => this.#failed(this.sim.server(at).id, error),
    });
  }

  get size(): number {
    return this.sim.size;
  }

  get world(): World {
    return this.sim.world;
  }

  get network(): Network {
    return this.sim.network;
  }

  start(at: number): void {
    this.sim.start(at);
  }

  startAll(): void {
    this.sim.startAll();
  }

  /** Ends a server's process, if it lives: by itself, or with the power of its machine. */
  crash(at: number, how: { readonly powerCut: boolean }): void {
    this.sim.crash(at, how);
  }

  run(ms: number): void {
    this.world.runFor(ms);
  }

  /** The replica at a server that is alive. */
  replica(at: number): KvReplica | undefined {
    const member = this.sim.member(at);
    return member && this.#replicas.get(member);
  }

  /** Who leads the newest term that has a leader. */
  get leader(): number | undefined {
    return this.sim.leader;
  }

  /** The rows of a server's log in bytes; undefined while it is dead or reads its disk. */
  logBytes(at: number): number | undefined {
    return this.sim.member(at)?.logBytes;
  }

  /** A new client, alive, with a session of its own. */
  newClient(session: Partial<SessionOptions> = {}, caller: Partial<CallerOptions> = {}): SimClient {
    const id = serverId(`c${this.clients.length}`);
    const client = new SimClient(this.world, this.network, id, {
      called: { group: groupId(1), servers: this.sim.servers.map((server) => server.id) },
      kv: this.kv,
      session,
      caller,
      process: this.#options.process ?? {},
      onFailure: (error) => this.#failed(id, error),
    });
    this.clients.push(client);
    client.start();
    return client;
  }

  #failed(who: ServerId, error: unknown): void {
    const { onFailure } = this.#options;
    if (onFailure === undefined) throw error;
    onFailure(who, error);
  }
}
