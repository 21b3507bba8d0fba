import type { Rng } from "../../base/rng.ts";
import { fnvHash64 } from "./fnv.ts";
import { fieldCount, fieldLength } from "./workloads.ts";

const names: string[] = [];

/** The key of the record of this number, as the course's harness makes it of YCSB's table and key. */
export function recordKey(record: number): string {
  return (names[record] ??= `usertable_user${fnvHash64(record)}`);
}

const poolLength = 65_536;

/**
 * Values as the course's harness makes them of what YCSB prints: every character from `!` to DEL, with blanks turned into underscores. They are
 * cut from one long random text, which costs nothing.
 */
export class Values {
  readonly #rng: Rng;
  readonly #pool: string;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#pool = Array.from({ length: poolLength }, () => String.fromCharCode(rng.int(0x20, 0x7f)))
      .join("")
      .replaceAll(/ +/g, "_");
  }

  /** What an insert writes: all fields, about 1,080 bytes. */
  whole(): string {
    let text = "";
    for (let field = 0; field < fieldCount; field += 1) text += this.#field(field);
    return `${text}_]`;
  }

  /** What an update writes: one field, 110 bytes, in place of the whole value. */
  one(): string {
    return `${this.#field(this.#rng.int(0, fieldCount - 1))}_]`;
  }

  #field(field: number): string {
    const at = this.#rng.int(0, this.#pool.length - fieldLength);
    return `_field${field}=${this.#pool.slice(at, at + fieldLength)}`;
  }
}

/** The keys that a client knows of, in order: those of the load, and those that it has inserted. */
export class KnownKeys {
  readonly #keys: string[];

  constructor(records: number) {
    this.#keys = Array.from({ length: records }, (_, record) => recordKey(record)).toSorted(inOrder);
  }

  add(key: string): void {
    const at = this.#at(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  /** The key with which a scan of so many known keys from `start` on ends; there may be fewer. */
  endOf(start: string, count: number): string {
    return this.#keys[Math.min(this.#at(start) + count, this.#keys.length) - 1] ?? start;
  }

  /** The place of the first key that is not before this one. */
  #at(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}
