import type { ReplicaId } from "../../base/ids.ts";
import type { Env } from "../../env/env.ts";
import type { Raft } from "../../raft/raft.ts";
import type { LogIndex } from "../../raft/types.ts";
import type { ChunkAck, ChunkLost, ChunkWord } from "./chunk.ts";
import type { LogStore } from "../log/log-store.ts";
import type { MemberOptions } from "../options.ts";
import { CatchingUp } from "./catching-up.ts";
import type { SnapshotSource } from "./snapshot-reader.ts";
import { SnapshotTransfer } from "./snapshot-transfer.ts";

/** What a sender needs of the member around it. */
export interface SenderContext {
  readonly env: Env;
  readonly options: MemberOptions;
  readonly raft: Raft;
  readonly log: Pick<LogStore, "bytes">;
  readonly source: SnapshotSource;
  readonly send: (to: ReplicaId, word: ChunkWord) => void;
}

/** When so much is kept of the log that may be kept, there is no time left to spare clients. */
const hasteShare = 0.25;

/** The snapshots that a leader is sending: at most one to each follower, and only so many at once. */
export class SnapshotSender {
  readonly #context: SenderContext;
  readonly #transfers = new Map<ReplicaId, SnapshotTransfer>();
  readonly #catchingUp: CatchingUp;
  readonly #nonce: number;
  #count = 0;

  constructor(context: SenderContext) {
    this.#context = context;
    this.#catchingUp = new CatchingUp(context.raft, context.env.clock, context.options.snapshotIdleMs);
    this.#nonce = context.env.rng.fork("snapshots").int(0, Number.MAX_SAFE_INTEGER);
  }

  /** The core has found that the follower needs a snapshot. It says so again and again until the follower has one. */
  offer(to: ReplicaId): void {
    const { options, env } = this.#context;
    if (this.#transfers.has(to) || !this.#isNeeded(to, this.#context.raft.state.term)) return;
    if (this.#transfers.size >= options.snapshotsAtOnceMax) env.trace("snapshot: has to wait for another", { to });
    else this.#begin(to);
  }

  acknowledged(from: ReplicaId, ack: ChunkAck): void {
    this.#transferOf(from, ack)?.acknowledged(ack);
  }

  /** The follower has lost what it had of the snapshot: it is sent one from the beginning. */
  lost(from: ReplicaId, word: ChunkLost): void {
    if (this.#transferOf(from, word) === undefined) return;
    this.#end(from, "snapshot: the follower has lost it");
    this.offer(from);
  }

  /** Ends what nobody needs any more: to be called whenever the core may have moved. */
  review(): void {
    for (const [to, { term }] of this.#transfers) {
      if (this.#isNeeded(to, term)) continue;
      this.#end(to, "snapshot: not needed any more");
      this.#catchingUp.begin(to);
    }
  }

  /** Gives up everything, as if nobody answered; followers that still need a snapshot are offered another. */
  giveUp(why: string): void {
    for (const to of this.#transfers.keys()) this.#end(to, why);
    this.#catchingUp.clear();
  }

  /** The log is to be dropped up to `wanted`: behind this index it will be needed, and is kept; undefined when nothing is under way. */
  pinned(wanted: LogIndex): LogIndex | undefined {
    let lowest = this.#catchingUp.pinned(wanted);
    for (const { index } of this.#transfers.values()) if (lowest === undefined || index < lowest) lowest = index;
    return lowest;
  }

  /** Of rows that wait for an acknowledgement. */
  get heldBytes(): number {
    let bytes = 0;
    for (const transfer of this.#transfers.values()) bytes += transfer.heldBytes;
    return bytes;
  }

  #begin(to: ReplicaId): void {
    const { env, options, raft, log, source, send } = this.#context;
    const { term, membership, applied } = raft.state;
    this.#count += 1;
    const transfer = new SnapshotTransfer({
      id: { nonce: this.#nonce, count: this.#count },
      to,
      term,
      membership,
      applied,
      source,
      haste: () => log.bytes / (options.logPinnedBytesMax * hasteShare),
      clock: env.clock,
      options,
      trace: env.trace,
      send: (chunk) => send(to, chunk),
      stuck: () => this.#end(to, "snapshot: given up, the follower does not answer"),
    });
    this.#transfers.set(to, transfer);
  }

  #end(to: ReplicaId, why: string): void {
    this.#context.env.trace(why, { to });
    this.#transfers.get(to)?.end();
    this.#transfers.delete(to);
  }

  /** The transfer that the follower speaks of; what it says of an earlier one does not count. */
  #transferOf(from: ReplicaId, { term, transfer }: ChunkAck | ChunkLost): SnapshotTransfer | undefined {
    const own = this.#transfers.get(from);
    const isIt = own?.term === term && own.id.nonce === transfer.nonce && own.id.count === transfer.count;
    if (isIt) return own;
    this.#context.env.trace("snapshot: an answer to an earlier transfer", { from });
    return undefined;
  }

  /**
   * Whether this replica leads `term` and the follower's log does not connect to its own. Not the state of its progress: between two
   * offers that is another one for a moment.
   */
  #isNeeded(to: ReplicaId, term: number): boolean {
    const { role, term: present, progress, log } = this.#context.raft.state;
    const match = role === "leader" && present === term ? progress.get(to)?.match : undefined;
    return match !== undefined && match < log.mark.index;
  }
}
