import { type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { CallerOptions, SessionOptions } from "../../rsm/caller/caller-options.ts";
import type { Member } from "../../rsm/member.ts";
import { type ClusterOptions, SimCluster } from "../cluster.ts";
import type { Universe } from "../universe.ts";
import { groupCaller } from "./group-caller.ts";
import { type AnyReplica, type GroupKind, groupProgram } from "./group-kind.ts";
import { SimClient } from "./sim-client.ts";

export interface GroupClusterOptions extends Omit<ClusterOptions, "program" | "onFailure" | "onReceive"> {
  /** What its clients are called, before their numbers. */
  readonly clients?: string;
  /** A server's or a client's code threw, or a server's disk failed: it is dead. Without it, whoever makes time pass gets the error. */
  readonly onFailure?: (who: ServerId, error: unknown) => void;
}

/** A group of replicas of some kind, and its clients. All servers are dead at first, and nobody asks them. */
export class GroupCluster<Caller> {
  readonly sim: SimCluster;
  readonly clients: SimClient<Caller>[] = [];
  readonly #kind: GroupKind<Caller>;
  readonly #options: GroupClusterOptions;
  readonly #replicas = new WeakMap<Member, AnyReplica>();

  /** As `SimCluster`: in a universe that is given, or in one of its own. */
  constructor(where: Universe | Rng | number | string, kind: GroupKind<Caller>, options: GroupClusterOptions) {
    this.#kind = kind;
    this.#options = options;
    this.sim = new SimCluster(where, {
      ...options,
      program: groupProgram(kind, (_, replica) => this.#replicas.set(replica.member, replica)),
      onFailure: (at, error) => this.#failed(this.sim.server(at).id, error),
    });
  }

  get size(): number {
    return this.sim.size;
  }

  get world(): Universe["world"] {
    return this.sim.world;
  }

  get network(): Universe["network"] {
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
  replica(at: number): AnyReplica | undefined {
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
  newClient(session: Partial<SessionOptions> = {}, caller: Partial<CallerOptions> = {}): SimClient<Caller> {
    const { name, servers } = this.sim;
    const id = serverId(`${this.#options.clients ?? "c"}${this.clients.length}`);
    const called = { group: name.group, servers: servers.map((server) => server.id) };
    const client = new SimClient(this.sim, id, {
      begin: groupCaller({ called, session, caller }, (group, own) => this.#kind.caller(group, own)),
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
