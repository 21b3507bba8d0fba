import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import { copyInto } from "../base/copy.ts";
import type { KeyRange, PageLimits, Row, StorageView } from "../env/storage.ts";
import type { DiskFate } from "./disk-fate.ts";
import { envelopeBytes, unseal } from "./envelope.ts";
import type { LevelIterator, LevelSnapshot } from "./level.ts";

/** Rows that are fetched at once, at most: LevelDB makes room for so many before it looks. */
const chunkRowsMax = 1_000;
/** And their bytes. */
const chunkBytesMax = 16 * 1024 * 1024;

/**
 * What an iterator reads before another one goes on in its place. As long as it is open LevelDB keeps the tables and the memory that it
 * had when it was made.
 */
const walkBytesMax = 16 * 1024 * 1024;

/**
 * An iterator that goes from page to page. What one has fetched last is freed when the collector finds it, long after it was closed,
 * and no collector knows how much that is: an iterator for each page of a large range is a hundred megabytes.
 */
interface Walk {
  readonly iterator: LevelIterator;
  /** What it has not handed out. */
  range: KeyRange;
  /** Rows that it has fetched, and not handed out. */
  left: readonly [Uint8Array, Uint8Array][];
  bytes: number;
}

/** A page that is being read. */
interface Reading {
  readonly walk: Walk;
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
  /** Stands behind the last page that has a rest. */
  #standing: Walk | undefined;

  constructor(snapshot: LevelSnapshot, fate: DiskFate) {
    this.#snapshot = snapshot;
    this.#fate = fate;
  }

  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    assert(this.#open, "a view is read before it is closed");
    assert(limits.rowsMax >= 1 && limits.bytesMax >= 1, "a page may hold something");
    if (this.#fate.over) return;
    this.#fetch({ walk: this.#continued(range) ?? this.#begun(range, limits), limits, page, rows: [], bytes: 0 });
  }

  close(): void {
    assert(this.#open, "a view is closed once");
    this.#open = false;
    this.#stand(undefined);
    this.#snapshot.close();
  }

  /** The walk that stands at the beginning of the range, and ends with it. */
  #continued(range: KeyRange): Walk | undefined {
    const walk = this.#standing;
    if (walk === undefined || !isSame(walk.range, range)) return undefined;
    this.#standing = undefined;
    return walk;
  }

  #begun(range: KeyRange, limits: PageLimits): Walk {
    // With their envelopes the rows of a full page are a little more than its bytes: one chunk holds them, and the row behind them.
    const chunkBytes = Math.min(limits.bytesMax + Math.min(limits.rowsMax, chunkRowsMax) * envelopeBytes, chunkBytesMax);
    return { iterator: this.#snapshot.iterate(range.from, range.to, chunkBytes), range, left: [], bytes: 0 };
  }

  #stand(walk: Walk | undefined): void {
    this.#standing?.iterator.close();
    this.#standing = walk;
  }

  #fetch(reading: Reading): void {
    const { walk, limits, rows } = reading;
    // One row more than the page holds tells where the rest begins.
    const wanted = Math.min(limits.rowsMax + 1 - rows.length, chunkRowsMax);
    const fetched = walk.left.length > 0 ? Promise.resolve(walk.left) : walk.iterator.next(wanted);
    fetched.then(
      (chunk) => this.#take(reading, chunk),
      (error: unknown) => {
        walk.iterator.close();
        if (this.#open) this.#fate.failed("A scan", error);
      },
    );
  }

  #take(reading: Reading, chunk: readonly [Uint8Array, Uint8Array][]): void {
    const { walk, rows, page } = reading;
    if (!this.#open || this.#fate.over) return walk.iterator.close();
    const taken = this.#addTo(reading, chunk);
    if (this.#fate.over) return walk.iterator.close();
    walk.left = chunk.slice(taken);
    const [next] = walk.left;
    // A chunk with fewer rows than were asked for may have reached its bytes instead of the end; only an empty one is the end.
    if (next === undefined && chunk.length > 0) return this.#fetch(reading);
    const rest = next && { from: plain(next[0]), to: walk.range.to };
    if (rest === undefined || walk.bytes > walkBytesMax) walk.iterator.close();
    else {
      walk.range = rest;
      this.#stand(walk);
    }
    page(rows, rest);
  }

  /** Adds the rows of a chunk as far as they fit; how many those are. */
  #addTo(reading: Reading, chunk: readonly [Uint8Array, Uint8Array][]): number {
    const { rows, limits, walk } = reading;
    const copies = new Copies(chunk);
    for (const [at, [found, sealed]] of chunk.entries()) {
      const key = copies.of(found);
      const value = unseal(key, copies.of(sealed));
      if (value === undefined) {
        this.#fate.damaged(rowName(key));
        return at;
      }
      const bytes = key.length + value.length;
      reading.bytes += bytes;
      const full = rows.length >= limits.rowsMax || reading.bytes > limits.bytesMax;
      if (full && rows.length > 0) return at;
      walk.bytes += bytes;
      rows.push({ key, value });
    }
    return chunk.length;
  }
}

/**
 * Of the keys and values of a chunk, in one piece of memory. LevelDB's own have each a piece of theirs, which costs more than it holds:
 * they are not kept for as long as the page is.
 */
class Copies {
  readonly #memory: Uint8Array;
  #at = 0;

  constructor(chunk: readonly [Uint8Array, Uint8Array][]) {
    let length = 0;
    for (const [key, value] of chunk) length += key.length + value.length;
    this.#memory = plain(Buffer.allocUnsafeSlow(length));
  }

  of(bytes: Uint8Array): Uint8Array {
    copyInto(this.#memory, bytes, this.#at);
    this.#at += bytes.length;
    return new Uint8Array(this.#memory.buffer, this.#at - bytes.length, bytes.length);
  }
}

function isSame(one: KeyRange, other: KeyRange): boolean {
  if (compareBytes(one.from, other.from) !== 0) return false;
  return one.to === undefined || other.to === undefined ? one.to === other.to : compareBytes(one.to, other.to) === 0;
}

/** The same bytes, and not a `Buffer`. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A row as a sentence names it. */
export function rowName(key: Uint8Array): string {
  return `The row 0x${Buffer.from(key.buffer, key.byteOffset, key.length).toString("hex")}`;
}
