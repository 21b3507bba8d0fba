import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { chainHash, hashBytes } from "../../src/base/hash.ts";
import { Rng } from "../../src/base/rng.ts";

const randomBytes = (rng: Rng, length: number): Uint8Array => Uint8Array.from({ length }, () => rng.int(0, 255));
const randomSafe = (rng: Rng): number => rng.int(0, Number.MAX_SAFE_INTEGER);

/** `value` with one of its 53 bits turned over. */
const flipped = (value: number, bit: number): number => (Math.floor(value / 2 ** bit) % 2 === 0 ? value + 2 ** bit : value - 2 ** bit);

function flippedBytes(data: Uint8Array, bit: number): Uint8Array {
  const copy = data.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

test("the hashes are these, on every machine and for ever: they stand on disks", () => {
  expect(hashBytes(new Uint8Array(0))).toBe(2803349944308483);
  expect(hashBytes(utf8("kvorum"))).toBe(8458510553529391);
  expect(hashBytes(utf8("kvorum"), 7)).toBe(5489706993645327);
  expect(chainHash(0, 1, utf8("put"))).toBe(6297017096068991);
  expect(chainHash(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, utf8("a longer entry"))).toBe(376309946825140);
});

test("a hash is a safe integer and does not depend on where the bytes lie", () => {
  const rng = new Rng("places");
  for (let length = 0; length < 70; length += 1) {
    const data = randomBytes(rng, length);
    const memory = new Uint8Array(length + 7).fill(0xee);
    memory.set(data, 3);
    const hash = chainHash(9, 5, data);
    expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
    expect(chainHash(9, 5, memory.subarray(3, 3 + length))).toBe(hash);
    expect(chainHash(9, 5, Buffer.from(data))).toBe(hash);
  }
});

test("every bit of the data, the term and the predecessor's hash changes the hash", () => {
  const rng = new Rng("bits");
  for (let trial = 0; trial < 100; trial += 1) {
    const data = randomBytes(rng, rng.int(0, 40));
    const [previous, term] = [randomSafe(rng), randomSafe(rng)];
    const hash = chainHash(previous, term, data);
    const others: number[] = [];
    for (let bit = 0; bit < 8 * data.length; bit += 1) others.push(chainHash(previous, term, flippedBytes(data, bit)));
    for (let bit = 0; bit < 53; bit += 1) {
      others.push(chainHash(previous, flipped(term, bit), data), chainHash(flipped(previous, bit), term, data));
    }
    expect(others).not.toContain(hash);
    expect(new Set(others).size).toBe(others.length);
  }
});

test("every bit of the input reaches every bit of the hash about every other time", () => {
  const rng = new Rng("avalanche");
  const trials = 200;
  const counts = Array.from({ length: 53 }, () => 0);
  for (let trial = 0; trial < trials; trial += 1) {
    const data = randomBytes(rng, 12);
    const before = BigInt(hashBytes(data));
    for (let bit = 0; bit < 96; bit += 1) {
      const difference = before ^ BigInt(hashBytes(flippedBytes(data, bit)));
      for (let i = 0; i < 53; i += 1) counts[i] = (counts[i] ?? 0) + Number((difference >> BigInt(i)) & 1n);
    }
  }
  for (const count of counts) {
    expect(count / (96 * trials)).toBeGreaterThan(0.47);
    expect(count / (96 * trials)).toBeLessThan(0.53);
  }
});

test("zeros at the end, the order of words and the seed count", () => {
  const hashes = new Set<number>();
  for (let length = 0; length < 64; length += 1) hashes.add(hashBytes(new Uint8Array(length)));
  hashes.add(hashBytes(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
  hashes.add(hashBytes(Uint8Array.of(5, 6, 7, 8, 1, 2, 3, 4)));
  for (const seed of [1, 2 ** 31, 2 ** 32, 2 ** 52]) hashes.add(hashBytes(new Uint8Array(8), seed));
  expect(hashes.size).toBe(70);
});

test("a swap of term and predecessor's hash counts", () => {
  const data = utf8("entry");
  expect(chainHash(3, 4, data)).not.toBe(chainHash(4, 3, data));
});

test("a million small inputs have a million hashes", () => {
  const hashes = new Float64Array(1_000_000);
  let count = 0;
  const add = (hash: number): void => {
    hashes[count] = hash;
    count += 1;
  };
  const word = new Uint8Array(8);
  // Counters in a low byte, in a high byte, in two words at once; terms and predecessors that count up.
  for (let i = 0; i < 200_000; i += 1) {
    word.set([i & 0xff, (i >> 8) & 0xff, i >> 16, 1, 0, 0, 0, 0]);
    add(hashBytes(word));
    word.set([0, i & 0xff, (i >> 8) & 0xff, i >> 16, 0, 0, 0, 2]);
    add(hashBytes(word));
    word.set([i % 500, (i % 500) >> 8, 0, 3, Math.floor(i / 500), Math.floor(i / 500) >> 8, 0, 0]);
    add(hashBytes(word));
    add(chainHash(i % 500, 1 + Math.floor(i / 500), word.subarray(0, 0)));
    add(chainHash(i * 2 ** 33, 7, word.subarray(0, 1)));
  }
  hashes.sort();
  let collisions = 0;
  for (let i = 1; i < count; i += 1) collisions += hashes[i] === hashes[i - 1] ? 1 : 0;
  expect(count).toBe(1_000_000);
  expect(collisions).toBe(0);
});

test.each([-1, 0.5, 2 ** 53, Number.NaN])("neither hash nor term nor seed is %s", (value) => {
  expect(() => chainHash(value, 1, new Uint8Array(1))).toThrow("safe integer");
  expect(() => chainHash(1, value, new Uint8Array(1))).toThrow("safe integer");
  expect(() => hashBytes(new Uint8Array(1), value)).toThrow("safe integer");
});
