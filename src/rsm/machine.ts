import type { WriteOp } from "../env/storage.ts";
import type { Entry, LogIndex } from "../raft/types.ts";

/** Reads the machine's own rows, by the machine's own keys, as of everything applied so far. */
export type ReadRow = (key: Uint8Array) => Uint8Array | undefined;

/** What a member replicates. Everything happens within one turn; nothing in here waits. */
export interface Machine {
  /**
   * Applies `entries`, which follow each other, and adds to `rows` what changes. The rows go to disk in one batch with the applied
   * index; `read` does not see them before that.
   */
  apply(entries: readonly Entry[], read: ReadRow, rows: WriteOp[]): void;
  /** The state is as of `index`: at the start, and when a snapshot has taken its place. */
  restored(index: LogIndex, read: ReadRow): void;
  /** The state may answer the read `context` now. */
  readReady(context: number, read: ReadRow): void;
  /** The read `context` will never be confirmed: this replica does not lead any more. */
  readDropped(context: number): void;
}
