import type { KeyRange, WriteOp } from "../env/storage.ts";
import type { Entry, LogIndex, Term } from "../raft/types.ts";
import type { StateRow } from "./log/rows.ts";

/** Reads the machine's own rows, by the machine's own keys, as of everything applied so far. */
export type ReadRow = (key: Uint8Array) => Uint8Array | undefined;

/** What a member replicates. Everything happens within one turn; nothing in here waits. */
export interface Machine {
  /**
   * Applies `entries`, which follow each other, and adds to `rows` what changes, with `prefix` before each of its own keys. The rows go
   * to disk in one batch with the applied index; `read`, which takes the keys without it, does not see them before that.
   */
  apply(entries: readonly Entry[], read: ReadRow, rows: WriteOp[], prefix: Uint8Array): void;
  /** The state is as of `index`: at the start, and when a snapshot has taken its place. */
  restored(index: LogIndex, read: ReadRow): void;
  /** The state may answer the read `context` now. */
  readReady(context: number, read: ReadRow): void;
  /** The read `context` will never be confirmed: this replica does not lead any more. */
  readDropped(context: number): void;
  /**
   * What this turn's inputs owe is about to be done. `leads` is the term that this replica leads, undefined when it leads none. What is
   * proposed in here is done with the rest, and the rounds of reads that were asked for begin.
   */
  dutiesBegin?(leads: Term | undefined): void;
  /** It is done: what was applied has been given to the storage, and may be told. */
  dutiesEnd?(): void;
  /** Where the rows are that are made from other rows, and so are not shipped with a snapshot. */
  readonly derived?: KeyRange | undefined;
  /**
   * The derived rows of `rows`, which are a part of a snapshot that arrives, and go to disk in one batch with them. The other parts
   * are not at hand: a derived row is made from rows that stand next to each other, or from one.
   */
  rebuild?(rows: readonly StateRow[]): readonly WriteOp[];
}
