import type { Rng } from "../base/rng.ts";
import type { ServerId } from "../base/ids.ts";
import type { Row, WriteOp } from "../env/storage.ts";
import type { Entry } from "../raft/types.ts";
import { type MemberOptionsGiven, memberOptions } from "../rsm/options.ts";
import { packetKind } from "../rsm/client-wire.ts";
import { type ClusterOptions, memberProgram, type Program, SimCluster } from "./cluster.ts";
import { Oracle } from "./oracle/oracle.ts";
import { violate } from "./oracle/violation.ts";
import { Stream } from "./oracle/stream.ts";
import type { Universe } from "./universe.ts";
import { commandAt, Recorder } from "../rsm/recorder.ts";

/** What a watched cluster's owner wants to hear besides. */
export interface WatchedHooks {
  /** A server begins a new life. */
  readonly started?: (server: number) => void;
  /** The machine of a server that is alive has applied an entry. */
  readonly applied?: (server: number, entry: Entry) => void;
  readonly readEnded?: (server: number, context: number, answered: boolean) => void;
  /** A server's disk has failed: it is dead. */
  readonly diskFailed?: (server: number) => void;
  readonly trace?: ClusterOptions["onTrace"];
  /** What a client has sent, or what was sent to one, between servers and whoever is none. */
  readonly clientPacket?: (from: ServerId, to: ServerId, packet: Uint8Array) => void;
}

export interface WatchedOptions extends Omit<ClusterOptions, "program" | "onFailure" | "onTrace" | "onReceive"> {
  readonly member?: MemberOptionsGiven;
  /** Where it stands beside others; without it, in a universe of its own. */
  readonly universe?: Universe;
  /** What servers run, which tells the oracle what their machines are told; without it, members whose machines record everything. */
  readonly program?: Program;
}

/** A burst after a clog or a pause brings thousands. */
const eventsOfMomentMax = 1_000_000;

/** A cluster with an oracle that looks on after every event. A `Violation` comes out of whatever makes time pass. */
export class WatchedCluster {
  readonly sim: SimCluster;
  readonly oracle: Oracle;
  readonly stream: Stream = new Stream();
  readonly #places: ReadonlyMap<ServerId | string, number>;
  readonly #hooks: WatchedHooks;
  readonly #isShared: boolean;
  #moment = 0;
  #eventsOfMoment = 0;

  constructor(rng: Rng, options: WatchedOptions, hooks: WatchedHooks = {}) {
    this.#hooks = hooks;
    this.#isShared = options.universe !== undefined;
    this.sim = new SimCluster(options.universe ?? rng.fork("world"), {
      ...options,
      program: this.#program(options.program ?? memberProgram(options.member, (at) => this.#recorder(at))),
      onFailure: (at, error) => {
        this.oracle.failed(at, error);
        hooks.diskFailed?.(at);
      },
      onReceive: (at, packet, deliver) => this.oracle.received(at, packet, deliver),
      ...(hooks.trace === undefined ? {} : { onTrace: hooks.trace }),
    });
    this.oracle = new Oracle({
      size: options.size,
      group: this.sim.name.group,
      creation: this.sim.name.creation,
      member: memberOptions(options.member),
      state: (at) => this.sim.member(at)?.raft?.state,
      alive: (at) => this.sim.server(at).process.alive,
      disk: (at) => this.sim.server(at).disk,
      nameOf: (at) => this.sim.server(at).id,
      rng: rng.fork("oracle"),
    });
    this.#places = new Map(this.sim.servers.map(({ id }, at) => [id, at]));
    this.#observe();
  }

  /** The place of a server in the cluster. */
  placeOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  crash(at: number, how: { readonly powerCut: boolean }): void {
    this.sim.crash(at, how);
    this.oracle.died(at);
  }

  /** Empties the directory of a dead server. */
  wipe(at: number): void {
    this.oracle.emptying(at);
    this.sim.server(at).disk.wipe();
  }

  /** Puts the rows of a dead server back to `older`, behind the back of its cells. */
  putBack(at: number, older: readonly Row[]): void {
    const { disk } = this.sim.server(at);
    this.oracle.tampering(at);
    const gone = [...disk.image()].map(({ key }): WriteOp => ({ op: "delete", key }));
    disk.tamper([...gone, ...older.map(({ key, value }): WriteOp => ({ op: "put", key, value }))]);
  }

  /** A server's machine has applied an entry. */
  applied(at: number, entry: Entry): void {
    this.oracle.applied(at, entry);
    if (this.sim.server(at).process.alive) this.#hooks.applied?.(at, entry);
  }

  /** Holds the whole state of a server against what was committed. */
  checkState(at: number): void {
    const member = this.sim.member(at);
    const read = member?.read;
    if (member?.raft === undefined || read === undefined) return;
    this.oracle.restored(at, member.raft.state.applied, (index) => commandAt(read, index));
  }

  #observe(): void {
    const { world, network, servers } = this.sim;
    for (const [at, { disk }] of servers.entries()) {
      disk.observe({
        onAccepted: (ops) => this.oracle.accepted(at, ops),
        onDurable: (ops) => this.oracle.stored(at, ops),
        onRestore: () => this.oracle.replaced(at, disk.image()),
      });
    }
    network.onSend((from, to, packet) => this.#sent(from, to, packet));
    world.afterEvent((ran) => {
      let owners = 0;
      for (const { name } of ran) {
        const at = this.placeOf(name);
        if (at < 0 && this.#isShared) continue;
        owners = owners * 64 + at + 1;
        if (at >= 0) this.oracle.look(at);
      }
      // Where others stand too, most of what happens is theirs.
      if (owners === 0 && this.#isShared) return this.oracle.throwFound();
      this.stream.event(world.now, owners);
      this.#demandThatTimePasses(world.now);
      this.oracle.afterEvent();
    });
  }

  /** Servers that keep each other busy without end would stop the clock of their universe. */
  #demandThatTimePasses(now: number): void {
    this.#eventsOfMoment = now === this.#moment ? this.#eventsOfMoment + 1 : 0;
    this.#moment = now;
    if (this.#eventsOfMoment > eventsOfMomentMax) violate("R24", `${eventsOfMomentMax} events happen at one moment, and it goes on`);
  }

  #sent(from: ServerId, to: ServerId, packet: Uint8Array): void {
    const sender = this.placeOf(from);
    const receiver = this.placeOf(to);
    // What goes on between others in the universe is not this group's.
    if (sender < 0 && receiver < 0) return;
    this.stream.packet(sender & 63, receiver & 63, packet);
    if (packetKind(packet) === "member") this.oracle.sent(sender, receiver, packet);
    else this.#hooks.clientPacket?.(from, to, packet);
  }

  #program(program: Program): Program {
    return (env, identity) => {
      this.oracle.started(identity.replica);
      this.#hooks.started?.(identity.replica);
      return program(env, identity);
    };
  }

  #recorder(at: number): Recorder {
    return new Recorder({
      applied: (entry) => this.applied(at, entry),
      restored: (index, command) => this.oracle.restored(at, index, command),
      readReady: (context, applied) => {
        this.oracle.readReady(at, context, applied);
        this.#hooks.readEnded?.(at, context, true);
      },
      readDropped: (context) => {
        this.oracle.readDropped(at, context);
        this.#hooks.readEnded?.(at, context, false);
      },
    });
  }
}
