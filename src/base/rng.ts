import { assert } from "./assert.ts";

/** Mixes a text into a 32-bit number (FNV-1a, finished so that near texts land far apart). */
function mixText(start: number, text: string): number {
  let hash = start >>> 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A seeded source of chance (sfc32). The same seed gives the same draws on every machine. `fork` makes a source of its own for
 * each name, so that a new draw in one place does not shift the others.
 */
export class Rng {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    this.#seed = String(seed);
    this.#a = mixText(0x811c9dc5, this.#seed);
    this.#b = mixText(0x9e3779b9, this.#seed);
    this.#c = mixText(0x85ebca6b, this.#seed);
    for (let i = 0; i < 12; i += 1) this.u32();
  }

  /** A source of its own, decided by this one's seed and `name` alone, not by what was drawn before. */
  fork(name: string | number): Rng {
    return new Rng(`${this.#seed}/${name}`);
  }

  /** A whole number from 0 to 2^32 - 1. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A number from 0 to 1, 1 excluded. */
  unit(): number {
    return this.u32() / 2 ** 32;
  }

  /** A number from `low` to `high`, `high` excluded. */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    assert(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high, "a draw needs whole bounds in order");
    const width = high - low + 1;
    // One draw has 32 bits. A wider range takes two, or most of its numbers would never come.
    const part = width <= 2 ** 32 ? this.unit() : (this.u32() * 2 ** 21 + (this.u32() >>> 11)) / 2 ** 53;
    return low + Math.floor(part * width);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of `items`, each as likely. */
  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, "there is something to pick from");
    return items[this.int(0, items.length - 1)] as T;
  }

  /** A new list of the same items in a random order. */
  shuffle<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const j = this.int(0, i);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }

  /** An exponentially distributed number with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }
}
