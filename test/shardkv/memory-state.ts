import { assert } from "../../src/base/assert.ts";
import { compareBytes, equalBytes } from "../../src/base/bytes.ts";
import type { KeyRange, PageLimits, Row } from "../../src/env/storage.ts";
import type { State, StateView } from "../../src/rsm/state/state.ts";
import { DiskImage } from "../../src/sim/disk/image.ts";

type TakePage = (rows: readonly Row[], rest: KeyRange | undefined) => void;

/** A state in memory, for tests. It keeps copies to see whether anybody changes bytes that are not his any more. */
export class MemoryState implements State {
  readonly #image: DiskImage;
  readonly #copies = new Map<Uint8Array, Uint8Array>();
  /** How many rows were written or deleted. */
  writes = 0;

  constructor(image: DiskImage = new DiskImage()) {
    this.#image = image;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#image.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, isNew = false): void {
    assert(!isNew || this.#image.get(key) === undefined, "what is put as new is not there");
    this.writes += 1;
    this.#copies.set(key, key.slice()).set(value, value.slice());
    this.#image.apply([{ op: "put", key, value }]);
  }

  delete(key: Uint8Array): void {
    this.writes += 1;
    this.#image.apply([{ op: "delete", key }]);
  }

  /** The rows as they are now, for a query. */
  view(): MemoryView {
    return new MemoryView(this.#image.copy());
  }

  rows(): Row[] {
    return [...this.#image.rows()];
  }

  /** Of all keys and values. */
  bytes(): number {
    return this.rows().reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  }

  /** Every row as text, to be compared. */
  dump(): string[] {
    return this.rows().map(({ key, value }) => `${Buffer.from(key).toString("hex")} ${Buffer.from(value).toString("hex")}`);
  }

  /** Whether all bytes that were handed over are as they were. */
  isUntouched(): boolean {
    return [...this.#copies].every(([bytes, copy]) => equalBytes(bytes, copy));
  }
}

/** A view of one moment. A page that was asked for comes when `drain` is called, never before. */
export class MemoryView implements StateView {
  readonly #image: DiskImage;
  readonly #waiting: (() => void)[] = [];
  /** How many pages were read, and how many rows they held. */
  pages = 0;
  rows = 0;

  constructor(image: DiskImage) {
    this.#image = image;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#image.get(key);
  }

  scan(range: KeyRange, limits: PageLimits, page: TakePage): void {
    assert(range.to === undefined || compareBytes(range.from, range.to) < 0, "a range that is read ends behind its beginning");
    this.#waiting.push(() => {
      const { rows, rest } = this.#image.page(range, limits);
      this.pages += 1;
      this.rows += rows.length;
      page(rows, rest);
    });
  }

  drain(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
  }
}
