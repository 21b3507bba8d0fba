import { expect, test } from "vitest";
import { Pool, pooled, pooledCopy } from "../../src/base/pool.ts";

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

test("what is in one pool has no neighbours of another", () => {
  const [one, other] = [new Pool(), new Pool()];
  const mine = Array.from({ length: 10 }, () => [one.take(100), other.take(100), pooled(100)].map(({ buffer }) => buffer)[0]);
  expect(new Set(mine).size).toBe(1);
});

test("short bytes are gathered, and long ones stay where they are", () => {
  const pool = new Pool();
  const [short, long] = [new Uint8Array(2048).fill(1), new Uint8Array(2049)];
  expect(pool.gather(long)).toBe(long);
  const gathered = pool.gather(short);
  short.fill(2);
  expect([gathered.length, gathered[0], gathered.buffer]).toEqual([2048, 1, pool.take(1).buffer]);
});
