/** Scatters a 32-bit number; no two numbers meet. */
export function mixed(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A set of 64-bit hashes, 8 bytes a place. Two things with the same hash count as one: among a hundred million, that happens
 * with a probability of about 1 in 3,700.
 */
export class HashSet {
  #low = new Uint32Array(1 << 16);
  #high = new Uint32Array(1 << 16);
  #count = 0;

  /** Whether it was not there yet. */
  add(low: number, high: number): boolean {
    if (this.#count * 3 > this.#low.length * 2) this.#grow();
    // A place with two zeros is free.
    const nonZero = low === 0 && high === 0 ? 1 : low;
    const at = this.#find(nonZero, high);
    if (at < 0) return false;
    this.#low[at] = nonZero;
    this.#high[at] = high;
    this.#count += 1;
    return true;
  }

  /** The place for a hash; -1 when it is there. */
  #find(low: number, high: number): number {
    const mask = this.#low.length - 1;
    for (let at = (low ^ high) & mask; ; at = (at + 1) & mask) {
      if (this.#low[at] === 0 && this.#high[at] === 0) return at;
      if (this.#low[at] === low && this.#high[at] === high) return -1;
    }
  }

  #grow(): void {
    const [low, high] = [this.#low, this.#high];
    this.#low = new Uint32Array(low.length * 2);
    this.#high = new Uint32Array(low.length * 2);
    for (let from = 0; from < low.length; from += 1) {
      if (low[from] === 0 && high[from] === 0) continue;
      const at = this.#find(low[from] as number, high[from] as number);
      this.#low[at] = low[from] as number;
      this.#high[at] = high[from] as number;
    }
  }
}
