import type { Rng } from "../base/rng.ts";
import { groupId, type ServerId } from "../base/ids.ts";
import type { Row, WriteOp } from "../env/storage.ts";
import type { Entry } from "../raft/types.ts";
import { type ClusterOptions, SimCluster } from "./cluster.ts";
import { Oracle } from "./oracle/oracle.ts";
import { violate } from "./oracle/violation.ts";
import { Stream } from "./oracle/stream.ts";
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
}

export type WatchedOptions = Omit<ClusterOptions, "machine" | "onFailure" | "onTrace" | "onReceive">;

/** A burst after a clog or a pause brings thousands. */
const eventsOfMomentMax = 1_000_000;

/** A cluster of recorders with an oracle that looks on after every event. A `Violation` comes out of whatever makes time pass. */
export class WatchedCluster {
  readonly sim: SimCluster;
  readonly oracle: Oracle;
  readonly stream: Stream = new Stream();
  readonly #places: ReadonlyMap<ServerId | string, number>;
  readonly #hooks: WatchedHooks;
  #moment = 0;
  #eventsOfMoment = 0;

  constructor(rng: Rng, options: WatchedOptions, hooks: WatchedHooks = {}) {
    this.#hooks = hooks;
    this.sim = new SimCluster(rng.fork("world"), {
      ...options,
      machine: (at) => this.#machine(at),
      onFailure: (at, error) => {
        this.oracle.failed(at, error);
        hooks.diskFailed?.(at);
      },
      onReceive: (at, packet, deliver) => this.oracle.received(at, packet, deliver),
      ...(hooks.trace === undefined ? {} : { onTrace: hooks.trace }),
    });
    this.oracle = new Oracle({
      size: options.size,
      group: groupId(1),
      creation: 1,
      state: (at) => this.sim.member(at)?.raft?.state,
      alive: (at) => this.sim.server(at).process.alive,
      disk: (at) => this.sim.server(at).disk,
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
    network.onSend((from, to, packet) => {
      const sender = this.placeOf(from);
      const receiver = this.placeOf(to);
      this.stream.packet(sender, receiver, packet);
      this.oracle.sent(sender, receiver, packet);
    });
    world.afterEvent((ran) => {
      let owners = 0;
      for (const { name } of ran) {
        const at = this.placeOf(name);
        owners = owners * 64 + at + 1;
        this.oracle.look(at);
      }
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

  #machine(at: number): Recorder {
    this.oracle.started(at);
    this.#hooks.started?.(at);
    return new Recorder({
      applied: (entry) => {
        this.oracle.applied(at, entry);
        if (this.sim.server(at).process.alive) this.#hooks.applied?.(at, entry);
      },
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
