import type { ReplicaId } from "../../base/ids.ts";
import type { Trace } from "../../base/trace.ts";
import type { Cancel, Clock } from "../../env/clock.ts";
import type { LogIndex, Mark, Membership, Term } from "../../raft/types.ts";
import { bytesOfRows, type Chunk, type ChunkAck, packRows, type TransferId, unpackRows } from "./chunk.ts";
import type { MemberOptions } from "../options.ts";
import type { StateRow } from "../log/rows.ts";
import { SnapshotReader, type SnapshotSource } from "./snapshot-reader.ts";

/** What a transfer is made of, and whom it tells. */
export interface TransferParts {
  readonly id: TransferId;
  readonly to: ReplicaId;
  readonly term: Term;
  readonly membership: Membership;
  /** Applied here when the follower was found to need a snapshot: the snapshot is not older. */
  readonly applied: LogIndex;
  readonly source: SnapshotSource;
  /** How much it hastes: from 0, as slow as clients would have it, to 1 or more, as fast as it goes. */
  readonly haste: () => number;
  readonly clock: Clock;
  readonly options: MemberOptions;
  readonly trace: Trace;
  readonly send: (chunk: Chunk) => void;
  /** Something was sent, and nothing was acknowledged for too long. */
  readonly stuck: () => void;
}

/** A chunk that was sent and is not acknowledged. */
interface Sent {
  readonly number: number;
  /** As `packRows` makes them: thousands of rows, each an object of its own, would be taken for something that lives long. */
  readonly packed: Uint8Array;
  readonly bytes: number;
  readonly mark: Mark | undefined;
}

/** The rows of one chunk: a decoder stops counting at 65,536 elements, and a row is two. */
const chunkRowsMax = 16_384;

/**
 * One attempt to send one follower a snapshot. Chunks go out as long as the window has room, and a page is read only then: besides
 * the window nothing is held. What is not acknowledged in time, or found missing, is sent again from there on (go back N). While a page
 * takes long to read, chunks without rows say that the transfer goes on: that is not the follower's fault, and it waits.
 */
export class SnapshotTransfer {
  readonly #parts: TransferParts;
  readonly #reader: SnapshotReader;
  /** Chunks that are not acknowledged, in their order. */
  readonly #window: Sent[] = [];
  #windowBytes = 0;
  /** The last chunk that was read, and sent. */
  #number = 0;
  /** The last chunk that was acknowledged. */
  #finished = 0;
  /** The missing chunk from which on it was sent again: not twice for one gap. */
  #repeated = 0;
  #mark: Mark | undefined;
  /** Since when the follower owes an acknowledgement, if it owes one. */
  #owedSince: number;
  #resendMs: number;
  #cancel: Cancel | undefined;
  /** Ends the rest behind a page. */
  #cancelRest: Cancel | undefined;

