import { present } from "../../src/base/assert.ts";
import { groupId, replicaId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import type { TraceFields } from "../../src/base/trace.ts";
import type { Env } from "../../src/env/env.ts";
import { type CallerOptions, callerOptions, type SessionOptions } from "../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { Host } from "../../src/rsm/host.ts";
import type { Identity } from "../../src/rsm/options.ts";
import { replicaOptions, type ReplicaOptionsGiven } from "../../src/rsm/options.ts";
import { ClientSession } from "../../src/rsm/caller/operation.ts";
import type { Replica } from "../../src/rsm/replica.ts";
import { startReplica } from "../../src/rsm/start.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import { type DiskOptions, SimDisk } from "../../src/sim/disk/disk.ts";
import { DiskFailure } from "../../src/sim/disk/drive.ts";
import { Network, type NetworkOptions } from "../../src/sim/network/network.ts";
import { SimProcess } from "../../src/sim/process.ts";
import { World } from "../../src/sim/world.ts";
import { type Append, AppendMachine, type ReadList } from "./append-machine.ts";

/** The code under test: this checkout's, or that of a copy with a bug in it. */
export interface RsmCode {
  readonly startReplica: typeof startReplica;
  readonly Host: typeof Host;
  readonly GroupClient: typeof GroupClient;
  readonly ClientSession: typeof ClientSession;
}

export const ownCode: RsmCode = { startReplica, Host, GroupClient, ClientSession };

export interface ReplicaWorldOptions {
  readonly seed?: string | number;
  readonly size?: number;
  readonly replica?: ReplicaOptionsGiven;
  readonly network?: Partial<NetworkOptions>;
  readonly disk?: Partial<DiskOptions>;
  readonly shards?: ReadonlyMap<Shard, number>;
  readonly code?: RsmCode;
  /** A server's own code threw, or its disk failed: it is dead. Without it that fails the test. */
  readonly onFailure?: (server: number, error: unknown) => void;
}

/** A server that is switched on and off, and its replica meanwhile. */
export interface ReplicaServer {
  readonly id: ServerId;
  readonly process: SimProcess;
  replica: Replica<Append, ReadList> | undefined;
}

/** A client's process: a session that ends with it, and what asks the group. */
export interface WorldClient {
  readonly process: SimProcess;
  readonly session: ClientSession;
  readonly caller: GroupClient;
}

/** Something that a server or client said in passing. */
export interface Said {
  readonly who: string;
  readonly name: string;
  readonly fields: TraceFields;
}

/** One group of replicas with an append machine, and clients, in a universe of their own. */
export class ReplicaWorld {
  readonly world: World;
  readonly network: Network;
  readonly servers: readonly ReplicaServer[];
  readonly said: Said[] = [];
  readonly #options: ReplicaWorldOptions;
  readonly #code: RsmCode;
  readonly #ids: readonly ServerId[];
  #clients = 0;

  constructor(options: ReplicaWorldOptions = {}) {
    this.#options = options;
    this.#code = options.code ?? ownCode;
    this.world = new World(new Rng(options.seed ?? 1));
    this.network = new Network(this.world, { checkBytes: true, ...options.network });
    this.#ids = Array.from({ length: options.size ?? 3 }, (_, at) => serverId(`s${at}`));
    this.servers = this.#ids.map((id, at) => ({ id, process: this.#process(id, at), replica: undefined }));
  }

  server(at: number): ReplicaServer {
    return present(this.servers[at], `there is a server ${at}`);
  }

  start(at: number): void {
    const server = this.server(at);
    server.process.start((env) => {
      const { replica: given, shards } = this.#options;
      server.replica = this.#code.startReplica(env, this.#identity(at), replicaOptions(given), new AppendMachine(shards));
    });
  }

  /** Starts all servers and waits for a leader that has committed in its term. */
  begin(): this {
    for (const at of this.servers.keys()) this.start(at);
    this.elected();
    return this;
  }

  crash(at: number, powerCut = false): void {
    const server = this.server(at);
    server.process.crash({ powerCut });
    server.replica = undefined;
  }

  run(ms: number): void {
    this.world.runFor(ms);
  }

  /** Runs until `condition` holds; says so in `what` when it does not in time. */
  until(condition: () => boolean, what: string, ms = 20_000): void {
    const end = this.world.now + ms;
    while (!condition()) {
      if (this.world.now > end) throw new Error(`not within ${ms} ms: ${what}`);
      this.run(5);
    }
  }

  /** The server that leads the newest term among those that live, if any does. */
  get leader(): number | undefined {
    let leader: number | undefined;
    let newest = 0;
    for (const [at, { replica }] of this.servers.entries()) {
      const state = replica?.member.raft?.state;
      if (replica?.member.phase !== "running" || state?.role !== "leader" || state.term <= newest) continue;
      leader = at;
      newest = state.term;
    }
    return leader;
  }

  /** Waits for a leader that has applied something of its own term. */
  elected(): number {
    const leads = (): boolean => {
      const state = this.leader === undefined ? undefined : this.server(this.leader).replica?.member.raft?.state;
      return state !== undefined && state.log.entries.some(({ index, term }) => term === state.term && index <= state.applied);
    };
    this.until(leads, "a leader has applied the first entry of its term");
    return present(this.leader, "a leader");
  }

  replica(at: number): Replica<Append, ReadList> {
    return present(this.server(at).replica, `server ${at} is alive`);
  }

  isolate(at: number): void {
    this.network.isolate(this.server(at).id);
  }

  heal(): void {
    this.network.heal();
  }

  /** A new client, with a session of its own. */
  client(session: Partial<SessionOptions> = {}, caller: Partial<CallerOptions> = {}): WorldClient {
    this.#clients += 1;
    const process = this.#process(serverId(`c${this.#clients}`), undefined);
    let client: WorldClient | undefined;
    process.start((env) => {
      client = this.#client(process, env, session, caller);
    });
    return present(client, "a client has started");
  }

  /** Runs `act` inside the client's own life, as everything of it does. */
  inClient(client: WorldClient, act: () => void): void {
    client.process.env()?.clock.after(0, act);
  }

  /** The rows of a server's state, as texts, to be compared. */
  state(at: number): string[] {
    const { disk } = this.server(at).process;
    const rows: string[] = [];
    for (const { key, value } of disk.image()) {
      if (key[4] === 0x73) rows.push(`${Buffer.from(key.subarray(9)).toString("hex")} ${Buffer.from(value).toString("hex")}`);
    }
    return rows;
  }

  /** Whether everybody who runs has applied everything that anybody has in his log, and has it on his disk. */
  get isSettled(): boolean {
    const states = this.servers.flatMap(({ replica }) => replica?.member.raft?.state ?? []);
    if (states.length < this.servers.length) return false;
    const [last] = states.map(({ log }) => log.mark.index + log.entries.length).toSorted((a, b) => b - a);
    const written = this.servers.every(({ process }) => process.disk.unfinishedBatches === 0);
    return written && states.every(({ applied, log }) => applied === last && log.stable === last);
  }

  #client(process: SimProcess, env: Env, session: Partial<SessionOptions>, caller: Partial<CallerOptions>): WorldClient {
    const host = new this.#code.Host(env);
    const id = Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255));
    const called = { group: groupId(1), servers: this.#ids };
    const client = new this.#code.GroupClient(env, called, callerOptions(caller));
    host.addCaller(called.group, client);
    return { process, session: new this.#code.ClientSession(id, session), caller: client };
  }

  #process(id: ServerId, at: number | undefined): SimProcess {
    const disk = new SimDisk(this.world, id, { checkBytes: true, ...this.#options.disk });
    return new SimProcess(this.world, this.network, id, disk, {
      onFailure: (_, error) => {
        if (at !== undefined) this.server(at).replica = undefined;
        if (at === undefined || this.#options.onFailure === undefined) throw error;
        this.#options.onFailure(at, error);
      },
      onTrace: (_, name, fields) => this.said.push({ who: id, name, fields: fields ?? {} }),
    });
  }

  #identity(at: number): Identity {
    return { group: groupId(1), creation: 1, replica: replicaId(at), servers: this.#ids };
  }
}

/** Whether an error is a disk's that gave out, which is no fault of the program's. */
export function isDiskFailure(error: unknown): boolean {
  return error instanceof DiskFailure;
}
