import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes as asBytes } from "../../src/client/encoding.ts";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { kvOptions } from "../../src/shardkv/options.ts";
import { decodeQuery, encodeQuery, type KvQuery, type Shards } from "../../src/shardkv/queries.ts";
import { decodeResult, encodeResult, type KvResult } from "../../src/shardkv/results.ts";
import { anyKey, bound } from "./arbitraries.ts";
import { bytesOf, everything } from "./store.ts";

const limits = kvOptions();
const key = bytesOf("k");
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const shards = fc.oneof<fc.Arbitrary<Shards>[]>(
  fc.constant("all"),
  fc.uniqueArray(fc.nat(255), { minLength: 1 }).map((list) => list.toSorted((a, b) => a - b)),
);
const query: fc.Arbitrary<KvQuery> = fc.oneof<fc.Arbitrary<KvQuery>[]>(
  fc.record({ op: fc.constant("get"), shard: fc.nat(255), key: anyKey }),
  fc.record({
    op: fc.constant("scan"),
    shards,
    start: bound,
    end: bound,
    limit: optional(fc.integer({ min: 1, max: 2 ** 40 })),
    cursor: optional(anyKey),
  }),
  fc.record({ op: fc.constant("figures"), shards, cursor: optional(anyKey) }),
);

test("a query comes back as it was", () => {
  fc.assert(
    fc.property(query, (asked) => {
      expect(decodeQuery(encodeQuery(asked), limits, 256)).toEqual({ ok: true, value: asked });
    }),
    { numRuns: 500 },
  );
});

test("all 65,536 shards can be named one by one", () => {
  const list = Array.from({ length: 65_536 }, (_, shard) => shard);
  const decoded = decodeQuery(encodeQuery({ ...everything, shards: list }), limits, 65_536);
  expect(decoded).toMatchObject({ ok: true });
  expect(decoded.ok && decoded.value.op === "scan" && decoded.value.shards).toEqual(list);
});

test("a list of shards that does not rise is our own bug", () => {
  for (const wrong of [[1, 1], [2, 1], [-1], [65_536], [0.5]]) {
    expect(() => encodeQuery({ ...everything, shards: wrong })).toThrow("numbers that rise");
  }
});

/** The fields of an open scan, with one of them changed. */
const scanWith = (change: readonly [at: number, value: Packable]): Packable =>
  [2, ...Array.from<Packable>({ length: 5 }).fill(null)].with(...change);

describe("what is no query is refused with a sentence", () => {
  test.each<[string, Packable, string]>([
    ["nothing", null, "A query was given as nil; it is a list."],
    ["an empty list", [], "A query was given as an empty list; its first field is the number of an operation."],
    ["another operation", [4, key], "An operation was given as number 4; there are 1 (get), 2 (scan) and 3 (figures)."],
    ["an operation by name", ["get", key], "An operation was given as text; there are 1 (get), 2 (scan) and 3 (figures)."],
    ["a get without a key", [1, 0], "A get has a shard and a key; 1 fields were given behind the operation, and 2 are allowed."],
    ["a shard too far", [1, 256, key], "Shard 256 was given; there are the shards 0 to 255."],
    ["a negative shard", [1, -1, key], "A shard was given as -1; it is a whole number, 0 or more."],
    ["a long key", [1, 0, new Uint8Array(4097)], "A key of 4097 bytes was given; 4096 are allowed."],
    [
      "a short scan",
      [2, null],
      "A scan has shards, a start, an end, a limit and a cursor; 1 fields were given behind the operation, and 5 are allowed.",
    ],
    ["a page of zero", scanWith([4, 0]), "A limit was given as 0; it is a whole number, 1 or more."],
    ["a negative limit", scanWith([4, -5]), "A limit was given as -5; it is a whole number, 1 or more."],
    ["a limit of text", scanWith([4, "10"]), "A limit was given as text; it is a whole number, 1 or more."],
    ["shards by number", scanWith([1, 3]), "Shards were given as a number; they are nil for all, or bytes, two for each."],
    ["no shards", scanWith([1, key.subarray(1)]), "Shards were given in 0 bytes; there is one shard or more, with two bytes for each."],
    ["half a shard", scanWith([1, key]), "Shards were given in 1 bytes; there is one shard or more, with two bytes for each."],
    ["a shard twice", scanWith([1, Uint8Array.of(0, 3, 0, 3)]), "Shard 3 was given behind shard 3; shards rise."],
    ["shards that fall", scanWith([1, Uint8Array.of(0, 3, 0, 2)]), "Shard 2 was given behind shard 3; shards rise."],
    ["a listed shard too far", scanWith([1, Uint8Array.of(1, 0)]), "Shard 256 was given; there are the shards 0 to 255."],
    ["a bare bound", scanWith([2, key]), "A bound was given as bytes; it is nil, or a list of a boolean (inclusive or not) and a key."],
    [
      "a short bound",
      scanWith([3, [true]]),
      "A bound was given as a list; it is nil, or a list of a boolean (inclusive or not) and a key.",
    ],
    [
      "a bound of numbers",
      scanWith([3, [1, key]]),
      "A bound was given as a list; it is nil, or a list of a boolean (inclusive or not) and a key.",
    ],
    ["a bound of text", scanWith([3, [true, "k"]]), "A key was given as text; it is bytes."],
    ["a cursor of text", scanWith([5, "k"]), "A key was given as text; it is bytes."],
    ["a deep bound", scanWith([3, [true, [key]]]), "A query cannot be read: Arrays are nested too deep."],
    [
      "figures with a limit",
      [3, null, null, 1],
      "A question for figures has shards and a cursor; 3 fields were given behind the operation, and 2 are allowed.",
    ],
  ])("%s", (_, given, sentence) => {
    expect(decodeQuery(encode(given), limits, 256)).toEqual({ ok: false, why: "bad_request", detail: sentence });
  });
});

