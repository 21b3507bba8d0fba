import sorted from "sorted-btree";
import { afterPrefix, compareBytes } from "../base/bytes.ts";
import type { KeyRange, PageLimits, Row, WriteOp } from "../env/storage.ts";

type TreeClass = typeof sorted.default<Uint8Array, Uint8Array>;
type Tree = InstanceType<TreeClass>;

/** The package is CommonJS: Node gives its module object for the default import, and vitest the class itself. */
const treeClass: TreeClass = typeof sorted === "function" ? sorted : sorted.default;

export interface Page {
  readonly rows: readonly Row[];
  readonly rest: KeyRange | undefined;
}

/** An ordered map of byte strings in memory. A copy costs nothing until one of the two changes. */
export class DiskImage {
  readonly #tree: Tree;

  constructor(tree: Tree = new treeClass(undefined, compareBytes)) {
    this.#tree = tree;
  }

  get size(): number {
    return this.#tree.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#tree.get(key);
  }

  apply(ops: readonly WriteOp[]): void {
    for (const op of ops) {
      if (op.op === "put") this.#tree.set(op.key, op.value);
      else this.#tree.delete(op.key);
    }
  }

  copy(): DiskImage {
    return new DiskImage(this.#tree.clone());
  }

  /** The first rows of a range, as many as the limits allow but one at least. */
  page(range: KeyRange, limits: PageLimits): Page {
    const rows: Row[] = [];
    let bytes = 0;
    for (const [key, value] of this.#tree.entries(range.from)) {
      if (range.to !== undefined && compareBytes(key, range.to) >= 0) break;
      bytes += key.length + value.length;
      if (rows.length > 0 && (rows.length >= limits.rowsMax || bytes > limits.bytesMax)) return { rows, rest: { from: key, to: range.to } };
      rows.push({ key, value });
    }
    return { rows, rest: undefined };
  }

  /** Up to `rowsMax` keys that begin with `prefix`: the first ones or, with `last`, the last ones. */
  keysOf(prefix: Uint8Array, rowsMax: number, last: boolean): Uint8Array[] {
    const to = afterPrefix(prefix);
    const keys: Uint8Array[] = [];
    const walk = last ? this.#tree.entriesReversed(to, undefined, true) : this.#tree.entries(prefix);
    for (const [key] of walk) {
      const outside = last ? compareBytes(key, prefix) < 0 : to !== undefined && compareBytes(key, to) >= 0;
      if (outside || keys.length >= rowsMax) break;
      keys.push(key);
    }
    return keys;
  }

  /** All rows in ascending order of their keys. */
  *rows(): IterableIterator<Row> {
    for (const [key, value] of this.#tree.entries()) yield { key, value };
  }
}
