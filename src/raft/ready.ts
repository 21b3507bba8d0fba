import type { ReplicaId } from "../base/ids.ts";
import type { Message } from "./message.ts";
import type { Entry, HardState, LogIndex, Mark } from "./types.ts";

/** One durable write. Writes become durable in the order of their numbers; `persisted(number)` says that this one is. */
export interface Write {
  readonly number: number;
  /** As it stands with this write; written again in every one. */
  readonly hardState: HardState;
  /** Whether this write is the first to hold it, so that its second copy is due as well. */
  readonly hardStateChanged: boolean;
  /** A snapshot takes the place of state and log: its rows, which the caller has, belong into this write. */
  readonly install: Mark | undefined;
  /** Rows from this index on are no longer part of the log. */
  readonly truncateFrom: LogIndex | undefined;
  /** Follow each other without a gap. */
  readonly entries: readonly Entry[];
}

/** A read that may be answered from the state as soon as `index` is applied. */
export interface ReadState {
  readonly context: number;
  readonly index: LogIndex;
}

/**
 * What the caller owes the core, in this order:
 * 1. `messages` go out; nothing they promise is missing on disk.
 * 2. `write` goes to disk; when it is durable the caller says `persisted(write.number)`, and only then does the core release what
 *    depended on it (votes, acknowledgements, vote requests).
 * 3. `committed` is applied in order, in this or a later storage batch than `write`, and `applied(index)` said.
 * 4. `reads` are answered when their index is applied; `droppedReads` never will be.
 * 5. To each of `offers` a snapshot of the state is sent; it goes into an `InstallSnapshot` there.
 */
export interface Ready {
  readonly messages: readonly Message[];
  readonly write: Write | undefined;
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadState[];
  readonly droppedReads: readonly number[];
  readonly offers: readonly ReplicaId[];
}
