import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import type { WriteOp } from "../env/storage.ts";
import { lastIndex } from "../raft/log.ts";
import type { InstallSnapshot, Message } from "../raft/message.ts";
import type { Raft } from "../raft/raft.ts";
import type { ReadState, Ready, Write } from "../raft/ready.ts";
import { type Entry, entryBytes, type LogIndex } from "../raft/types.ts";
import type { HardCell } from "./hard-cell.ts";
import type { LogStore } from "./log-store.ts";
import type { Machine, ReadRow } from "./machine.ts";
import type { MemberOptions } from "./options.ts";
import { Persistence } from "./persistence.ts";
import { encodeApplied, type Keys } from "./rows.ts";
import { generationRows, Pins, type Snapshot, takeSnapshot } from "./snapshots.ts";
import type { Payload, SnapshotRows } from "./wire.ts";

/** What the pump turns duties into deeds with. */
export interface PumpContext {
  readonly env: Env;
  readonly keys: Keys;
  readonly options: MemberOptions;
  readonly raft: Raft;
  readonly log: LogStore;
  readonly cell: HardCell;
  readonly machine: Machine;
  /** The generation of state rows that is live. */
  readonly generation: number;
  readonly send: (to: ReplicaId, payload: Payload) => void;
  /** Asks for another `run` in this turn. */
  readonly schedule: () => void;
}

/** The one place where the core's duties become deeds, in the order that `Ready` names. */
export class Pump {
  readonly #context: PumpContext;
  readonly #persistence: Persistence;
  readonly #pins = new Pins();
  readonly #read: ReadRow;
  #generation: number;
  /** The snapshot whose rows have arrived, until the core has decided about it. */
  #staged: Snapshot | undefined;
  #reads: ReadState[] = [];
  /** The state on disk holds everything up to here. */
  #durableApplied: LogIndex;
  /** Compaction was asked for up to here. */
  #compactTo: LogIndex = 0;