describe("a result", () => {
  const value = optional(fc.uint8Array());
  const version = fc.maxSafeNat();
  const ok = fc.constant(true as const);
  const flag = fc.boolean();
  const result: fc.Arbitrary<KvResult> = fc.oneof<fc.Arbitrary<KvResult>[]>(
    fc.record({ ok, op: fc.constant("put"), existed: flag, version }),
    fc.record({ ok, op: fc.constantFrom("append", "swap"), old: value, version }),
    fc.record({ ok, op: fc.constant("delete"), existed: flag }),
    fc.record({ ok, op: fc.constant("cas"), done: fc.constant(true), version }),
    fc.record({ ok, op: fc.constant("cas"), done: fc.constant(false), version, current: value }),
    fc.record({ ok, op: fc.constant("put_version"), done: flag, version }),
    fc.record({ ok, op: fc.constant("get"), value, version }),
    fc.record({
      ok,
      op: fc.constant("scan"),
      rows: fc.array(fc.record({ key: anyKey, value: fc.uint8Array(), version })),
      cursor: value,
    }),
    fc.record({
      ok,
      op: fc.constant("figures"),
      shards: fc.array(fc.record({ shard: fc.nat(65_535), keys: version, bytes: version })),
      cursor: value,
    }),
  );

  test("comes back as it was", () => {
    fc.assert(
      fc.property(result, (given) => {
        expect(decodeResult(encodeResult(given))).toEqual(given);
      }),
      { numRuns: 1000 },
    );
  });

  test("can be a refusal, but only one that is for ever", () => {
    const refused = { ok: false, why: "bad_request", detail: "No." } as const;
    expect(decodeResult(encodeResult(refused))).toEqual(refused);
    expect(() => encodeResult({ ok: false, why: "wrong_group", detail: "" })).toThrow("refused for ever");
  });

  test("is read in place, and what a client makes of it keeps no large packet alive", () => {
    const encoded = encodeResult({ ok: true, op: "get", value: bytesOf("small"), version: 1 });
    const packet = new Uint8Array(1 << 20);
    packet.set(encoded);
    const read = decodeResult(packet.subarray(0, encoded.length));
    if (!read.ok || read.op !== "get" || read.value === undefined) throw new Error("a value was to come");
    expect(read.value.buffer).toBe(packet.buffer);
    expect(asBytes.decode(read.value, "The value is").buffer.byteLength).toBe(5);
  });

  test.each<[string, Packable]>([
    ["nothing", null],
    ["an empty list", []],
    ["an unknown kind", [11, null, null]],
    ["a negative kind", [-1, null]],
    ["a kind by name", ["length", 1]],
    ["too few fields", [1, true]],
    ["too many fields", [4, true, 1]],
    ["a flag that is a number", [1, 1, 1]],
    ["a version below zero", [1, true, -1]],
    ["a value that is text", [8, "v", 1]],
    ["a refusal without a text", [0, key]],
    ["rows in twos", [9, null, [key, key]]],
    ["rows without keys", [9, null, [null, key, 1]]],
    ["rows that are bytes", [9, null, key]],
    ["figures of text", [10, null, ["0", 1, 1]]],
  ])("with %s is malformed", (_, given) => {
    expect(() => decodeResult(encode(given))).toThrow(Malformed);
  });
});
