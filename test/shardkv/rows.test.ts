import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, equalBytes } from "../../src/base/bytes.ts";
import { isWithin } from "../../src/env/storage.ts";
import {
  dataKey,
  dataRange,
  dataValue,
  epochOfData,
  indexKey,
  isData,
  indexRows,
  keyOfData,
  sessionPrefix,
  shardKey,
  shardOfKey,
  shardRange,
  valueOfData,
  versionOfData,
} from "../../src/shardkv/rows.ts";
import { decodeShardRow, encodeShardRow, type ShardRow } from "../../src/shardkv/shard-row.ts";
import { anyKey, bound, closeKey, oddKeys } from "./arbitraries.ts";
import { bytesOf, hexOf } from "./store.ts";

const epoch = fc.oneof(fc.nat(3), fc.constantFrom(0xff, 0xff00, 0xff00_0000, 0xffff_ffff), fc.nat(0xffff_ffff));

describe("a data row", () => {
  test("tells its key and its epoch", () => {
    fc.assert(
      fc.property(anyKey, epoch, (key, of) => {
        const row = dataKey(key, of);
        expect(isData(row)).toBe(true);
        expect(Buffer.compare(keyOfData(row), key)).toBe(0);
        expect(epochOfData(row)).toBe(of);
      }),
      { numRuns: 2000 },
    );
  });

  test("holds a version and a value in one or two parts", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array(), fc.uint8Array(), (version, value, more) => {
        const row = dataValue(version, value, more);
        expect(versionOfData(row)).toBe(version);
        expect(valueOfData(row)).toEqual(Uint8Array.of(...value, ...more));
        expect(dataValue(version, value)).toEqual(dataValue(version, value, new Uint8Array(0)));
      }),
    );
  });

  test("looks like this", () => {
    expect(hexOf(dataKey(bytesOf("ab"), 258))).toBe("646162000000000102");
    expect(hexOf(dataKey(bytesOf("a\0"), 0))).toBe("646100ff000000000000");
    expect(hexOf(dataKey(bytesOf(""), 0xffff_ffff))).toBe("640000ffffffff");
    expect(hexOf(dataValue(1, bytesOf("v")))).toBe("0176");
    expect(hexOf(dataValue(127, bytesOf("v")))).toBe("7f76");
    expect(hexOf(dataValue(128, bytesOf("v")))).toBe("800176");
    expect(hexOf(dataValue(2 ** 32 + 5, bytesOf("v")))).toBe("858080801076");
    expect(hexOf(dataValue(Number.MAX_SAFE_INTEGER, bytesOf("v")))).toBe("ffffffffffffff0f76");
    expect(hexOf(indexKey(0x1234, 5, bytesOf("a\0")))).toBe("691234000000056100");
    expect(hexOf(sessionPrefix(0xffff, 5))).toBe("73ffff00000005");
    expect(hexOf(shardKey(258))).toBe("680102");
  });
});

describe("order", () => {
  const sign = Math.sign;

  test("every row of a key stands before every row of a greater key", () => {
    fc.assert(
      fc.property(anyKey, epoch, anyKey, epoch, (a, epochOfA, b, epochOfB) => {
        const expected = equalBytes(a, b) ? epochOfA - epochOfB : compareBytes(a, b);
        expect(sign(compareBytes(dataKey(a, epochOfA), dataKey(b, epochOfB)))).toBe(sign(expected));
      }),
      { numRuns: 20_000 },
    );
  });

  test("holds for all pairs of short keys at the edges", () => {
    const alphabet = [0x00, 0x01, 0xfe, 0xff];
    const longer = (keys: readonly number[][]): number[][] => keys.flatMap((key) => alphabet.map((byte) => [...key, byte]));
    const [none, one] = [[[]], longer([[]])];
    const two = longer(one);
    const all = [...none, ...one, ...two, ...longer(two)].map((key) => Uint8Array.from(key));
    let pairs = 0;
    const changed: string[] = [];
    for (const a of all) {
      for (const b of all) {
        if (compareBytes(a, b) >= 0) continue;
        pairs += 1;
        // The last row of the lesser key, and the first row of the greater one.
        if (compareBytes(dataKey(a, 0xffff_ffff), dataKey(b, 0)) >= 0) changed.push(`${String(a)} and ${String(b)}`);
      }
    }
    expect(changed).toEqual([]);
    expect(pairs).toBe((85 * 84) / 2);
  });

  test("rows of a key are next to each other, whatever goes on behind it", () => {
    fc.assert(
      fc.property(closeKey, fc.uint8Array({ minLength: 1, maxLength: 3 }), (key, tail) => {
        const extended = Uint8Array.of(...key, ...tail);
        expect(compareBytes(dataKey(key, 0xffff_ffff), dataKey(extended, 0))).toBeLessThan(0);
      }),
      { numRuns: 5000 },
    );
  });
});

