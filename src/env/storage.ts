import { compareBytes } from "../base/bytes.ts";

/** One change of one row. The storage owns the bytes from the moment it is given them. */
export type WriteOp =
  | { readonly op: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly op: "delete"; readonly key: Uint8Array };

export interface WriteOptions {
  /** Go to disk now. Without it the batch may wait for the next one that does, or for some milliseconds or bytes. */
  readonly sync: boolean;
}

/** Rows in ascending bytewise order of their keys. */
export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys from `from` (included) up to `to` (excluded; to the end when undefined). */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
}

export function isWithin(key: Uint8Array, { from, to }: KeyRange): boolean {
  return compareBytes(key, from) >= 0 && (to === undefined || compareBytes(key, to) < 0);
}

/** A page ends at the first of the two; it holds at least one row if any is left. */
export interface PageLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** An ordered map of byte strings that survives. It has no error path: a storage that fails stops the process. */
export interface Storage {
  /** The value as of every accepted write, durable or not. The caller does not change the bytes. */
  get(key: Uint8Array): Uint8Array | undefined;
  /**
   * All of `batch` or none of it. Batches take effect, and become durable, strictly in the order given. `done` runs once, when
   * this batch *and all before it* would survive a power cut, in the order of the batches and never from inside this call; with
   * `sync` the storage sees to it that this is soon. The storage owns `batch` and its bytes from here on. After a crash any
   * suffix of the batches whose `done` has not run may be gone.
   */
  write(batch: readonly WriteOp[], options: WriteOptions, done?: () => void): void;
  /** Hands out a consistent view that holds every write accepted before this call; later, never from inside it. */
  snapshot(use: (view: StorageView) => void): void;
  /**
   * Deletes the rows that begin with `prefix`: some time, in any order, not atomically, perhaps not before a crash. Only for
   * prefixes that nobody reads or writes any more.
   */
  deleteRange(prefix: Uint8Array): void;
}

/** A consistent view of a storage at one moment. */
export interface StorageView {
  /**
   * Reads the first page of `range`: `page` runs once, never from inside this call, and not at all when the view has been closed
   * meanwhile. `rest` is what is left to ask for; undefined behind the last page.
   */
  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void;
  /** Lets go of the view. Every view is closed, once, and not read afterwards. */
  close(): void;
}

/** One small value of its own, apart from the ordered map, so that damage to one does not reach the other. */
export interface Cell {
  /** The newest value that was written and survived; undefined when there is none. */
  read(): Uint8Array | undefined;
  /**
   * Replaces the value, all or nothing; the cell owns the bytes from here on. `done` runs once, in the order of the writes and never
   * from inside this call: with `sync` when this value or a newer one would survive a power cut, without when it would outlive the
   * process. After a crash of that kind the value is never older than the last one whose `done` has run, and never a mixture; a value
   * written before this one never comes back over it. One value is on its way at a time; of those that wait only the newest is written.
   */
  write(value: Uint8Array, options: WriteOptions, done?: () => void): void;
}
