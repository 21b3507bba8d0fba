import { assert } from "./assert.ts";
import { copyInto } from "./copy.ts";
import { hash32 } from "./hash.ts";

/** A table is made for half as many entries as it has slots, and twice as large each time that it is full. */
const slotsMin = 64;
/** What stands in a slot: the key's hash, the entry's place, and where its key is. Side by side, for a look at it costs one trip to memory. */
const slotFields = 4;
const empty = -1;
const keyBytesMin = 1024;
/** A table that is emptied keeps the room that it needed, up to so many slots and bytes of keys, and not many times as much. */
const keptSlotsMax = 32_768;
const keptBytesMax = 1024 * 1024;
const keptTimes = 8;
/** A slot's fields are 32-bit numbers. */
const keysBytesMax = 2 ** 31 - 1;

/**
 * A map from byte strings, in the order in which they were added. Looking up costs no memory, and a third of what it costs to make
 * a text of the bytes for a `Map`. It has copies of its keys, one behind the other; nothing is ever taken out but all of it.
 */
export class ByteMap<Value> {
  readonly #seed: number;
  /** Open addressing; at most half full. */
  #slots = emptySlots(slotsMin);
  #mask = slotsMin - 1;
  #keys = new Uint8Array(keyBytesMin);
  #keysEnd = 0;
  readonly #values: Value[] = [];

  /** The seed decides which keys meet, and nothing that can be seen: strangers who choose the keys should not know it. */
  constructor(seed = 0) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#values.length;
  }

  get values(): readonly Value[] {
    return this.#values;
  }

  get(key: Uint8Array): Value | undefined {
    const place = this.#slots[this.#find(key, hash32(key, this.#seed)) + 1] as number;
    return place === empty ? undefined : this.#values[place];
  }

  /** Says where the copy of the key begins, for `copyKey` and `isKeyAt`. */
  set(key: Uint8Array, value: Value): number {
    const hash = hash32(key, this.#seed);
    const slot = this.#find(key, hash);
    const slots = this.#slots;
    const found = slots[slot + 1] as number;
    if (found !== empty) {
      this.#values[found] = value;
      return slots[slot + 2] as number;
    }
    const at = this.#keep(key);
    slots[slot] = hash;
    slots[slot + 1] = this.#values.length;
    slots[slot + 2] = at;
    slots[slot + 3] = key.length;
    this.#values.push(value);
    if (2 * this.#values.length > this.#mask) this.#grow();
    return at;
  }

  /** Fills `into` from the place `from` on with the key whose copy begins at `at`, and which is as long as that. */
  copyKey(at: number, into: Uint8Array, from: number): void {
    const keys = this.#keys;
    const length = into.length - from;
    for (let i = 0; i < length; i += 1) into[from + i] = keys[at + i] as number;
  }

  /**
   * Takes everything out. What is filled as before finds its room again: fresh memory for every filling costs more than to wipe what
   * is there. The list of its values is good for nothing any more.
   */
  clear(): void {
    const count = this.#mask + 1;
    if (count <= keptSlotsMax && (count === slotsMin || keptTimes * this.size >= count)) this.#slots.fill(empty);
    else {
      this.#slots = emptySlots(slotsMin);
      this.#mask = slotsMin - 1;
    }
    const room = this.#keys.length;
    const isKept = room <= keptBytesMax && (room === keyBytesMin || keptTimes * this.#keysEnd >= room);
    if (!isKept) this.#keys = new Uint8Array(keyBytesMin);
    this.#keysEnd = 0;
    this.#values.length = 0;
  }

  /** Where the slot of a key begins, or the empty one that it would have. */
  #find(key: Uint8Array, hash: number): number {
    const slots = this.#slots;
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = at * slotFields;
      if (slots[slot + 1] === empty) return slot;
      if (slots[slot] === hash && slots[slot + 3] === key.length && this.isKeyAt(slots[slot + 2] as number, key)) return slot;
    }
  }

  /** Whether the key whose copy begins at `at`, and which is as long, is this one. */
  isKeyAt(at: number, key: Uint8Array): boolean {
    const keys = this.#keys;
    const length = key.length;
    for (let i = 0; i < length; i += 1) if (keys[at + i] !== key[i]) return false;
    return true;
  }

  /** Copies a key to where all are; says where it begins. */
  #keep(key: Uint8Array): number {
    const at = this.#keysEnd;
    this.#keysEnd += key.length;
    if (this.#keysEnd > this.#keys.length) {
      assert(this.#keysEnd <= keysBytesMax, "the keys of a map have less than 2 GiB");
      const keys = new Uint8Array(Math.max(2 * this.#keys.length, this.#keysEnd));
      keys.set(this.#keys);
      this.#keys = keys;
    }
    copyInto(this.#keys, key, at);
    return at;
  }

  #grow(): void {
    const older = this.#slots;
    const slots = emptySlots((2 * older.length) / slotFields);
    this.#slots = slots;
    this.#mask = slots.length / slotFields - 1;
    for (let slot = 0; slot < older.length; slot += slotFields) {
      if (older[slot + 1] === empty) continue;
      let at = (older[slot] as number) & this.#mask;
      while (slots[at * slotFields + 1] !== empty) at = (at + 1) & this.#mask;
      for (let field = 0; field < slotFields; field += 1) slots[at * slotFields + field] = older[slot + field] as number;
    }
  }
}

function emptySlots(count: number): Int32Array {
  return new Int32Array(count * slotFields).fill(empty);
}
