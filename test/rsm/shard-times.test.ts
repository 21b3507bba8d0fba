import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { decodeShardTimes, encodeShardTimes, firstTogether, type ShardTimes, timesAround } from "../../src/rsm/shard-times.ts";

const time = fc.option(fc.nat(2 ** 50), { nil: undefined });

describe("the times of shards", () => {
  test("are around the shard that is asked for, without what is not served behind them", () => {
    const served: Record<number, number> = { 256: 10, 258: 30, 255: 1, 512: 2 };
    expect(timesAround(258, (shard) => served[shard])).toEqual({ first: 256, times: [10, undefined, 30] });
    expect([0, 255, 256, 65_535].map(firstTogether)).toEqual([0, 0, 256, 65_280]);
  });

  test("are read as they were written", () => {
    const all = fc.record({ first: fc.constantFrom(0, 256, 65_280), times: fc.array(time, { maxLength: 256 }) });
    const some = all.filter(({ times }) => times.some((one) => one !== undefined));
    fc.assert(
      fc.property(some, (times) => {
        expect(decodeShardTimes(encodeShardTimes(times))).toEqual(times);
      }),
    );
  });

  test("of a whole store that has moved nothing are a few bytes each", () => {
    expect(encodeShardTimes(timesAround(7, () => 10 ** 12)).length).toBeLessThan(300);
  });

  const bad: [string, Packable][] = [
    ["no list", 7],
    ["two fields", [0, 1]],
    ["a shard that is no number", ["0", 1, [0]]],
    ["a time below zero", [0, 5, [-6]]],
    ["a base that is no number", [0, null, [0]]],
    ["an offset that is no number", [0, 5, ["1"]]],
    ["too many shards", [0, 5, Array.from({ length: 257 }, () => 0)]],
    ["a shard that there is not", [65_535, 5, [0, 0]]],
  ];
  test.each(bad)("with %s are malformed", (_, value) => {
    expect((): ShardTimes => decodeShardTimes(encode(value))).toThrow(Malformed);
  });
});
