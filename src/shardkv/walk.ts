import { assert, present } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { KeyRange, Row } from "../env/storage.ts";
import type { Shard } from "../rsm/state/state-machine.ts";
import type { StateView } from "../rsm/state/state.ts";
import type { ShardOf } from "../shardmaster/partitioner.ts";
import { epochOfData, keyOfData } from "./rows.ts";
import type { Epochs } from "./served.ts";

/** What is done with the rows that a walk meets. */
export interface Visitor {
  /** Whether the page has all the rows that it may have. */
  isFull(): boolean;
  /** Takes the row of a key that was asked for; false when the page has no room for it. A page has room for its first row. */
  take(key: Uint8Array, shard: Shard, value: Uint8Array): boolean;
  /** About how much the page still has room for. */
  rowsLeft(): number;
  bytesLeft(): number;
  /** The end of the page; `cursor` is the last key that was looked at, or nothing if there is no other behind it. */
  end(cursor: Uint8Array | undefined): void;
}

export interface WalkContext {
  readonly view: StateView;
  readonly shardOf: ShardOf;
  readonly epochs: Epochs;
  readonly visitor: Visitor;
  /** The walk ends when it has looked at so much, whatever it found. */
  readonly lookedRowsMax: number;
  readonly lookedBytesMax: number;
}

/** The least that is asked of the storage in one go: most rows may be none of ours. */
const rowsAtOnceMin = 64;
const bytesAtOnceMin = 16 * 1024;
const bytesAtOnceMax = 1024 * 1024;

/**
 * Walks over data rows in order, for one page: passes over those of dead epochs and of shards that nobody asked for, and stops
 * when the page is full or enough was looked at. It stops between two keys, never between two epochs of one: the next page, which
 * may come from another group with another epoch, begins behind a key and can neither miss it nor see it twice.
 */
export class Walk {
  readonly #context: WalkContext;
  /** The key that the walk is at, and the one before it, which is done with. */
  #current: Uint8Array | undefined;
  #before: Uint8Array | undefined;
  #lookedRows = 0;
  #lookedBytes = 0;

  constructor(context: WalkContext) {
    this.#context = context;
  }

  /** The visitor's `end` runs once, later. */
  start(range: KeyRange): void {
    const { view, visitor } = this.#context;
    const rowsMax = Math.max(visitor.rowsLeft() + 1, rowsAtOnceMin);
    const bytesMax = Math.min(Math.max(visitor.bytesLeft(), bytesAtOnceMin), bytesAtOnceMax);
    view.scan(range, { rowsMax, bytesMax }, (rows, rest) => {
      if (!this.#take(rows)) visitor.end(present(this.#before, "a page ends behind a key"));
      else if (rest === undefined) visitor.end(undefined);
      else this.start(rest);
    });
  }

  /** Whether the walk goes on. */
  #take(rows: readonly Row[]): boolean {
    const { shardOf, epochs, visitor } = this.#context;
    for (const row of rows) {
      const key = keyOfData(row.key);
      if (this.#current === undefined || !equalBytes(key, this.#current)) {
        this.#before = this.#current;
        this.#current = key;
        if (this.#before !== undefined && (visitor.isFull() || this.#isTired())) return false;
      }
      this.#lookedRows += 1;
      this.#lookedBytes += row.key.length + row.value.length;
      const shard = shardOf(key);
      if (epochs.epochOf(shard) !== epochOfData(row.key)) continue;
      if (visitor.take(key, shard, row.value)) continue;
      assert(this.#before !== undefined, "a page has room for its first row");
      return false;
    }
    return true;
  }

  #isTired(): boolean {
    const { lookedRowsMax, lookedBytesMax } = this.#context;
    return this.#lookedRows >= lookedRowsMax || this.#lookedBytes >= lookedBytesMax;
  }
}
