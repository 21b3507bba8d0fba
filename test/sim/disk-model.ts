import { assert } from "../../src/base/assert.ts";
import { utf8Text } from "../../src/base/bytes.ts";
import type { Row, WriteOp } from "../../src/env/storage.ts";
import type { SimDisk } from "../../src/sim/disk/disk.ts";

export type Rows = ReadonlyMap<string, string>;

export function rowsOf(rows: Iterable<Row>): Rows {
  return new Map([...rows].map((row) => [utf8Text(row.key), utf8Text(row.value)]));
}

export function imageOf(disk: SimDisk): Record<string, string> {
  return Object.fromEntries(rowsOf(disk.image()));
}

export function apply(rows: Map<string, string>, ops: readonly WriteOp[]): void {
  for (const op of ops) {
    if (op.op === "put") rows.set(utf8Text(op.key), utf8Text(op.value));
    else rows.delete(utf8Text(op.key));
  }
}

export function sameRows(some: Rows, others: Rows): boolean {
  return some.size === others.size && [...some].every(([key, value]) => others.get(key) === value);
}

/** The obvious, slow disk: a list of batches and how many of them are certain. */
export class DiskModel {
  #base: Rows = new Map();
  #batches: (readonly WriteOp[])[] = [];
  #done = 0;
  #life = 0;

  get accepted(): number {
    return this.#batches.length;
  }

  /** All rows as of every accepted batch. */
  get rows(): Rows {
    return this.#after(this.#batches.length);
  }

  /** Takes a batch; the result is its `done`. */
  accept(ops: readonly WriteOp[]): () => void {
    const life = this.#life;
    const number = this.#batches.push(ops);
    return () => {
      assert(life === this.#life, "done belongs to the present life");
      assert(this.#done === number - 1, "done comes in order");
      this.#done = number;
    };
  }

  /** Whether some prefix of the batches, of `least` or more, leads to these rows. */
  allows(rows: Rows, least: number): boolean {
    for (let length = least; length <= this.#batches.length; length += 1) if (sameRows(this.#after(length), rows)) return true;
    return false;
  }

  /** The life is over, and these rows are left. */
  crashed(rows: Rows): void {
    assert(this.allows(rows, this.#done), "a crash takes a suffix of the unfinished batches");
    this.#base = rows;
    this.#batches = [];
    this.#done = 0;
    this.#life += 1;
  }

  #after(length: number): Rows {
    const rows = new Map(this.#base);
    for (const ops of this.#batches.slice(0, length)) apply(rows, ops);
    return rows;
  }
}
