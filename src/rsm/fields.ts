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

/** The value, if it is a boolean; throws `Malformed` otherwise. */
export function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Malformed("a flag is true or false");
  return value;
}
