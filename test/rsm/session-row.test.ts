import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { decodeSessionRow, type Kept, SessionRow } from "../../src/rsm/session/session-row.ts";
import { packLimits, sessionLimits, unpackLimits } from "../../src/rsm/session/session-limits.ts";

const done = fc.record({
  number: fc.integer({ min: 1, max: 12 }),
  floor: fc.integer({ min: 1, max: 12 }),
  validUntil: fc.nat(100),
  result: fc.option(fc.uint8Array({ maxLength: 5 })),
});

test("a row is what a plain list of everything says, and comes back from its bytes", () => {
  fc.assert(
    fc.property(
      fc.array(done, { maxLength: 20 }),
      fc.integer({ min: 1, max: 14 }),
      fc.nat(6),
      fc.nat(20),
      (all, floor, resultsMax, bytesMax) => {
        let row = new SessionRow(3);
        let floorNow = 1;
        let validUntil = 0;
        const kept = new Map<number, Kept>();
        for (const one of all) {
          if (one.floor > one.number || one.number < floorNow || kept.has(one.number)) continue;
          row.done(one.number, one.floor, one.validUntil, one.result);
          floorNow = Math.max(floorNow, one.floor);
          validUntil = Math.max(validUntil, one.validUntil);
          kept.set(one.number, one.result);
          for (const number of kept.keys()) if (number < floorNow) kept.delete(number);
          row = decodeSessionRow(row.encode());
        }
        expect([row.shard, row.floor, row.validUntil]).toEqual([3, floorNow, validUntil]);
        for (let number = 1; number <= 13; number += 1) expect(row.resultOf(number)).toEqual(kept.get(number));
        const staying = [...kept].filter(([number]) => number >= floor).map(([, result]) => result);
        const bytes = staying.reduce((sum, result) => sum + (result?.length ?? 0), 0);
        expect(row.hasRoom(floor, resultsMax, bytesMax)).toBe(staying.length < resultsMax && bytes <= bytesMax);
      },
    ),
    { numRuns: 500 },
  );
});

test("what was told of a result stays, and the bytes of a row that was read, whatever is done later", () => {
  const first = new SessionRow(3);
  first.done(1, 1, 9, Uint8Array.of(1, 1));
  const bytes = first.encode();
  const before = new Uint8Array(bytes);
  const row = decodeSessionRow(bytes);
  const told = row.resultOf(1);
  for (let number = 2; number <= 4; number += 1) row.done(number, number, 9, Uint8Array.of(number, number));
  expect([told, bytes]).toEqual([Uint8Array.of(1, 1), before]);
  expect([row.resultOf(1), row.resultOf(4)]).toEqual([undefined, Uint8Array.of(4, 4)]);
});

test("a result is a copy of what was given", () => {
  const row = new SessionRow(3);
  for (const number of [1, 2, 3]) {
    const given = Uint8Array.of(number, number);
    row.done(number, 1, 9, given);
    given.fill(0);
  }
  expect([1, 2, 3].map((number) => row.resultOf(number))).toEqual([1, 2, 3].map((number) => Uint8Array.of(number, number)));
});

test("new rows share nothing", () => {
  const [one, other] = [new SessionRow(3), new SessionRow(3)];
  one.done(1, 1, 9, null);
  expect([one.resultOf(1), other.resultOf(1)]).toEqual([null, undefined]);
});

describe("bytes that are no row", () => {
  const cases: [string, Packable][] = [
    ["no list", 7],
    ["no head", [1, 1]],
    ["half a pair", [0, 1, 0, 1]],
    ["a shard of 17 bits", [65_536, 1, 0]],
    ["floor 0", [0, 0, 0]],
    ["a number below the floor", [0, 2, 0, 1, null]],
    ["a number twice", [0, 1, 0, 1, null, 1, null]],
    ["a text for a result", [0, 1, 0, 1, "x"]],
  ];
  test.each(cases)("%s", (_, value) => {
    expect(() => decodeSessionRow(encode(value))).toThrow(Malformed);
  });
});

test("limits come back from what is logged of them", () => {
  const limits = sessionLimits({ validMaxMs: 7, sessionsMax: 6, resultsMax: 5, resultBytesMax: 4, sessionBytesMax: 9 });
  expect(unpackLimits(packLimits(limits))).toEqual(limits);
  expect(() => unpackLimits([1, 2, 3, 4])).toThrow(Malformed);
  expect(() => sessionLimits({ resultsMax: 20_000 })).toThrow("resultsMax");
  expect(() => sessionLimits({ resultBytesMax: 10, sessionBytesMax: 9 })).toThrow("room for one result");
});
