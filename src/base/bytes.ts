import { assert } from "./assert.ts";
import { copyInto } from "./copy.ts";
import { pooled } from "./pool.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** No bytes. */
export const emptyBytes: Uint8Array = new Uint8Array(0);

/** Up to so many characters a loop is faster than the engine's encoder, which makes new memory each time. */
const loopedCharsMax = 512;

/** The UTF-8 bytes of `value`, for the caller alone. Short ones stand in a pool. */
export function utf8(value: string): Uint8Array {
  const length = value.length;
  if (length > loopedCharsMax) return encoder.encode(value);
  const bytes = pooled(length);
  for (let i = 0; i < length; i += 1) {
    const unit = value.charCodeAt(i);
    if (unit >= 0x80) return encoder.encode(value);
    bytes[i] = unit;
  }
  return bytes;
}

/** The text of UTF-8 `bytes`; throws a `TypeError` when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** All `parts`, one behind the other, in new memory. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    copyInto(whole, part, at);
    at += part.length;
  }
  return whole;
}

/** Bytewise order: negative, zero or positive as `a` stands before, at or behind `b`; a prefix stands before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** Writes `value` as four big-endian bytes, so that bytewise order is numeric order. */
export function putU32(into: Uint8Array, at: number, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffffffff, "a 32-bit number fits");
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

export function getU32(from: Uint8Array, at: number): number {
  assert(at + 4 <= from.length, "four bytes are there to read");
  return (
    (((from[at] as number) << 24) | ((from[at + 1] as number) << 16) | ((from[at + 2] as number) << 8) | (from[at + 3] as number)) >>> 0
  );
}

/** Writes a safe integer as eight big-endian bytes, so that bytewise order is numeric order. */
export function putU64(into: Uint8Array, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, "a row number is a safe integer, zero or more");
  putU32(into, at, Math.floor(value / 2 ** 32));
  putU32(into, at + 4, value % 2 ** 32);
}

export function getU64(from: Uint8Array, at: number): number {
  return getU32(from, at) * 2 ** 32 + getU32(from, at + 4);
}

/** The first byte string behind every one that begins with `prefix`; undefined when there is none. */
export function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const after = new Uint8Array(prefix.subarray(0, length)); // a copy: the `slice` of a `Buffer` is none
  after[length - 1] = (after[length - 1] as number) + 1;
  return after;
}
