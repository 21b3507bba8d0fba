import fc from "fast-check";
import { expect, test } from "vitest";
import { encode } from "../../src/base/codec.ts";
import { decodeLogRow, encodeLogRow } from "../../src/rsm/log/rows.ts";
import { quickLogRow, quickNumbers } from "../../src/sim/oracle/quick-read.ts";

const whole = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());
const entries = fc.array(fc.record({ term: whole.map((term) => Math.max(1, term)), data: fc.uint8Array({ maxLength: 600 }) }), {
  maxLength: 40,
});

test("quickNumbers reads what the codec writes", () => {
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 6 }), (numbers) => {
      expect(quickNumbers(encode(numbers), numbers.length)).toEqual(numbers);
    }),
  );
});

test("quickLogRow agrees with the store's own decoder", () => {
  fc.assert(
    fc.property(whole, entries, (chainBefore, given) => {
      const value = encodeLogRow({ chainBefore, entries: given.map((each, i) => ({ ...each, index: i + 1 })) });
      const terms: number[] = [];
      const data: Uint8Array[] = [];
      expect(quickLogRow(value, terms, data)).toBe(chainBefore);
      const row = decodeLogRow(value, 1);
      expect(terms).toEqual(row.entries.map(({ term }) => term));
      expect(data.map((bytes) => [...bytes])).toEqual(row.entries.map((each) => [...each.data]));
    }),
  );
});

test("what has another shape is left to others", () => {
  for (const value of [[1, 2, 3], [1, 2, 3, "4"], [1, 2, 3, -4], 7, "text"]) expect(quickNumbers(encode(value), 4)).toBeUndefined();
  for (const value of [[1], [1, 2], [1, [1]], [1, [1, 2]], ["1", []], [[], 1]]) expect(quickLogRow(encode(value), [], [])).toBe(-1);
});

test("bytes of any kind are read without an accident", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      quickNumbers(bytes, 4);
      expect(quickLogRow(bytes, [], [])).toBeGreaterThanOrEqual(-1);
    }),
  );
});
