import { Packr } from "msgpackr";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { prescan } from "../../src/base/prescan.ts";
import { heldBytes } from "../../src/lab/real/heap.ts";
import { fuzzDecoder } from "./codec-fuzz.ts";
import { naiveDecode } from "./naive-decode.ts";

const text = fc.string({ unit: "binary", maxLength: 200 }).filter((value) => !value.startsWith("\u{feff}"));
const edges = fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1);
const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  edges,
  edges.map((value) => 0 - value),
  fc.integer({ min: -40, max: 0 }),
);
const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 260 }));
const leaf: fc.Arbitrary<Packable> = fc.oneof(integer, text, bytes, fc.boolean(), fc.constant(null));
const { value: packable } = fc.letrec<{ value: Packable }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 8 }, leaf, fc.array(tie("value"), { maxLength: 20 })),
}));

test("what is encoded is decoded, by our decoder and by the naive one", () => {
  fc.assert(
    fc.property(packable, (value) => {
      const encoded = encode(value);
      expect(decode(encoded)).toEqual(value);
      expect(naiveDecode(encoded)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test("what is encoded is what msgpackr makes of it", () => {
  const packr = new Packr({ useRecords: false });
  // It has bytes of every class, and what is not a plain array of theirs is one of six others.
  const theirs = (value: Packable): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value);
    return Array.isArray(value) ? (value as readonly Packable[]).map(theirs) : value;
  };
  fc.assert(
    fc.property(packable, (value) => {
      expect(Buffer.from(encode(value)).equals(packr.pack(theirs(value)))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("every safe integer comes back as the same number", () => {
  fc.assert(
    fc.property(integer, (value) => {
      expect(decode(encode([value]))).toStrictEqual([value]);
    }),
    { numRuns: 2000 },
  );
  const powers = Array.from({ length: 54 }, (_, power) => 2 ** power);
  const around = powers.flatMap((power) => [power - 1, power, power + 1, 1 - power, 0 - power, -1 - power]);
  const safe = around.filter((value) => Number.isSafeInteger(value));
  expect(decode(encode(safe))).toStrictEqual(safe);
});

test("minus zero becomes zero", () => {
  expect(decode(encode(-0))).toBe(0);
});

test("64-bit integers from elsewhere become numbers", () => {
  expect(decode(Uint8Array.from(Buffer.from("92cf001fffffffffffffd3ffe0000000000001", "hex")))).toStrictEqual([
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]);
});

test.each([0, 1, 255, 256, 65_535, 65_536, 1 << 20])("%i bytes come back, with the shortest head", (length) => {
  const value = new Uint8Array(length).fill(0xab);
  const encoded = encode(value);
  expect(encoded).toHaveLength(length + (length < 256 ? 2 : length < 65_536 ? 3 : 5));
  expect(Buffer.compare(decode(encoded) as Uint8Array, value)).toBe(0);
});

test.each([0, 1, 15, 16, 31, 32, 63, 64, 65, 127, 255, 256, 4095, 4096, 65_535, 65_536])("a text of %i characters comes back", (length) => {
  for (const unit of ["x", "\u{e9}", "\u{20ac}", "\u{1f511}"]) {
    const value = [unit.repeat(length), 7, `a${unit.repeat(length)}`];
    expect(decode(encode(value))).toStrictEqual(value);
  }
});

/** A value of about `length` bytes or three times that. */
const body = (length: number): Packable => [length, new Uint8Array(length).fill(length), "\u{20ac}".repeat(length % 700)];

test("values of every size come back, in the pool and beside it", () => {
  const results: Uint8Array[] = [];
  for (let length = 0; length < 3000; length += 7) results.push(encode(body(length)));
  results.forEach((result, i) => expect(decode(result)).toEqual(body(7 * i)));
});

test("a result is its owner's: no later encoding changes it", () => {
  const first = encode(["first", Uint8Array.of(1, 2, 3)]);
  const copy = first.slice();
  for (let i = 0; i < 2000; i += 1) encode([i, new Uint8Array(i), "later"]);
  expect(first).toEqual(copy);
  const neighbours = [encode([1]), encode([2]), encode([3])];
  neighbours[1]?.fill(0xff);
  expect(neighbours.map((one) => [...one])).toEqual([
    [0x91, 1],
    [0xff, 0xff],
    [0x91, 3],
  ]);
});

test("a small result keeps little memory alive, also after a large one", () => {
  const large = encode([new Uint8Array(4 << 20)]);
  expect(large.buffer.byteLength).toBeLessThan(large.length + 4096);
  for (let i = 0; i < 1000; i += 1) expect(encode([i, new Uint8Array(i)]).buffer.byteLength).toBeLessThanOrEqual(8192);
});

test("results and decoded bytes are plain arrays of bytes, never a Buffer", () => {
  const encoded = encode([Buffer.from("abc"), new Uint8Array(5000)]);
  expect(encoded.constructor).toBe(Uint8Array);
  const [small, large] = decode(Buffer.from(encoded)) as [Uint8Array, Uint8Array];
  expect([small.constructor, large.constructor]).toEqual([Uint8Array, Uint8Array]);
  expect(small).toEqual(Uint8Array.of(0x61, 0x62, 0x63));
});

test("a large value is encoded into memory of its own, and leaves nothing behind", () => {
  const large = new Uint8Array(16 * 1024 * 1024).fill(7);
  encode([large.subarray(0, 1)]);
  const before = heldBytes();
  const encoded = encode(["before", large, "behind"]);
  expect(encoded.buffer.byteLength - encoded.length).toBeLessThan(8192);
  const [first, second, third] = decode(encoded) as [string, Uint8Array, string];
  expect([first, Buffer.compare(second, large), third]).toEqual(["before", 0, "behind"]);
  expect(encode([1, "small"])).toEqual(Uint8Array.of(0x92, 1, 0xa5, ...new TextEncoder().encode("small")));
  expect(heldBytes() - before - encoded.length).toBeLessThan(1024 * 1024);
});

test.each([100, 100_000])("decoded bytes are views into the memory of the %i bytes they came in", (length) => {
  const memory = new Uint8Array(length + 50);
  const encoded = encode([1, new Uint8Array(length).fill(7)]);
  memory.set(encoded, 10);
  const input = memory.subarray(10, 10 + encoded.length);
  const [, part] = decode(input) as [number, Uint8Array];
  expect(part.buffer).toBe(memory.buffer);
  expect(part.byteOffset + part.length).toBe(10 + encoded.length);
});

test("decoding leaves the array it is given as it was", () => {
  const input = encode([1, "two", Uint8Array.of(3)]);
  const before = input.slice();
  decode(input);
  expect(Reflect.ownKeys(input)).toEqual(Reflect.ownKeys(before));
  expect(input).toEqual(before);
});

test("messages in one memory and in many are told apart", () => {
  const memories = Array.from({ length: 5 }, (_, i) => {
    const memory = new Uint8Array(40);
    memory.set(encode([i, "a"]), i);
    memory.set(encode([i, "b"]), i + 20);
    return { first: memory.subarray(i, i + 4), second: memory.subarray(i + 20, i + 24) };
  });
  for (let round = 0; round < 3; round += 1) {
    memories.forEach(({ first, second }, i) => {
      expect(decode(first)).toEqual([i, "a"]);
      expect(decode(second)).toEqual([i, "b"]);
    });
  }
});

test.each<readonly [what: string, value: unknown, why: string]>([
  ["a fraction", 1.5, "safe integer"],
  ["not a number", Number.NaN, "safe integer"],
  ["infinity", Number.POSITIVE_INFINITY, "safe integer"],
  ["2^53", 2 ** 53, "safe integer"],
  ["a fraction deep inside", [1, [2, [0.5]]], "safe integer"],
  ["half a character", "a\u{d83d}", "half characters"],
  ["half a character before another", "\u{d83d}x", "half characters"],
  ["the second half of a character", "\u{dd11}", "half characters"],
  ["a byte order mark", "\u{feff}a", "byte order mark"],
  ["undefined", undefined, "only integers, strings"],
  ["an object", {}, "only integers, strings"],
  ["a map", new Map(), "only integers, strings"],
  ["a bigint", 5n, "only integers, strings"],
  ["a function", () => 1, "only integers, strings"],
  ["numbers of 16 bits", new Uint16Array(2), "only integers, strings"],
  ["a hole", Object.assign([1], { length: 2 }), "only integers, strings"],
  ["nine arrays inside one another", [[[[[[[[[]]]]]]]]], "too deep"],
  ["65,537 elements", Array.from({ length: 65_537 }, () => 0), "too many"],
])("%s is not encoded, and later values are", (_, value, why) => {
  expect(() => encode(value as Packable)).toThrow(why);
  expect(decode(encode([1, "x"]))).toEqual([1, "x"]);
});

test("both sides keep to the limits they are given", () => {
  const limits = { depthMax: 1, elementsMax: 2 };
  const wide = [1, 2, 3];
  expect(decode(encode([1, 2], limits), limits)).toEqual([1, 2]);
  expect(() => encode(wide, limits)).toThrow("too many");
  expect(() => encode([[]], limits)).toThrow("too deep");
  expect(() => decode(encode(wide), limits)).toThrow(Malformed);
  expect(() => decode(encode([[]]), limits)).toThrow(Malformed);
  const roomy = { depthMax: 20, elementsMax: 100_000 };
  const many = Array.from({ length: 70_000 }, (_, i) => i);
  expect(decode(encode(many, roomy), roomy)).toEqual(many);
});

test.each(["", "91", "c1", "0102", "80", "d4724091a16101", "cb7ff8000000000000", "cf0020000000000000", "a180", "ddffffffff"])(
  "the bytes %j are malformed, with the pre-scan's sentence",
  (digits) => {
    const input = Uint8Array.from(Buffer.from(digits, "hex"));
    const error = captured(() => decode(input));
    expect(error).toBeInstanceOf(Malformed);
    expect(error).toMatchObject({ name: "Malformed", message: prescan(input) });
  },
);

function captured(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

test("whatever comes, the decoder gives the right value or says that it is malformed", () => {
  const report = fuzzDecoder(50_000, 1);
  expect(report.inputs).toBe(50_000);
  expect(report.accepted + report.malformed).toBe(50_000);
  expect(report.accepted).toBeGreaterThan(5000);
  expect(report.malformed).toBeGreaterThan(5000);
  expect(report.elementsMax).toBe(65_536);
}, 60_000);

test("another user of msgpackr in the same process is not disturbed, and does not disturb", () => {
  const other = new Packr();
  const theirs: { packed: Uint8Array; words: string }[] = [];
  for (let i = 0; i < 500; i += 1) {
    const words = "x".repeat((i * 7) % 700);
    theirs.push({ packed: other.pack({ i, words }), words });
    const [number, ours] = decode(encode([i, "y".repeat((i * 11) % 3000)])) as [number, string];
    expect([number, ours.length]).toEqual([i, (i * 11) % 3000]);
  }
  for (const [i, { packed, words }] of theirs.entries()) expect(other.unpack(packed)).toEqual({ i, words });
});