  constructor(context: PumpContext) {
    this.#context = context;
    this.#generation = context.generation;
    this.#durableApplied = context.raft.state.applied;
    this.#read = (key) => context.env.storage.get(context.keys.state(this.#generation, key));
    this.#persistence = new Persistence(context.cell, (number) => {
      const { raft, log, cell } = context;
      raft.persisted(number);
      // Rule P9: a leader's own log counts for its quorum from here on.
      if (raft.state.role === "leader") cell.acknowledge(raft.state.term, raft.state.log.stable, log);
      context.schedule();
    });
    context.machine.restored(context.raft.state.applied, this.#read);
  }

  /** The machine's rows as of everything applied. */
  get read(): ReadRow {
    return this.#read;
  }

  /** A snapshot has arrived whole. */
  install(arrived: SnapshotRows): void {
    this.#staged = { mark: arrived.message.mark, rows: arrived.rows };
    this.#context.raft.step(arrived.message);
  }

  /** Asks for the log up to `index` to be dropped as soon as the state holds it durably. */
  compactTo(index: LogIndex): void {
    this.#compactTo = Math.max(this.#compactTo, index);
    this.#compact();
  }

  /** Does everything that is owed. */
  run(): void {
    const { raft } = this.#context;
    while (raft.hasReady()) this.#perform(raft.ready());
    this.#staged = undefined;
    this.#compact();
  }

  #perform(ready: Ready): void {
    const { machine } = this.#context;
    this.#send(ready.messages);
    if (ready.write !== undefined) this.#write(ready.write);
    if (ready.committed.length > 0) this.#apply(ready.committed);
    this.#reads.push(...ready.reads);
    for (const context of ready.droppedReads) machine.readDropped(context);
    this.#answerReads();
    for (const to of ready.offers) this.#sendSnapshot(to);
  }

  #send(messages: readonly Message[]): void {
    const { cell, log, send } = this.#context;
    for (const message of messages) {
      assert(message.kind !== "snapshot", "the core only offers snapshots");
      // Rule P9: what is about to be acknowledged is noted first.
      if (message.kind === "append_reply" && message.accepted) cell.acknowledge(message.term, message.match, log);
      send(message.to, { kind: "raft", message });
    }
  }

  #write(write: Write): void {
    const { raft, log, env, keys, machine } = this.#context;
    const rows: WriteOp[] = [];
    const old = keys.generation(this.#generation);
    if (write.install !== undefined) this.#switchGeneration(write.install, rows);
    const stored = this.#persistence.expect(write);
    log.write(write, raft.state.log.stable, rows, () => {
      if (write.install !== undefined) {
        this.#durableApplied = Math.max(this.#durableApplied, write.install.index);
        env.storage.deleteRange(old);
      }
      stored();
    });
    if (write.install !== undefined) machine.restored(write.install.index, this.#read);
  }

  /** State and log change over in one batch: rows under a generation of their own, and the row that makes it the live one. */
  #switchGeneration(mark: InstallSnapshot["mark"], rows: WriteOp[]): void {
    const { keys } = this.#context;
    const staged = this.#staged;
    assert(staged !== undefined && staged.mark === mark, "the rows of the snapshot to install are here");
    this.#generation += 1;
    rows.push(...generationRows(keys, this.#generation, staged));
    rows.push({ op: "put", key: keys.applied, value: encodeApplied({ ...mark, generation: this.#generation }) });
  }

  /** The state changes and the applied index are one batch, and it is handed over before anybody learns of the result. */
  #apply(entries: readonly Entry[]): void {
    const { env, keys, raft, log, machine } = this.#context;
    const last = entries[entries.length - 1] as Entry;
    const changes: WriteOp[] = [];
    machine.apply(entries, this.#read, changes);
    const generation = this.#generation;
    const batch: WriteOp[] = [];
    for (const change of changes) {
      const key = keys.state(generation, change.key);
      batch.push(change.op === "put" ? { op: "put", key, value: change.value } : { op: "delete", key });
    }
    const { index, term } = last;
    batch.push({ op: "put", key: keys.applied, value: encodeApplied({ index, term, chain: log.chainAt(index), generation }) });
    env.storage.write(batch, { sync: false }, () => {
      this.#durableApplied = Math.max(this.#durableApplied, index);
      this.#compact();
    });
    raft.applied(index);
  }

  #answerReads(): void {
    const { raft, machine } = this.#context;
    let answered = 0;
    for (const read of this.#reads) {
      if (read.index > raft.state.applied) break;
      machine.readReady(read.context, this.#read);
      answered += 1;
    }
    if (answered > 0) this.#reads.splice(0, answered);
  }

  #sendSnapshot(to: ReplicaId): void {
    const { env, keys, raft, options, send } = this.#context;
    const { membership } = raft.state;
    this.#pins.pin(to, raft.state.applied);
    takeSnapshot({ storage: env.storage, keys, membership, bytesMax: options.snapshotBytesMax, trace: env.trace }, (snapshot) => {
      if (snapshot === undefined || raft.state.role !== "leader" || raft.state.progress.get(to)?.state !== "snapshot") return;
      const { id, term } = raft.state;
      env.trace("snapshot: sent", { to, index: snapshot.mark.index });
      send(to, { kind: "install", message: { kind: "snapshot", from: id, to, term, mark: snapshot.mark }, rows: snapshot.rows });
    });
  }

  /** Drops what the state holds durably, when it is asked to or the log has grown too long; not what a snapshot will connect to. */
  #compact(): void {
    const { raft, log, options } = this.#context;
    const wanted = log.bytes > options.logBytesMax ? Math.max(this.#compactTo, this.#withTail()) : this.#compactTo;
    if (wanted <= log.mark.index) return;
    const durable = Math.min(this.#durableApplied, raft.state.log.stable);
    const pinned = this.#pins.lowest((follower) => raft.state.progress.get(follower)?.state === "snapshot");
    const index = Math.min(wanted, durable, pinned ?? durable);
    if (index <= log.mark.index) return;
    raft.compact(index, log.chainAt(index));
    log.compact(raft.state.log.mark);
  }

  /** How far the log can be dropped so that `logTailBytes` of it stay. */
  #withTail(): LogIndex {
    const { raft, options } = this.#context;
    const { log } = raft.state;
    let bytes = 0;
    let index = lastIndex(log);
    while (index > log.mark.index) {
      bytes += entryBytes(log.entries[index - log.mark.index - 1] as Entry);
      if (bytes > Math.min(options.logTailBytes, options.logBytesMax / 2)) break;
      index -= 1;
    }
    return index;
  }
}