test("a range holds exactly the rows of the keys between its bounds", () => {
  fc.assert(
    fc.property(bound, bound, fc.oneof(closeKey, fc.constantFrom(...oddKeys)), epoch, (start, end, key, of) => {
      const { from, to } = dataRange(start, end);
      const row = dataKey(key, of);
      const isInside = compareBytes(from, row) <= 0 && (to === undefined || compareBytes(row, to) < 0);
      const isBehindStart = start === undefined || compareBytes(key, start.key) >= (start.inclusive ? 0 : 1);
      const isBeforeEnd = end === undefined || (end.inclusive ? compareBytes(key, end.key) <= 0 : compareBytes(key, end.key) < 0);
      expect(isInside).toBe(isBehindStart && isBeforeEnd);
    }),
    { numRuns: 20_000 },
  );
});

test("an open range holds no other kinds of rows", () => {
  const { from, to } = dataRange(undefined, undefined);
  for (const row of [shardKey(0), shardKey(65_535), indexKey(0, 0, bytesOf("")), sessionPrefix(65_535, 0xffff_ffff)]) {
    expect(compareBytes(from, row) <= 0 && compareBytes(row, to ?? row) < 0).toBe(false);
  }
});

test("shard rows stand in the order of their shards, and a range of them has both its ends", () => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(65_535), fc.nat(65_535), (a, b, shard) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const { from, to } = shardRange(first, last);
      const row = shardKey(shard);
      expect(shardOfKey(row)).toBe(shard);
      expect(compareBytes(from, row) <= 0 && compareBytes(row, to ?? row) < 0).toBe(first <= shard && shard <= last);
      expect(compareBytes(from, shardKey(first)) <= 0 && compareBytes(shardKey(last), to ?? from) < 0).toBe(true);
    }),
  );
});

test("index rows of a shard's copy stand together, in the order of their keys", () => {
  fc.assert(
    fc.property(closeKey, closeKey, (a, b) => {
      expect(Math.sign(compareBytes(indexKey(7, 1, a), indexKey(7, 1, b)))).toBe(Math.sign(compareBytes(a, b)));
      expect(compareBytes(indexKey(7, 1, a), indexKey(7, 2, b))).toBeLessThan(0);
      expect(compareBytes(indexKey(7, 2, a), indexKey(8, 1, b))).toBeLessThan(0);
      expect([indexKey(7, 1, a), dataKey(a, 1), shardKey(7)].map((key) => isWithin(key, indexRows))).toEqual([true, false, false]);
    }),
  );
});

describe("a shard row", () => {
  const serving = fc.record({
    phase: fc.constant("serving" as const),
    epoch,
    timeOffset: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    versionFloor: fc.maxSafeNat(),
  });
  const arriving = fc.record({ phase: fc.constant("arriving" as const), epoch, source: fc.string({ unit: "binary" }) });

  test("comes back as it was", () => {
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<ShardRow>[]>(serving, arriving), (row) => {
        expect(decodeShardRow(encodeShardRow(row))).toEqual(row);
      }),
    );
  });

  test("that nobody wrote stops the replica", () => {
    expect(() => decodeShardRow(new Uint8Array(0))).toThrow("four bytes are there to read");
    for (const row of [
      [0, 0, 0, 0, 0],
      [3, 0, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [1, ...new Uint8Array(21)],
    ]) {
      expect(() => decodeShardRow(Uint8Array.from(row))).toThrow("a shard row has a phase and what belongs to it");
    }
  });
});
