import { hashBytes } from "../../../base/hash.ts";
import { keyText } from "../../../rsm/state/key-text.ts";

/** A set of rows as the hash of each, and one for all of them that costs nothing to keep: the order in which they came leaves no trace. */
export class RowSet {
  readonly #hashes = new Map<string, number>();
  #low = 0;
  #high = 0;

  put(key: Uint8Array, value: Uint8Array): void {
    const text = keyText(key);
    const hash = hashBytes(value, hashBytes(key));
    this.#toggle(this.#hashes.get(text));
    this.#toggle(hash);
    this.#hashes.set(text, hash);
  }

  delete(key: Uint8Array): void {
    const text = keyText(key);
    this.#toggle(this.#hashes.get(text));
    this.#hashes.delete(text);
  }

  get size(): number {
    return this.#hashes.size;
  }

  /** Of two sets it is the same if their rows are. */
  get digest(): number {
    return (this.#high >>> 0) * 2 ** 32 + (this.#low >>> 0);
  }

  #toggle(hash: number | undefined): void {
    if (hash === undefined) return;
    this.#low ^= hash % 2 ** 32;
    this.#high ^= Math.floor(hash / 2 ** 32);
  }
}
