import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../src/base/bytes.ts";
import { type GroupId, groupId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { rebalance } from "../../src/shardmaster/balance.ts";
import { fnv1a64 } from "../../src/shardmaster/fnv.ts";
import { partitioner, type PartitionerSpec, shardsBetween, type ShardOf } from "../../src/shardmaster/partitioner.ts";
import { anyKey, oddKeys } from "../shardkv/arbitraries.ts";
import { bytesOf, textOf } from "../shardkv/store.ts";
import { countsOf } from "./fewest.ts";

function hexOfHash(bytes: Uint8Array): string {
  const halves = new Uint32Array(2);
  fnv1a64(bytes, halves);
  return [...halves].map((half) => half.toString(16).padStart(8, "0")).join("");
}

/** The hash as the book has it. */
const defined = (bytes: Uint8Array): bigint =>
  bytes.reduce((hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n), 0xcbf29ce484222325n);

describe("FNV-1a-64", () => {
  test.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["b", "af63df4c8601f1a5"],
    ["foobar", "85944171f73967e8"],
    ["\0", "af63bd4c8601b7df"],
    ["\u{ff}\u{ff}", "0a99c907b6f64763"],
  ])("of %j is %s", (text, hash) => {
    expect(hexOfHash(bytesOf(text))).toBe(hash);
  });

  test("agrees with its definition", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(hexOfHash(key)).toBe(defined(key).toString(16).padStart(16, "0"));
      }),
      { numRuns: 1000 },
    );
  });
});

const specs: readonly PartitionerSpec[] = [{ kind: "hash" }, { kind: "first-byte" }, { kind: "integer" }];

test.each([1, 2, 10, 12, 256, 65_535, 65_536])("every key is in one of %i shards, and always in the same", (shards) => {
  const splits = Array.from({ length: shards - 1 }, (_, i) => Uint8Array.of(i >>> 8, i));
  for (const spec of [...specs, { kind: "range", splits } as const]) {
    const [shardOf, again] = [partitioner(spec, shards), partitioner(spec, shards)];
    for (const key of [...oddKeys, new Uint8Array(4096).fill(0xff)]) {
      const shard = shardOf(key);
      expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      expect(again(new Uint8Array(key))).toBe(shard);
    }
  }
});

test.each([0, -1, 1.5, 65_537, Number.NaN])("%d shards are refused", (shards) => {
  expect(() => partitioner({ kind: "hash" }, shards)).toThrow("a store has 1 to 65536 shards");
});

/** How far the fullest and the emptiest of `groups` groups are from their share of keys, when groups join one after another. */
function unevenness(keys: readonly Uint8Array[], shardOf: ShardOf, groups: number): number {
  let owners = Array.from({ length: 256 }, () => groupId(0));
  const gids: GroupId[] = [];
  for (let gid = 1; gid <= groups; gid += 1) {
    gids.push(groupId(gid));
    owners = rebalance(owners, gids);
  }
  const counts = countsOf(
    keys.map((key) => owners[shardOf(key)] as GroupId),
    gids,
  );
  return Math.max(...counts.map((count) => Math.abs((count * groups) / keys.length - 1)));
}

