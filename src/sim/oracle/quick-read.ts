/*
 * Rows are decoded at every durable write of every server, and the store's own decoder, which suspects everything, is most of what
 * that costs. This one reads the two shapes that nearly all rows have, and leaves the rest, damage too, to the other.
 */

const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

let bytes: Uint8Array = scratch;
let at = 0;

/** The next whole number; -1 when something else stands there. */
function number(): number {
  const head = bytes[at] as number;
  at += 1;
  if (head < 0x80) return head;
  if (head === 0xcc) return big(1);
  if (head === 0xcd) return big(2);
  if (head === 0xce) return big(4);
  if (head !== 0xcb) return -1;
  for (let i = 0; i < 8; i += 1) scratch[i] = bytes[at + i] as number;
  at += 8;
  const value = scratchView.getFloat64(0);
  return Number.isSafeInteger(value) && value >= 0 ? value : -1;
}

function big(length: number): number {
  let value = 0;
  for (let i = 0; i < length; i += 1) value = value * 256 + (bytes[at + i] as number);
  at += length;
  return value;
}

/** How many elements the array has that begins here; -1 when it is none. */
function arrayLength(): number {
  const head = bytes[at] as number;
  at += 1;
  if (head >= 0x90 && head < 0xa0) return head - 0x90;
  if (head === 0xdc) return big(2);
  return head === 0xdd ? big(4) : -1;
}

/** The byte string that begins here, without a copy. */
function byteString(): Uint8Array | undefined {
  const head = bytes[at] as number;
  at += 1;
  const length = head === 0xc4 ? big(1) : head === 0xc5 ? big(2) : head === 0xc6 ? big(4) : -1;
  if (length < 0 || at + length > bytes.length) return undefined;
  at += length;
  return bytes.subarray(at - length, at);
}

/** The whole numbers of an array of `count`, nothing else; undefined when it is another value. */
export function quickNumbers(value: Uint8Array, count: number): readonly number[] | undefined {
  bytes = value;
  at = 0;
  if (arrayLength() !== count) return undefined;
  const numbers: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const next = number();
    if (next < 0) return undefined;
    numbers.push(next);
  }
  return at === value.length ? numbers : undefined;
}

/** Adds the terms and data of a log row to the lists, and gives the hash before them; -1 when it is no such row. */
export function quickLogRow(value: Uint8Array, terms: number[], data: Uint8Array[]): number {
  bytes = value;
  at = 0;
  if (arrayLength() !== 2) return -1;
  const chainBefore = number();
  const length = arrayLength();
  if (chainBefore < 0 || length < 0 || length % 2 !== 0) return -1;
  for (let i = 0; i < length; i += 2) {
    const term = number();
    const own = byteString();
    if (term < 0 || own === undefined) return -1;
    terms.push(term);
    data.push(own);
  }
  return at === value.length ? chainBefore : -1;
}
