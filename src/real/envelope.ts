import { crc32 } from "node:zlib";
import { getU32, putU32 } from "../base/bytes.ts";

/*
 * LevelDB is trusted with order and sync, not with integrity: a flipped bit in a table file comes back as a value like any other.
 * So each row carries a checksum of its own. It covers the key as well: a value under the wrong key is no better than a wrong value.
 */

/** Of the envelope's layout: a version byte, the checksum, the value. */
const version = 1;
const headBytes = 5;

/** How much longer a row is in its envelope. */
export const envelopeBytes: number = headBytes;

/** Rows up to this size are sealed on a desk that is there for all of them: a row's own memory would cost more than its checksum. */
const deskBytes = 4096;
const desk = new Uint8Array(deskBytes);
/** The last bytes of the desk, by how many they are: views that are made once. */
const ends: (Uint8Array | undefined)[] = [];

/** Rows up to this size have a desk that has grown to the largest of them: a log row of every batch is one. */
const largeDeskBytesMax = 2 * 1024 * 1024;
let largeDesk = new Uint8Array(0);

/** What goes to disk for a row: `value` behind a checksum over key and value. It is good until the next row is sealed. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const both = key.length + value.length;
  if (both + headBytes > deskBytes) return sealLarge(key, value);
  // The checksum is taken where they stand side by side, in one go; then its head takes the place of the key's end.
  desk.set(key, deskBytes - both);
  desk.set(value, deskBytes - value.length);
  const sum = both === 0 ? 0 : crc32(end(both), key.length);
  const sealed = end(headBytes + value.length);
  sealed[0] = version;
  putU32(sealed, 1, sum);
  return sealed;
}

function end(length: number): Uint8Array {
  return (ends[length] ??= desk.subarray(deskBytes - length));
}

function sealLarge(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = roomFor(headBytes + value.length);
  sealed[0] = version;
  putU32(sealed, 1, sumOf(key, value));
  sealed.set(value, headBytes);
  return sealed;
}

function roomFor(length: number): Uint8Array {
  if (length > largeDeskBytesMax) return Buffer.allocUnsafe(length);
  if (length > largeDesk.length) largeDesk = new Uint8Array(Math.min(largeDeskBytesMax, 2 * length));
  return new Uint8Array(largeDesk.buffer, 0, length);
}

/** The value of the row that `key` names, a view into `sealed`; undefined when this is not what `seal` made for that key. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < headBytes || sealed[0] !== version) return undefined;
  // Not `subarray`: of a `Buffer` that is another `Buffer`, whose `slice` does not copy.
  const value = new Uint8Array(sealed.buffer, sealed.byteOffset + headBytes, sealed.length - headBytes);
  return getU32(sealed, 1) === sumOf(key, value) ? value : undefined;
}

/** The key's length comes first, so that no byte can pass from the key's end to the value's beginning. */
function sumOf(key: Uint8Array, value: Uint8Array): number {
  const ofKey = crc32(key, key.length);
  // Of no bytes Node's `crc32` makes 0 or leaves the sum as it is, depending on whether there is memory behind them.
  return value.length === 0 ? ofKey : crc32(value, ofKey);
}