describe("hash", () => {
  const shardOf = partitioner({ kind: "hash" }, 256);

  test.each([3, 5, 8])("spreads 100,000 random keys over %i groups within five percent", (groups) => {
    const rng = new Rng("spread");
    const keys = Array.from({ length: 100_000 }, () => Uint8Array.from({ length: rng.int(1, 24) }, () => rng.int(0, 255)));
    expect(unevenness(keys, shardOf, groups)).toBeLessThan(0.05);
  });

  test.each([
    ["user", 3],
    ["user", 5],
    ["user", 8],
    ["usertable_user", 3],
    ["usertable_user", 5],
    ["usertable_user", 8],
  ])("spreads 1,000 keys as YCSB makes them, %s and a number, over %i groups within 25 percent", (prefix, groups) => {
    const keys = Array.from({ length: 1000 }, (_, i) => bytesOf(`${prefix}${ycsbNumber(i)}`));
    expect(new Set(keys.map(textOf)).size).toBe(1000);
    expect(unevenness(keys, shardOf, groups)).toBeLessThan(0.25);
  });

  test.each([
    ["numbers with leading zeros", (i: number) => `key${String(i).padStart(8, "0")}`],
    ["even numbers", (i: number) => `user${2 * i}`],
    ["numbers said twice, whose parities cancel", (i: number) => `${i}:${i}`],
    ["numbers in four bytes", (i: number) => String.fromCharCode(i >>> 24, (i >>> 16) & 255, (i >>> 8) & 255, i & 255)],
  ])("leaves no shard empty and overfills none with %s", (_, textOfKey) => {
    const counts = new Uint32Array(256);
    for (let i = 0; i < 50_000; i += 1) {
      const shard = shardOf(bytesOf(textOfKey(i)));
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(195 * 0.6);
    expect(Math.max(...counts)).toBeLessThan(195 * 1.4);
  });

  test("is what another program computes", () => {
    const fuzzKeys = [0, 1, 2, 3, 4].map((i) => bytesOf(`key0000${i}`));
    expect(fuzzKeys.map(partitioner({ kind: "hash" }, 3))).toEqual([2, 1, 1, 0, 2]);
    expect(fuzzKeys.map(partitioner({ kind: "hash" }, 5))).toEqual([3, 2, 1, 4, 2]);
    expect(fuzzKeys.map(shardOf)).toEqual([224, 179, 14, 217, 60]);
  });
});

/** YCSB numbers its keys by the FNV hash of eight bytes of a counter. */
function ycsbNumber(i: number): bigint {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setUint32(0, i, true);
  const hash = BigInt.asIntN(64, BigInt(`0x${hexOfHash(counter)}`));
  return hash < 0n ? -hash : hash;
}

const ofSplits = (splits: readonly string[], shards: number) => (): ShardOf =>
  partitioner({ kind: "range", splits: splits.map(bytesOf) }, shards);

describe("range", () => {
  const key = fc.uint8Array({ maxLength: 3 });

  test("agrees with a count of the split points that are not behind the key", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { comparator: (a, b) => compareBytes(a, b) === 0 }), key, (drawn, asked) => {
        const splits = drawn.toSorted(compareBytes);
        const shardOf = partitioner({ kind: "range", splits }, splits.length + 1);
        expect(shardOf(asked)).toBe(splits.filter((split) => compareBytes(split, asked) <= 0).length);
      }),
    );
  });

  test("keeps keys in order: a greater key is in the same shard or a later one", () => {
    const shardOf = partitioner({ kind: "range", splits: ["g", "m", "t"].map(bytesOf) }, 4);
    expect(["", "fz", "g", "lz\u{ff}", "m", "s", "t", "\u{ff}"].map((text) => shardOf(bytesOf(text)))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  test("has its own copy of the split points", () => {
    const split = bytesOf("m");
    const shardOf = partitioner({ kind: "range", splits: [split] }, 2);
    split[0] = 0;
    expect(shardOf(bytesOf("a"))).toBe(0);
  });

  test("is refused when the split points do not rise, or are not one fewer than the shards", () => {
    expect(ofSplits(["b", "a"], 3)).toThrow("split points rise");
    expect(ofSplits(["a", "a"], 3)).toThrow("split points rise");
    expect(ofSplits(["a"], 3)).toThrow("one split point between each shard and the next");
    expect(ofSplits([], 1)()).toBeTypeOf("function");
  });
});

test("first-byte is the first byte modulo the shards, as the MIT labs have it", () => {
  const shardOf = partitioner({ kind: "first-byte" }, 10);
  expect(["", "0", "9", "a", "abc", "\u{ff}"].map((text) => shardOf(bytesOf(text)))).toEqual([0, 8, 7, 7, 7, 5]);
});

test("integer is the number in the key modulo the shards", () => {
  const shardOf = partitioner({ kind: "integer" }, 3);
  expect(["", "x", "0", "1", "5", "10", "user17", "4x2", "-5"].map((text) => shardOf(bytesOf(text)))).toEqual([0, 0, 0, 1, 2, 1, 2, 0, 2]);
  // Longer than a number can be.
  const digits = "9".repeat(100) + "7";
  expect(partitioner({ kind: "integer" }, 65_521)(bytesOf(digits))).toBe(Number(BigInt(digits) % 65_521n));
});

describe("the shards between two keys", () => {
  const divided: readonly PartitionerSpec[] = [{ kind: "hash" }, { kind: "range", splits: [bytesOf("f"), bytesOf("p")] }];

  test.each(divided)("are those that hold any key between them, with $kind", (spec) => {
    const shardOf = partitioner(spec, 3);
    fc.assert(
      fc.property(anyKey, anyKey, anyKey, (a, b, c) => {
        const [low, key, high] = [a, b, c].toSorted(compareBytes) as [Uint8Array, Uint8Array, Uint8Array];
        const division = { kind: spec.kind, shards: 3, shardOf };
        for (const from of [low, undefined])
          for (const to of [high, undefined]) expect(shardsBetween(division, from, to)).toContain(shardOf(key));
      }),
    );
  });

  test("are one where the ends are one key, or the wrong way round", () => {
    const division = { kind: "hash", shards: 100, shardOf: partitioner({ kind: "hash" }, 100) } as const;
    const key = bytesOf("key00001");
    expect(shardsBetween(division, key, key)).toEqual([division.shardOf(key)]);
    expect(shardsBetween(division, bytesOf("b"), bytesOf("a"))).toHaveLength(1);
  });

  test("are no more than needed where keys are in order", () => {
    const spec = divided[1] as PartitionerSpec;
    const division = { kind: spec.kind, shards: 3, shardOf: partitioner(spec, 3) };
    expect(shardsBetween(division, bytesOf("a"), bytesOf("c"))).toEqual([0]);
    expect(shardsBetween(division, bytesOf("a"), bytesOf("f"))).toEqual([0, 1]);
    expect(shardsBetween(division, bytesOf("q"), undefined)).toEqual([2]);
    expect(shardsBetween(division, undefined, undefined)).toEqual([0, 1, 2]);
  });
});

test("servers 1 and 2 have some of the five keys with which MadKV is tried", () => {
  for (const shards of [3, 5]) {
    const shardOf = partitioner({ kind: "hash" }, shards);
    const owned = new Set([0, 1, 2, 3, 4].map((at) => shardOf(bytesOf(`key0000${at}`))));
    expect([...owned], `${shards} partitions`).toEqual(expect.arrayContaining([1, 2]));
  }
});
