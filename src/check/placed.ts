import { isPending, type KeyOperation } from "./partition.ts";

/**
 * The set of operations that have been placed. Those that return and those that are pending are kept apart: the first are placed more
 * or less in the order of their calls, so that all before a first gap and none behind a last one are in the set, and only the
 * window between the two has to be written down; the second may wait for ever.
 */
export class Placed {
  /** The number of operations that return. */
  readonly returning: number;
  /** 32-bit words that the pending ones need. */
  readonly pendingWords: number;
  readonly pendingBits: Int32Array;
  /** The bits of those that return, by the order of their calls. */
  readonly bits: Int32Array;
  /** The place of each operation among those of its kind; -1 - place for pending ones. */
  readonly #slots: Int32Array;
  /** A number for each slot that returns. The hash of a set is made of those of its members, in any order. */
  readonly #marks: Int32Array;
  /** The first slot that returns and is not in the set. */
  #gap = 0;
  /** One more than the last slot that is. */
  #end = 0;
  #hash = 0;

  constructor(operations: readonly KeyOperation[]) {
    let pending = 0;
    let returning = 0;
    this.#slots = Int32Array.from(operations, (operation) => {
      if (!isPending(operation)) return returning++;
      pending += 1;
      return -pending;
    });
    this.returning = returning;
    this.pendingWords = (pending + 31) >>> 5;
    this.pendingBits = new Int32Array(this.pendingWords);
    this.bits = new Int32Array((returning + 31) >>> 5);
    this.#marks = Int32Array.from({ length: returning }, (_, slot) => mixed(slot + 1));
  }

  /** The hash of those that return. */
  get hash(): number {
    return this.#hash;
  }

  /** The first word of the window. */
  get windowStart(): number {
    return this.#gap >>> 5;
  }

  /** One more than its last word. */
  get windowEnd(): number {
    return Math.max((this.#end + 31) >>> 5, this.#gap >>> 5);
  }

  has(operation: number): boolean {
    const slot = this.#slots[operation] as number;
    if (slot < 0) return (((this.pendingBits[~slot >>> 5] as number) >>> (~slot & 31)) & 1) === 1;
    return (((this.bits[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1;
  }

  add(operation: number): void {
    const slot = this.#slots[operation] as number;
    if (slot < 0) {
      this.pendingBits[~slot >>> 5] = (this.pendingBits[~slot >>> 5] as number) | (1 << (~slot & 31));
      return;
    }
    this.bits[slot >>> 5] = (this.bits[slot >>> 5] as number) | (1 << (slot & 31));
    this.#hash ^= this.#marks[slot] as number;
    if (slot >= this.#end) this.#end = slot + 1;
    if (slot === this.#gap) this.#gap = this.#firstGap(slot + 1);
  }

  remove(operation: number): void {
    const slot = this.#slots[operation] as number;
    if (slot < 0) {
      this.pendingBits[~slot >>> 5] = (this.pendingBits[~slot >>> 5] as number) & ~(1 << (~slot & 31));
      return;
    }
    this.bits[slot >>> 5] = (this.bits[slot >>> 5] as number) & ~(1 << (slot & 31));
    this.#hash ^= this.#marks[slot] as number;
    if (slot < this.#gap) this.#gap = slot;
    if (slot === this.#end - 1) this.#end = this.#endBelow(slot);
  }

  #firstGap(from: number): number {
    let slot = from;
    while (slot < this.#end && (((this.bits[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1) slot += 1;
    return slot;
  }

  #endBelow(from: number): number {
    let end = from;
    while (end > 0 && (((this.bits[(end - 1) >>> 5] as number) >>> ((end - 1) & 31)) & 1) === 0) end -= 1;
    return end;
  }
}

/** Spreads the bits of a number over 32; a bijection, so that no two slots share a mark. */
export function mixed(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
