import fc from "fast-check";
import type { KvCommand } from "../../src/shardkv/commands.ts";
import type { Bound } from "../../src/shardkv/rows.ts";
import { bytesOf } from "./store.ts";

/** Keys that real programs stumble over. */
export const oddKeys: readonly Uint8Array[] = [
  "",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "\0",
  "\0\0",
  "\0\u{ff}",
  "a\0b",
  "a\0\u{ff}b",
  "../../etc",
  "%2e%2e%2f",
  "\u{ff}",
  "\u{ff}\u{ff}",
  "\u{c3}\u{28}",
  "\u{ed}\u{a0}\u{80}",
  "null",
  " ",
  "SCAN END",
  "\n",
  "\u{1}",
  "\0\u{1}",
  "d\0\0\0\0\0\0",
].map(bytesOf);

/** Bytes at which escapes and ends can go wrong. */
const edgeByte = fc.constantFrom(0x00, 0x01, 0xfe, 0xff, 0x61);

/** Keys that are close to each other: prefixes, zeros, ones that go on with 00 or ff. */
export const closeKey: fc.Arbitrary<Uint8Array> = fc.array(edgeByte, { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes));

export const anyKey: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: closeKey },
  { weight: 2, arbitrary: fc.constantFrom(...oddKeys) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.tuple(edgeByte, fc.nat(8)).map(([byte, less]) => new Uint8Array(4096 - less).fill(byte)) },
);

/** Few keys, so that commands meet. */
export const sharedKey: fc.Arbitrary<Uint8Array> = fc.constantFrom("", "a", "a\0", "a\0\u{ff}", "b", "__proto__", "\u{ff}").map(bytesOf);

/** Few values, so that comparisons hit. */
export const sharedValue: fc.Arbitrary<Uint8Array> = fc.constantFrom("", "x", "xy", "\0", "null", "0123456789").map(bytesOf);

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** A command on one of the keys. */
export function commandOn(key: fc.Arbitrary<Uint8Array>, value: fc.Arbitrary<Uint8Array> = sharedValue): fc.Arbitrary<KvCommand> {
  const version = fc.oneof(fc.nat(6), fc.maxSafeNat());
  return fc.oneof(
    fc.record({ op: fc.constantFrom("put", "append", "swap"), key, value }),
    fc.record({ op: fc.constant("delete"), key }),
    fc.record({ op: fc.constant("cas"), key, expected: optional(value), value: optional(value) }),
    fc.record({ op: fc.constant("put_version"), key, version, value }),
  );
}

export const bound: fc.Arbitrary<Bound | undefined> = optional(fc.record({ key: fc.oneof(sharedKey, closeKey), inclusive: fc.boolean() }));