  constructor(parts: TransferParts) {
    this.#parts = parts;
    this.#owedSince = parts.clock.now();
    this.#resendMs = parts.options.snapshotResendMs;
    this.#wait(this.#resendMs);
    this.#reader = new SnapshotReader(parts.source, ({ index, term, chain }) => {
      this.#mark = { index, term, chain, membership: parts.membership };
      parts.trace("snapshot: begun", { to: parts.to, index, count: parts.id.count });
      this.#read();
    });
  }

  get id(): TransferId {
    return this.#parts.id;
  }

  get term(): Term {
    return this.#parts.term;
  }

  /** The log behind this index is what the follower will need next. */
  get index(): LogIndex {
    return this.#mark?.index ?? this.#parts.applied;
  }

  /** Of the rows that are held until they are acknowledged. */
  get heldBytes(): number {
    return this.#windowBytes;
  }

  /** It sends nothing any more, and holds nothing. */
  end(): void {
    this.#cancel?.();
    this.#cancelRest?.();
    this.#reader.close();
    this.#window.length = 0;
    this.#windowBytes = 0;
  }

  acknowledged({ finished, missing }: ChunkAck): void {
    if (finished > this.#number || missing > this.#number) {
      this.#parts.trace("snapshot: refused an acknowledgement of what was not sent", { from: this.#parts.to, finished, missing });
      return;
    }
    if (finished > this.#finished) this.#advance(finished);
    if (missing > this.#finished && missing !== this.#repeated) {
      this.#repeated = missing;
      this.#sendAgain(missing);
    }
  }

  #advance(finished: number): void {
    const { clock, options } = this.#parts;
    for (const { bytes } of this.#window.splice(0, finished - this.#finished)) this.#windowBytes -= bytes;
    this.#finished = finished;
    this.#owedSince = clock.now();
    this.#resendMs = options.snapshotResendMs;
    this.#wait(this.#resendMs);
    this.#read();
  }

  /** The next page is read when it will have room in the window; a single row that is larger has when the window is empty. */
  #read(): void {
    const { options, clock } = this.#parts;
    const { snapshotChunkBytesMax: bytesMax, snapshotWindowMax: windowMax } = options;
    const full = this.#window.length >= windowMax || this.#windowBytes > (windowMax - 1) * bytesMax;
    if (!this.#reader.isReady || full || this.#cancelRest !== undefined) return;
    const asked = clock.now();
    this.#reader.read({ rowsMax: chunkRowsMax, bytesMax }, (rows, isLast) => {
      if (rows.length > 0 || isLast) this.#take(rows, isLast);
      if (!isLast) this.#rest(bytesOfRows(rows), asked);
      this.#read();
    });
  }

  /** Reading rows and sending them takes its time from clients: behind each page it is theirs. */
  #rest(bytes: number, since: number): void {
    const { options, clock, haste } = this.#parts;
    const due = (bytes * 1000 * (1 - haste())) / options.snapshotBytesPerSecond;
    const ms = Math.min(since + due - clock.now(), options.snapshotResendMs);
    if (ms < 1) return;
    this.#cancelRest = clock.after(ms, () => {
      this.#cancelRest = undefined;
      this.#read();
    });
  }

  #take(rows: readonly StateRow[], isLast: boolean): void {
    const { to, trace, clock } = this.#parts;
    this.#number += 1;
    const mark = isLast ? this.#mark : undefined;
    if (this.#window.length === 0) this.#owedSince = clock.now();
    const sent: Sent = { number: this.#number, packed: packRows(rows), bytes: bytesOfRows(rows), mark };
    this.#window.push(sent);
    this.#windowBytes += sent.bytes;
    if (mark !== undefined) trace("snapshot: sent", { to, index: mark.index, chunks: this.#number });
    this.#send(sent, rows);
  }

  #send({ number, mark }: Sent, rows: readonly StateRow[]): void {
    const { id: transfer, term, send } = this.#parts;
    send({ kind: "chunk", term, transfer, number, finished: this.#finished, rows, mark });
  }

  #sendAgain(from: number): void {
    for (const sent of this.#window) if (sent.number >= from) this.#send(sent, unpackRows(sent.packed));
  }

  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#parts.clock.after(ms, () => this.#waited());
  }

  #waited(): void {
    const { clock, options, stuck } = this.#parts;
    if (this.#window.length === 0 && !this.#reader.isClosed) {
      this.#take([], false);
      this.#wait(options.snapshotResendMs);
      return;
    }
    const left = this.#owedSince + options.snapshotIdleMs - clock.now();
    if (left <= 0) {
      stuck();
      return;
    }
    this.#sendAgain(this.#finished + 1);
    // A receiver whose disk is slow is not flooded; but it hears of the transfer often enough not to give it up.
    this.#resendMs = Math.min(this.#resendMs * 2, options.snapshotIdleMs / 4);
    this.#wait(Math.max(1, Math.min(this.#resendMs, left)));
  }
}
