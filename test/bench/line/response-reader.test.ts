import fc from "fast-check";
import { expect, test } from "vitest";
import { ResponseReader, rowsIn } from "../../../src/bench/line/response-reader.ts";

const line = "GET usertable_user1 some_value\n";
const scan = `SCAN a b BEGIN\n${Array.from({ length: 20 }, (_, at) => `  key${at} SCAN_END${at}\n`).join("")}SCAN END\n`;

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % bytes.length), bytes.length])]
    .filter((at) => at > 0)
    .toSorted((a, b) => a - b);
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
}

test.each([
  ["a line", line, false],
  ["a scan", scan, true],
  ["an empty scan", "SCAN a b BEGIN\nSCAN END\n", true],
])("%s is whole with its last byte, however it comes", (_, text, isScan) => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(), { maxLength: 12 }), { minLength: 1, maxLength: 4 }), (answers) => {
      const reader = new ResponseReader();
      for (const places of answers) {
        reader.expect(isScan);
        const parts = cut(Buffer.from(text), places);
        const taken = parts.map((part) => reader.take(part)?.toString());
        expect(taken).toEqual([...parts.slice(1).map(() => undefined), text]);
      }
    }),
  );
});

test("every byte may come alone", () => {
  const reader = new ResponseReader();
  reader.expect(true);
  const taken = Array.from(Buffer.from(scan), (byte) => reader.take(Buffer.of(byte))?.toString());
  expect(taken.filter((whole) => whole !== undefined)).toEqual([scan]);
  expect(taken.at(-1)).toBe(scan);
});

test("a row that looks like the end is not the end", () => {
  const reader = new ResponseReader();
  reader.expect(true);
  expect(reader.take(Buffer.from("SCAN a b BEGIN\n  SCAN END\n"))).toBeUndefined();
  expect(reader.take(Buffer.from("SCAN END\n"))?.toString()).toBe("SCAN a b BEGIN\n  SCAN END\nSCAN END\n");
});

test("rows are counted", () => {
  expect(rowsIn(Buffer.from(scan))).toBe(20);
  expect(rowsIn(Buffer.from("SCAN a b BEGIN\nSCAN END\n"))).toBe(0);
});
