import { assert } from "../base/assert.ts";
import { SortedRows } from "../base/sorted-rows.ts";
import type { Cell, KeyRange, PageLimits, Row, Storage, StorageView, WriteOp, WriteOptions } from "../env/storage.ts";
import type { Turn } from "./turn.ts";

/** Runs what is done, in order, at the end of the turn. */
class Dones {
  readonly #turn: Turn;
  #dones: (() => void)[] = [];
  readonly #run = (): void => {
    const dones = this.#dones;
    this.#dones = [];
    for (const done of dones) done();
  };

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  add(done: () => void): void {
    if (this.#dones.push(done) === 1) this.#turn.soon(this.#run);
  }
}

/** Rows of a server that has no directory: they end with the process, and nothing is promised beyond that. */
export class MemoryStorage implements Storage {
  readonly #rows = new SortedRows();
  readonly #dones: Dones;

  constructor(turn: Turn) {
    this.#dones = new Dones(turn);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  write(batch: readonly WriteOp[], _: WriteOptions, done?: () => void): void {
    for (const op of batch) {
      if (op.op === "put") this.#rows.set(op.key, op.value);
      else this.#rows.delete(op.key);
    }
    if (done !== undefined) this.#dones.add(done);
  }

  snapshot(use: (view: StorageView) => void): void {
    const view = new MemoryView(this.#rows.copy(), this.#dones);
    this.#dones.add(() => use(view));
  }

  deleteRange(prefix: Uint8Array): void {
    for (const key of this.#rows.keysOf(prefix, Infinity, false)) this.#rows.delete(key);
  }
}

class MemoryView implements StorageView {
  readonly #rows: SortedRows;
  readonly #dones: Dones;
  #open = true;

  constructor(rows: SortedRows, dones: Dones) {
    this.#rows = rows;
    this.#dones = dones;
  }

  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    assert(this.#open, "a view is read before it is closed");
    assert(limits.rowsMax >= 1 && limits.bytesMax >= 1, "a page may hold something");
    const { rows, next } = this.#rows.page(range.from, range.to, limits.rowsMax, limits.bytesMax);
    const rest = next && { from: next, to: range.to };
    this.#dones.add(() => {
      if (this.#open) page(rows, rest);
    });
  }

  close(): void {
    assert(this.#open, "a view is closed once");
    this.#open = false;
  }
}

/** The cells that go with a `MemoryStorage`. */
export class MemoryCells {
  readonly #dones: Dones;
  readonly #cells = new Map<string, MemoryCell>();

  constructor(turn: Turn) {
    this.#dones = new Dones(turn);
  }

  /** The cell of that name. */
  cell(name: string): Cell {
    let cell = this.#cells.get(name);
    if (cell === undefined) {
      cell = new MemoryCell(this.#dones);
      this.#cells.set(name, cell);
    }
    return cell;
  }
}

class MemoryCell implements Cell {
  readonly #dones: Dones;
  #value: Uint8Array | undefined;

  constructor(dones: Dones) {
    this.#dones = dones;
  }

  read(): Uint8Array | undefined {
    return this.#value && new Uint8Array(this.#value);
  }

  write(value: Uint8Array, _: WriteOptions, done?: () => void): void {
    this.#value = value;
    if (done !== undefined) this.#dones.add(done);
  }
}
