import { mixed, type Placed } from "./placed.ts";

/** How much may be remembered, by all searches together. Only counted: whoever takes gives back. */
export class MemoBudget {
  readonly #max: number;
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes so many entries; says whether they were there. */
  take(entries: number): boolean {
    if (this.#used + entries > this.#max) return false;
    this.#used += entries;
    return true;
  }

  give(entries: number): void {
    this.#used -= entries;
  }
}

/** An entry of the usual size takes so many words; a larger one counts as several entries. */
const wordsOfEntry = 16;

// Where the parts of an entry stand. Behind the head come the window's words, then those of the pending operations.
const nextAt = 0;
const hashAt = 1;
const stateAt = 2;
const startAt = 3;
const endAt = 4;
const headWords = 5;

const noEntry = 0;
const firstSlots = 64;
const firstWords = 256;

/** What became of an attempt to remember something. */
export type Remembered = "new" | "known" | "full";

/**
 * Which pairs of placed operations and state were reached before. Entries stand one behind the other in one array of words,
 * found through a table of hashes and compared in full: a bad hash would make it slow, never wrong.
 *
 * A pair is known also when it was reached with *fewer* pending operations: whatever can be done with more of them used up, could have
 * been done there. The pairs that matter are few even where many operations never returned.
 */
export class Memo {
  readonly #budget: MemoBudget;
  #slots = new Int32Array(firstSlots);
  /** Word 0 belongs to nobody, so that 0 can say "none". */
  #words = new Int32Array(firstWords);
  #end = 1;
  #count = 0;
  #taken = 0;

  constructor(budget: MemoBudget) {
    this.#budget = budget;
  }

  /** Remembers that `state` was reached with these operations placed. */
  add(placed: Placed, state: number): Remembered {
    const hash = mixed(placed.hash ^ Math.imul(state + 1, 0x9e3779b1));
    const start = placed.windowStart;
    const end = placed.windowEnd;
    if (this.#knows(placed, state, hash, start, end)) return "known";
    const size = headWords + end - start + placed.pendingWords;
    const cost = Math.ceil(size / wordsOfEntry);
    if (!this.#budget.take(cost)) return "full";
    this.#taken += cost;
    this.#write(placed, state, hash, start, end, size);
    return "new";
  }

  /** Forgets everything and gives back what it took. */
  clear(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
    this.#slots = new Int32Array(firstSlots);
    this.#words = new Int32Array(firstWords);
    this.#end = 1;
    this.#count = 0;
  }

  #knows(placed: Placed, state: number, hash: number, start: number, end: number): boolean {
    const words = this.#words;
    let entry = this.#slots[hash & (this.#slots.length - 1)] as number;
    for (; entry !== noEntry; entry = words[entry + nextAt] as number) {
      if (words[entry + hashAt] !== hash || words[entry + stateAt] !== state) continue;
      if (words[entry + startAt] !== start || words[entry + endAt] !== end) continue;
      if (sameWindow(words, entry + headWords, placed.bits, start, end) && isWithin(words, entry + headWords + end - start, placed)) {
        return true;
      }
    }
    return false;
  }

  #write(placed: Placed, state: number, hash: number, start: number, end: number, size: number): void {
    if (this.#end + size > this.#words.length) this.#words = enlarged(this.#words, this.#end + size);
    if (this.#count >= this.#slots.length) this.#rehash();
    const words = this.#words;
    const entry = this.#end;
    this.#end += size;
    this.#count += 1;
    words[entry + hashAt] = hash;
    words[entry + stateAt] = state;
    words[entry + startAt] = start;
    words[entry + endAt] = end;
    let at = entry + headWords;
    for (let word = start; word < end; word += 1) words[at++] = placed.bits[word] as number;
    for (let word = 0; word < placed.pendingWords; word += 1) words[at++] = placed.pendingBits[word] as number;
    this.#enter(entry, hash);
  }

  #enter(entry: number, hash: number): void {
    const slot = hash & (this.#slots.length - 1);
    this.#words[entry + nextAt] = this.#slots[slot] as number;
    this.#slots[slot] = entry;
  }

  #rehash(): void {
    const old = this.#slots;
    const words = this.#words;
    this.#slots = new Int32Array(2 * old.length);
    for (const first of old) {
      let entry = first;
      while (entry !== noEntry) {
        const next = words[entry + nextAt] as number;
        this.#enter(entry, words[entry + hashAt] as number);
        entry = next;
      }
    }
  }
}

function sameWindow(words: Int32Array, at: number, bits: Int32Array, start: number, end: number): boolean {
  for (let word = start; word < end; word += 1) {
    if (words[at + word - start] !== bits[word]) return false;
  }
  return true;
}

/** Whether all pending operations of the entry are placed now too. */
function isWithin(words: Int32Array, at: number, { pendingBits, pendingWords }: Placed): boolean {
  for (let word = 0; word < pendingWords; word += 1) {
    if (((words[at + word] as number) & ~(pendingBits[word] as number)) !== 0) return false;
  }
  return true;
}

function enlarged(words: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * words.length, needed));
  larger.set(words);
  return larger;
}
