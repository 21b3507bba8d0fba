import { assert } from "../../base/assert.ts";

/** A number that other bytes would hardly have (FNV-1a). */
function fingerprint(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  for (let i = 0; i < bytes.length; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

/**
 * Finds out who changes bytes that he has given away or only borrowed: they are sealed when they change hands and checked whenever
 * they are used again. Memory cannot be frozen in this language.
 */
export class Seals {
  readonly #prints = new WeakMap<Uint8Array, number>();

  seal(bytes: Uint8Array): void {
    this.#prints.set(bytes, fingerprint(bytes));
  }

  check(bytes: Uint8Array, what: string): void {
    const print = this.#prints.get(bytes);
    assert(print === undefined || print === fingerprint(bytes), `${what} was not changed by one who no longer owns it`);
  }
}
