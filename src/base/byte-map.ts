import { equalBytes } from "./bytes.ts";

const tableMin = 64;
/** By how much a table grows: what it held is entered again, and memory of its own is dear. */
const growth = 4;
const empty = -1;

/**
 * A map from byte strings, in the order in which they were added. Looking up costs no memory, and a third of what it costs to make
 * a text of the bytes for a `Map`. It keeps the keys that it is given, which are not to change; nothing is ever taken out.
 */
export class ByteMap<Value> {
  readonly #seed: number;
  /** Open addressing: the place of an entry in the lists below, or nothing; at most half full. */
  #table = new Int32Array(tableMin).fill(empty);
  /** The hash of each key. */
  #hashes = new Int32Array(tableMin / 2);
  readonly #keys: Uint8Array[] = [];
  readonly #values: Value[] = [];

  /** The seed decides which keys meet, and nothing that can be seen: strangers who choose the keys should not know it. */
  constructor(seed = 0) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#keys.length;
  }

  get values(): readonly Value[] {
    return this.#values;
  }

  get(key: Uint8Array): Value | undefined {
    const place = this.#find(key, hashOf(key, this.#seed));
    return place === empty ? undefined : this.#values[place];
  }

  set(key: Uint8Array, value: Value): void {
    const hash = hashOf(key, this.#seed);
    const found = this.#find(key, hash);
    if (found !== empty) {
      this.#values[found] = value;
      return;
    }
    const place = this.#keys.length;
    if (place === this.#hashes.length) this.#grow();
    this.#keys.push(key);
    this.#values.push(value);
    this.#hashes[place] = hash;
    this.#enter(hash, place);
  }

  #find(key: Uint8Array, hash: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = table[at] as number;
      if (place === empty || (this.#hashes[place] === hash && equalBytes(this.#keys[place] as Uint8Array, key))) return place;
    }
  }

  #enter(hash: number, place: number): void {
    const mask = this.#table.length - 1;
    let at = hash & mask;
    while (this.#table[at] !== empty) at = (at + 1) & mask;
    this.#table[at] = place;
  }

  #grow(): void {
    const hashes = new Int32Array(growth * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#table = new Int32Array(growth * this.#table.length).fill(empty);
    for (let place = 0; place < this.#keys.length; place += 1) this.#enter(hashes[place] as number, place);
  }
}

/** Four bytes at a time, and spread over all 32 bits in the end (as MurmurHash3). */
function hashOf(key: Uint8Array, seed: number): number {
  const length = key.length;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let i = 0; i < whole; i += 4) {
    const word = (key[i] as number) | ((key[i + 1] as number) << 8) | ((key[i + 2] as number) << 16) | ((key[i + 3] as number) << 24);
    hash = mix(hash, word);
  }
  let rest = 0;
  for (let i = whole; i < length; i += 1) rest = (rest << 8) | (key[i] as number);
  hash = mix(hash, rest);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const spread = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
