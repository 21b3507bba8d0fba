import { present } from "../base/assert.ts";
import { type GroupId, groupId, replicaId, type ServerId, serverId } from "../base/ids.ts";
import { Rng } from "../base/rng.ts";
import type { TraceFields } from "../base/trace.ts";
import type { Env } from "../env/env.ts";
import type { Machine } from "../rsm/machine.ts";
import type { Member } from "../rsm/member.ts";
import { type Identity, type MemberOptionsGiven, memberOptions } from "../rsm/options.ts";
import type { Packet } from "../rsm/wire.ts";
import { startMember } from "../rsm/start.ts";
import { type DiskOptions, SimDisk } from "./disk/disk.ts";
import type { NetworkOptions } from "./network/network.ts";
import { type ProcessOptions, SimProcess } from "./process.ts";
import { newUniverse, type Universe } from "./universe.ts";

/** What a server runs from the start of a life on: it gives the member that it has started. */
export type Program = (env: Env, identity: Identity) => Member;

/** Which group it is, among others in its world. */
export interface ClusterName {
  readonly group: GroupId;
  /** Its creation id. */
  readonly creation: number;
  /** What its servers are called, before their numbers. */
  readonly servers: string;
}

/** Of a group that is alone. */
export const theOnlyOne: ClusterName = { group: groupId(1), creation: 1, servers: "s" };

export interface ClusterOptions {
  readonly size: number;
  /** Needed where several groups stand in one world. */
  readonly name?: ClusterName;
  /** Of a world of its own. */
  readonly network?: Partial<NetworkOptions>;
  readonly disk?: Partial<DiskOptions>;
  readonly process?: Partial<ProcessOptions>;
  readonly program: Program;
  /** A server's code threw, or its disk failed: it is dead. */
  readonly onFailure: (server: number, error: unknown) => void;
  readonly onTrace?: (server: number, name: string, fields: TraceFields | undefined) => void;
  /** A packet has reached a server's member, which takes it in when `deliver` is called: within this call. */
  readonly onReceive?: (server: number, packet: Packet, deliver: () => void) => void;
}

/** One simulated server: a machine that can be switched on and off, and the member that runs on it meanwhile. */
export interface SimServer {
  readonly id: ServerId;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  /** Of the present life; undefined while dead. */
  member: Member | undefined;
  /** Prepares the end of the present life, as a server does that is told to end; undefined where nothing is to be prepared. */
  drain: ((done: () => void) => void) | undefined;
}

/**
 * Servers with one member each of one group. All of them are dead at first. They stand in a universe that is given, where other groups
 * may stand too, or in one of their own, which a seed decides.
 */
export class SimCluster implements Universe {
  readonly world: Universe["world"];
  readonly network: Universe["network"];
  readonly name: ClusterName;
  readonly servers: readonly SimServer[];
  readonly #options: ClusterOptions;

  constructor(where: Universe | Rng | number | string, options: ClusterOptions) {
    this.#options = options;
    const { world, network } = isUniverse(where) ? where : newUniverse(where, options.network);
    this.world = world;
    this.network = network;
    this.name = options.name ?? theOnlyOne;
    this.servers = Array.from({ length: options.size }, (_, at) => this.#server(at));
  }

  get size(): number {
    return this.servers.length;
  }

  server(at: number): SimServer {
    return present(this.servers[at], `there is a server ${at}`);
  }

  /** The member at a server that is alive. */
  member(at: number): Member | undefined {
    return this.server(at).member;
  }

  start(at: number): void {
    const server = this.server(at);
    server.process.start((env: Env) => {
      server.member = this.#overhear(at, this.#options.program(env, this.#identity(at)));
    });
  }

  startAll(): void {
    for (let at = 0; at < this.size; at += 1) this.start(at);
  }

  /** All servers start within so much time, each at a moment of its own; who runs by then goes on. */
  startWithin(ms: number, rng: Rng): void {
    for (let at = 0; at < this.size; at += 1) {
      this.world.post(rng.between(0, ms), () => {
        if (!this.server(at).process.alive) this.start(at);
      });
    }
  }

  crash(at: number, how: { readonly powerCut: boolean }): void {
    const server = this.server(at);
    server.process.crash(how);
    server.member = undefined;
    server.drain = undefined;
  }

  /** Who leads the newest term that has a leader. */
  get leader(): number | undefined {
    let leader: number | undefined;
    let newest = 0;
    for (const [at, { member }] of this.servers.entries()) {
      const state = member?.raft?.state;
      if (state?.role !== "leader" || state.term <= newest) continue;
      leader = at;
      newest = state.term;
    }
    return leader;
  }

  /** Whether every member that lives has been admitted and takes part. */
  get running(): boolean {
    return this.servers.every(({ member }) => member === undefined || member.phase === "running");
  }

  #server(at: number): SimServer {
    const { disk: diskOptions, process: processOptions, onFailure, onTrace } = this.#options;
    const id = this.#serverId(at);
    const disk = new SimDisk(this.world, id, diskOptions);
    const process = new SimProcess(
      this.world,
      this.network,
      id,
      disk,
      {
        onFailure: (_, error) => {
          this.server(at).member = undefined;
          this.server(at).drain = undefined;
          onFailure(at, error);
        },
        onTrace: (_, name, fields) => onTrace?.(at, name, fields),
      },
      processOptions,
    );
    return { id, process, disk, member: undefined, drain: undefined };
  }

  /** Has every packet that the member takes in go by way of whoever wants to see it. */
  #overhear(at: number, member: Member): Member {
    const { onReceive } = this.#options;
    if (onReceive === undefined) return member;
    const receive = member.receive.bind(member);
    member.receive = (packet) => onReceive(at, packet, () => receive(packet));
    return member;
  }

  #identity(at: number): Identity {
    const { group, creation } = this.name;
    return { group, creation, replica: replicaId(at), servers: this.servers.map(({ id }) => id) };
  }

  #serverId(at: number): ServerId {
    return serverId(`${this.name.servers}${at}`);
  }
}

function isUniverse(where: Universe | Rng | number | string): where is Universe {
  return typeof where === "object" && !(where instanceof Rng);
}

/** A member alone, with a machine for each life of a server. */
export function memberProgram(given: MemberOptionsGiven | undefined, machine: (server: number) => Machine): Program {
  const options = memberOptions(given);
  return (env, identity) => startMember(env, identity, options, machine(identity.replica));
}
