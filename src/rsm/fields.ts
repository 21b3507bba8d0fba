import { decode, Malformed } from "../base/codec.ts";

/** The `count` fields of a row; throws `Malformed`. */
export function fields(bytes: Uint8Array, count: number, what: string): unknown[] {
  const value = decode(bytes);
  if (!Array.isArray(value) || value.length !== count) throw new Malformed(`a ${what} row has ${count} fields`);
  return value;
}

/** The value, if it is a safe integer, zero or more; throws `Malformed` otherwise. */
export function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Malformed("a number is whole, zero or more");
  return value as number;
}

/** No log is so long; it leaves room to count on. */
const placeMax = 2 ** 52;

/** A place in a log from which it can go on; throws `Malformed`. */
export function place(value: unknown): number {
  const index = whole(value);
  if (index > placeMax) throw new Malformed("a place in a log is at most 2^52");
  return index;
}

/** The value, if it is a boolean; throws `Malformed` otherwise. */
export function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Malformed("a flag is true or false");
  return value;
}
