import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import type { WriteOp } from "../env/storage.ts";
import { lastIndex } from "../raft/log.ts";
import type { AppendAccepted, Message } from "../raft/message.ts";
import type { Raft } from "../raft/raft.ts";
import type { ReadState, Ready, Write } from "../raft/ready.ts";
import { type Entry, entryBytes, type LogIndex, type Mark } from "../raft/types.ts";
import type { ChunkWord } from "./snapshot/chunk.ts";
import type { Generations } from "./snapshot/generations.ts";
import type { HardCell } from "./log/hard-cell.ts";
import type { LogStore } from "./log/log-store.ts";
import type { Machine, ReadRow } from "./machine.ts";
import type { MemberOptions } from "./options.ts";
import { Persistence } from "./log/persistence.ts";
import { encodeApplied, type Keys } from "./log/rows.ts";
import { countSnapshotBytes } from "./snapshot/snapshot-reader.ts";
import { SnapshotReceiver, type StagedSnapshot } from "./snapshot/snapshot-receiver.ts";
import { SnapshotSender } from "./snapshot/snapshot-sender.ts";
import type { Payload } from "./wire.ts";

/** What the pump turns duties into deeds with. */
export interface PumpContext {
  readonly env: Env;
  readonly keys: Keys;
  readonly options: MemberOptions;
  readonly raft: Raft;
  readonly log: LogStore;
  readonly cell: HardCell;
  readonly machine: Machine;
  readonly generations: Generations;
  readonly send: (to: ReplicaId, payload: Payload) => void;
  /** Asks for another `run` in this turn. */
  readonly schedule: () => void;
}

/** The one place where the core's duties become deeds, in the order that `Ready` names. */
export class Pump {
  readonly #context: PumpContext;
  readonly #persistence: Persistence;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #read: ReadRow;
  #generation: number;
  /** The snapshot whose rows have arrived, until the core has decided about it. */
  #staged: StagedSnapshot | undefined;
  #reads: ReadState[] = [];
  /** The state on disk holds everything up to here. */
  #durableApplied: LogIndex;
  /** Compaction was asked for up to here. */
  #compactTo: LogIndex = 0;

  constructor(context: PumpContext) {
    this.#context = context;
    this.#generation = context.generations.live;
    this.#durableApplied = context.raft.state.applied;
    this.#read = (key) => context.env.storage.get(context.keys.state(this.#generation, key));
    this.#persistence = new Persistence(context.cell, {
      stored: (number, noted) => this.#note(number, noted),
      persisted: (number) => {
        context.raft.persisted(number);
        context.schedule();
      },
    });
    const { env, keys, machine } = context;
    this.#sender = new SnapshotSender({ ...context, source: { storage: env.storage, keys, machine } });
    this.#receiver = new SnapshotReceiver(context);
    machine.restored(context.raft.state.applied, this.#read);
  }

  /** The machine's rows as of everything applied. */
  get read(): ReadRow {
    return this.#read;
  }

  /** Of rows that go out with snapshots and wait for their acknowledgement. */
  get snapshotHeldBytes(): number {
    return this.#sender.heldBytes;
  }

  /** Counts what a snapshot of now would send. */
  countSnapshotBytes(done: (bytes: number) => void): void {
    const { env, keys, machine } = this.#context;
    countSnapshotBytes({ storage: env.storage, keys, machine }, done);
  }

  /** Somebody speaks of a snapshot under way. The core decides in this turn about one that has arrived whole: `run` is to follow. */
  take(from: ReplicaId, word: ChunkWord): void {
    if (word.kind === "chunk_ack") this.#sender.acknowledged(from, word);
    else if (word.kind === "chunk_lost") this.#sender.lost(from, word);
    else this.#staged = this.#receiver.take(from, word);
    if (this.#staged !== undefined) this.#context.raft.step(this.#staged.message);
  }

  /** Sends and watches over nothing any more. */
  stop(): void {
    this.#sender.giveUp("snapshot: its sender stops");
    this.#receiver.stop();
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
    if (this.#staged !== undefined) this.#receiver.discard(this.#staged);
    this.#staged = undefined;
    this.#sender.review();
    this.#receiver.review();
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
    for (const to of ready.offers) this.#sender.offer(to);
  }

  #send(messages: readonly Message[]): void {
    const { cell, log, send } = this.#context;
    for (const message of messages) {
      assert(message.kind !== "snapshot", "the core only offers snapshots");
      // Rule P9: what is about to be acknowledged is noted first.
      const acknowledges = message.kind === "append_reply" && message.accepted;
      if (!acknowledges || cell.acknowledge(message.term, message.match, log, () => this.#sendNoted(message)))
        send(message.to, { kind: "raft", message });
    }
  }

  /** What an acknowledgement says is on note. Rule P4: it was computed in a term that may be over meanwhile. */
  #sendNoted(message: AppendAccepted): void {
    const { env, raft, send } = this.#context;
    if (raft.state.term === message.term) send(message.to, { kind: "raft", message });
    else env.trace("pump: dropped an acknowledgement of an older term", { to: message.to, term: message.term });
  }

  /**
   * Write `number` is stored: whether it can count now. A leader's own log counts for its quorum when that is on note (rule P9). A
   * follower's note is only begun here, and its answer waits for it: the write itself holds nobody up.
   */
  #note(number: number, noted: () => void): boolean {
    const { raft, log, cell } = this.#context;
    const { role, term } = raft.state;
    const isNoted = cell.acknowledge(term, raft.promisedAfter(number), log, noted);
    return isNoted || role !== "leader";
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

  /**
   * State and log change over in one batch: the row that says which generation is the live one is in it. The snapshot's rows were
   * written before it, and batches become durable in their order.
   */
  #switchGeneration(mark: Mark, rows: WriteOp[]): void {
    const { keys } = this.#context;
    const staged = this.#staged;
    assert(staged !== undefined && staged.message.mark === mark, "the rows of the snapshot to install are here");
    this.#generation = staged.generation;
    this.#staged = undefined;
    rows.push({ op: "put", key: keys.applied, value: encodeApplied({ ...mark, generation: this.#generation }) });
  }

  /** The state changes and the applied index are one batch, and it is handed over before anybody learns of the result. */
  #apply(entries: readonly Entry[]): void {
    const { env, keys, raft, log, machine } = this.#context;
    const { index, term } = entries[entries.length - 1] as Entry;
    const generation = this.#generation;
    const batch: WriteOp[] = [];
    machine.apply(entries, this.#read, batch, keys.generation(generation));
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

  /** Drops what the state holds durably, when it is asked to or the log has grown too long; not what a snapshot will connect to. */
  #compact(): void {
    const { raft, log, options } = this.#context;
    if (log.bytes > options.logPinnedBytesMax) this.#sender.giveUp("snapshot: given up, the log has grown too long meanwhile");
    const wanted = log.bytes > options.logBytesMax ? Math.max(this.#compactTo, this.#withTail()) : this.#compactTo;
    if (wanted <= log.mark.index) return;
    const durable = Math.min(this.#durableApplied, raft.state.log.stable);
    const index = Math.min(wanted, durable, this.#sender.pinned(wanted) ?? durable);
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
