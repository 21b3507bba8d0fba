import fc from "fast-check";
import { expect, test } from "vitest";
import {
  afterPrefix,
  compareBytes,
  concat,
  emptyBytes,
  equalBytes,
  getU32,
  getU64,
  putU32,
  putU64,
  utf8,
  utf8Text,
} from "../../src/base/bytes.ts";

const bytes = fc.uint8Array({ maxLength: 6 });
/** Bytes at the ends of their range, where carries and signs go wrong. */
const edgeBytes = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), { maxLength: 4 }).map((list) => Uint8Array.from(list));
const u32 = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff));
const u64 = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0xffffffff, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER));

/** Puts a number between two other bytes, which must survive. */
function written(put: (into: Uint8Array, at: number, value: number) => void, size: number, value: number): Uint8Array {
  const whole = new Uint8Array(size + 2).fill(0xa5);
  put(whole, 1, value);
  expect([whole[0], whole[size + 1]]).toEqual([0xa5, 0xa5]);
  return whole.subarray(1, size + 1);
}

test("bytewise order of 32-bit numbers is numeric order, and they come back", () => {
  fc.assert(
    fc.property(u32, u32, (a, b) => {
      const order = compareBytes(written(putU32, 4, a), written(putU32, 4, b));
      expect(Math.sign(order)).toBe(Math.sign(a - b));
      expect(getU32(written(putU32, 4, a), 0)).toBe(a);
    }),
  );
});

test("bytewise order of 64-bit numbers is numeric order, and they come back", () => {
  fc.assert(
    fc.property(u64, u64, (a, b) => {
      const order = compareBytes(written(putU64, 8, a), written(putU64, 8, b));
      expect(Math.sign(order)).toBe(Math.sign(a - b));
      expect(getU64(written(putU64, 8, a), 0)).toBe(a);
    }),
  );
});

test("numbers are big-endian", () => {
  expect(written(putU32, 4, 0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(written(putU64, 8, 0x01020304050607)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
});

test.each([-1, 2 ** 32, 0.5, Number.NaN])("a 32-bit number is not %s", (value) => {
  expect(() => putU32(new Uint8Array(4), 0, value)).toThrow("32-bit number");
});

test.each([-1, 2 ** 53, 0.5, Number.NaN])("a row number is not %s", (value) => {
  expect(() => putU64(new Uint8Array(8), 0, value)).toThrow("safe integer");
});

test("reading a number needs all its bytes", () => {
  expect(() => getU32(new Uint8Array(4), 1)).toThrow("four bytes");
  expect(() => getU64(new Uint8Array(7), 0)).toThrow("four bytes");
});

/** The order of two byte strings by their hexadecimal digits, which JavaScript compares. */
function naiveOrder(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [Buffer.from(a).toString("hex"), Buffer.from(b).toString("hex")];
  return left < right ? -1 : left > right ? 1 : 0;
}

test("compareBytes agrees with the order of hexadecimal digits", () => {
  fc.assert(
    fc.property(fc.oneof(bytes, edgeBytes), fc.oneof(bytes, edgeBytes), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(naiveOrder(a, b));
      expect(equalBytes(a, b)).toBe(naiveOrder(a, b) === 0);
      expect(compareBytes(a, a)).toBe(0);
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
});

test("a prefix stands before what it begins", () => {
  expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
  expect(compareBytes(emptyBytes, Uint8Array.of(0))).toBeLessThan(0);
});

/** The prefix read as a number in base 256, plus one: slow, and only for short ones. */
function naiveAfterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const digits = [...prefix];
  const next = digits.reduce((sum, digit) => sum * 256n + BigInt(digit), 0n) + 1n;
  if (next === 256n ** BigInt(digits.length)) return undefined;
  const hex = next.toString(16).padStart(2 * digits.length, "0");
  const result = [...Buffer.from(hex, "hex")];
  // A zero at the end of the bound would leave out the string that ends before it.
  while (result.at(-1) === 0) result.pop();
  return Uint8Array.from(result);
}

test("afterPrefix agrees with counting one up", () => {
  fc.assert(
    fc.property(fc.oneof(bytes, edgeBytes), (prefix) => {
      expect(afterPrefix(prefix)).toEqual(naiveAfterPrefix(prefix));
    }),
  );
});

test("afterPrefix parts what begins with the prefix from what stands behind it", () => {
  fc.assert(
    fc.property(edgeBytes, edgeBytes, (prefix, other) => {
      const begins = equalBytes(other.subarray(0, prefix.length), prefix);
      const after = afterPrefix(prefix);
      const isWithin = compareBytes(prefix, other) <= 0 && (after === undefined || compareBytes(other, after) < 0);
      expect(isWithin).toBe(begins);
    }),
    { numRuns: 1000 },
  );
});

test("afterPrefix leaves its argument alone, also when it is a Buffer", () => {
  const prefix = Buffer.from([1, 2, 0xff]);
  expect(afterPrefix(prefix)).toEqual(Uint8Array.of(1, 3));
  expect([...prefix]).toEqual([1, 2, 0xff]);
});

test("concat puts all parts behind one another in new memory", () => {
  fc.assert(
    fc.property(fc.array(bytes), (parts) => {
      expect([...concat(parts)]).toEqual(parts.flatMap((part) => [...part]));
    }),
  );
  const only = Uint8Array.of(1);
  concat([only]).fill(0);
  expect(only).toEqual(Uint8Array.of(1));
});

test("text comes back from its UTF-8 bytes, a byte order mark too", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      expect(utf8Text(utf8(value))).toBe(value);
    }),
  );
  expect(utf8Text(utf8("\u{feff}key"))).toBe("\u{feff}key");
});

test("UTF-8 bytes are those of the platform, short and long", () => {
  const parts = fc.array(fc.constantFrom("a", "key".repeat(170), "\u{7f}", "\u{80}", "ß", "猫", "🐈", "\u{d800}"), { maxLength: 6 });
  fc.assert(
    fc.property(parts, (all) => {
      expect(utf8(all.join(""))).toEqual(new TextEncoder().encode(all.join("")));
    }),
  );
});

test("bytes that are not UTF-8 are no text", () => {
  expect(() => utf8Text(Uint8Array.of(0xc0, 0x80))).toThrow(TypeError);
});
