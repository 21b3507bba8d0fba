import { SortedRows } from "../../base/sorted-rows.ts";
import type { KeyRange, PageLimits, Row, WriteOp } from "../../env/storage.ts";

export interface Page {
  readonly rows: readonly Row[];
  readonly rest: KeyRange | undefined;
}

/** An ordered map of byte strings in memory. A copy costs nothing until one of the two changes. */
export class DiskImage {
  readonly #rows: SortedRows;

  constructor(rows: SortedRows = new SortedRows()) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  apply(ops: readonly WriteOp[]): void {
    for (const op of ops) {
      if (op.op === "put") this.#rows.set(op.key, op.value);
      else this.#rows.delete(op.key);
    }
  }

  copy(): DiskImage {
    return new DiskImage(this.#rows.copy());
  }

  /** The first rows of a range, as many as the limits allow but one at least. */
  page(range: KeyRange, limits: PageLimits): Page {
    const { rows, next } = this.#rows.page(range.from, range.to, limits.rowsMax, limits.bytesMax);
    return { rows, rest: next && { from: next, to: range.to } };
  }

  /** Up to `rowsMax` keys that begin with `prefix`: the first ones or, with `last`, the last ones. */
  keysOf(prefix: Uint8Array, rowsMax: number, last: boolean): Uint8Array[] {
    return this.#rows.keysOf(prefix, rowsMax, last);
  }

  /** All rows in ascending order of their keys. */
  rows(): IterableIterator<Row> {
    return this.#rows.rows();
  }
}
