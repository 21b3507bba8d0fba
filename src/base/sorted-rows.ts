import sorted from "sorted-btree";
import { afterPrefix, compareBytes } from "./bytes.ts";

type TreeClass = typeof sorted.default<Uint8Array, Uint8Array>;
type Tree = InstanceType<TreeClass>;

/** The package is CommonJS: Node gives its module object for the default import, and vitest the class itself. */
const treeClass: TreeClass = typeof sorted === "function" ? sorted : sorted.default;

/** A key and what stands under it. */
export interface SortedRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Some rows, and the key of the first one behind them that was asked for too; undefined when there is none. */
export interface SortedPage {
  readonly rows: readonly SortedRow[];
  readonly next: Uint8Array | undefined;
}

/** An ordered map of byte strings in memory. A copy costs nothing until one of the two changes. */
export class SortedRows {
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

  set(key: Uint8Array, value: Uint8Array): void {
    this.#tree.set(key, value);
  }

  delete(key: Uint8Array): void {
    this.#tree.delete(key);
  }

  copy(): SortedRows {
    return new SortedRows(this.#tree.clone());
  }

  /** The first rows from `from` up to `to` (excluded; to the end when undefined): as many as the limits allow, but one at least. */
  page(from: Uint8Array, to: Uint8Array | undefined, rowsMax: number, bytesMax: number): SortedPage {
    const rows: SortedRow[] = [];
    let bytes = 0;
    for (const [key, value] of this.#tree.entries(from)) {
      if (to !== undefined && compareBytes(key, to) >= 0) break;
      bytes += key.length + value.length;
      if (rows.length > 0 && (rows.length >= rowsMax || bytes > bytesMax)) return { rows, next: key };
      rows.push({ key, value });
    }
    return { rows, next: undefined };
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
  *rows(): IterableIterator<SortedRow> {
    for (const [key, value] of this.#tree.entries()) yield { key, value };
  }
}
