import { expect, test } from "vitest";
import { copied, room } from "../../src/shardkv/room.ts";

test("memory is new, empty, and nobody else's", () => {
  const sizes = [...Array.from({ length: 300 }, (_, i) => i), 2047, 2048, 2049, 10_000];
  const parts = sizes.map((size) => room(size));
  for (const [i, part] of parts.entries()) {
    expect(part).toHaveLength(sizes[i] ?? -1);
    expect(part.every((byte) => byte === 0)).toBe(true);
    part.fill(i % 251);
  }
  for (const [i, part] of parts.entries()) expect(part.every((byte) => byte === i % 251)).toBe(true);
});

test("a few bytes keep at most 8 KiB alive, and many keep nothing but themselves", () => {
  for (let size = 0; size <= 2048; size += 31) expect(room(size).buffer.byteLength).toBeLessThanOrEqual(8192);
  expect(room(64).buffer.byteLength).toBe(64);
  expect(room(2049).buffer.byteLength).toBe(2049);
});

test("a copy does not change with what it was copied from", () => {
  for (const length of [10, 100, 5000]) {
    const bytes = new Uint8Array(length).fill(1);
    const copy = copied(bytes);
    bytes.fill(2);
    expect(copy).toEqual(new Uint8Array(length).fill(1));
  }
});
