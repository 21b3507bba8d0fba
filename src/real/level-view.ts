import { assert } from "../base/assert.ts";
import type { KeyRange, PageLimits, Row, StorageView } from "../env/storage.ts";
import type { DiskFate } from "./disk-fate.ts";
import { envelopeBytes, unseal } from "./envelope.ts";
import type { LevelIterator, LevelSnapshot } from "./level.ts";

/** Rows that are fetched at once, at most: LevelDB makes room for so many before it looks. */
const chunkRowsMax = 1_000;
/** And their bytes. */
const chunkBytesMax = 16 * 1024 * 1024;

/** A page that is being read. */
interface Reading {
  readonly iterator: LevelIterator;
  readonly range: KeyRange;
  readonly limits: PageLimits;
  readonly page: (rows: readonly Row[], rest: KeyRange | undefined) => void;
  readonly rows: Row[];
  bytes: number;
}

/** The rows of a store as they were at one moment. */
export class LevelView implements StorageView {
  readonly #snapshot: LevelSnapshot;
  readonly #fate: DiskFate;
  #open = true;

  constructor(snapshot: LevelSnapshot, fate: DiskFate) {
    this.#snapshot = snapshot;
    this.#fate = fate;
  }

  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    assert(this.#open, "a view is read before it is closed");
    assert(limits.rowsMax >= 1 && limits.bytesMax >= 1, "a page may hold something");
    if (this.#fate.over) return;
    // With their envelopes the rows of a full page are a little more than its bytes: one chunk holds them, and the row behind them.
    const chunkBytes = Math.min(limits.bytesMax + Math.min(limits.rowsMax, chunkRowsMax) * envelopeBytes, chunkBytesMax);
    const iterator = this.#snapshot.iterate(range.from, range.to, chunkBytes);
    this.#fetch({ iterator, range, limits, page, rows: [], bytes: 0 });
  }

  close(): void {
    assert(this.#open, "a view is closed once");
    this.#open = false;
    this.#snapshot.close();
  }

  #fetch(reading: Reading): void {
    // One row more than the page holds tells where the rest begins.
    const wanted = Math.min(reading.limits.rowsMax + 1 - reading.rows.length, chunkRowsMax);
    reading.iterator.next(wanted).then(
      (chunk) => this.#take(reading, chunk),
      (error: unknown) => {
        reading.iterator.close();
        if (this.#open) this.#fate.failed("A scan", error);
      },
    );
  }

  #take(reading: Reading, chunk: readonly [Uint8Array, Uint8Array][]): void {
    if (!this.#open || this.#fate.over) return reading.iterator.close();
    const rest = this.#addTo(reading, chunk);
    if (this.#fate.over) return reading.iterator.close();
    // A chunk with fewer rows than were asked for may have reached its bytes instead of the end; only an empty one is the end.
    if (rest === undefined && chunk.length > 0) return this.#fetch(reading);
    reading.iterator.close();
    reading.page(reading.rows, rest);
  }

  /** Adds the rows of a chunk as far as they fit; what did not is the rest. */
  #addTo(reading: Reading, chunk: readonly [Uint8Array, Uint8Array][]): KeyRange | undefined {
    const { rows, limits, range } = reading;
    for (const [found, sealed] of chunk) {
      const key = new Uint8Array(found.buffer, found.byteOffset, found.length);
      const value = unseal(key, sealed);
      if (value === undefined) {
        this.#fate.damaged(rowName(key));
        return undefined;
      }
      reading.bytes += key.length + value.length;
      const full = rows.length >= limits.rowsMax || reading.bytes > limits.bytesMax;
      if (full && rows.length > 0) return { from: key, to: range.to };
      rows.push({ key, value });
    }
    return undefined;
  }
}

/** A row as a sentence names it. */
export function rowName(key: Uint8Array): string {
  return `The row 0x${Buffer.from(key.buffer, key.byteOffset, key.length).toString("hex")}`;
}
