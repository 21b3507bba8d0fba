import { expect, test } from "vitest";
import { pooled, pooledCopy } from "../../src/base/pool.ts";

test("pooled memory is zero, and nobody else's, whatever its size", () => {
  const sizes = [0, 1, 2047, 2048, 2049, 8192, 100_000, 3, 2048, 2048, 2048, 2048, 5];
  const all = sizes.map((size) => pooled(size));
  expect(all.map(({ length }) => length)).toEqual(sizes);
  expect(all.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  for (const [at, bytes] of all.entries()) bytes.fill(at + 1);
  expect(all.every((bytes, at) => bytes.every((byte) => byte === at + 1))).toBe(true);
});

test("what is kept keeps little alive, and what is long only itself", () => {
  const kept = [1, 100, 2048, 2049, 100_000].map((size) => pooled(size).buffer.byteLength);
  expect(kept).toEqual([8192, 8192, 8192, 2049, 100_000]);
});

test("a copy does not follow what it was made of", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const copy = pooledCopy(bytes);
  bytes.fill(9);
  expect(copy).toEqual(Uint8Array.of(1, 2, 3));
});
