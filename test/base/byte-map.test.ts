import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteMap } from "../../src/base/byte-map.ts";

const key = fc.uint8Array({ maxLength: 9, max: 3 });

test("finds what a map of texts finds, in the order in which it was added, whatever the seed", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.tuple(key, fc.nat()), { maxLength: 300 }), fc.array(key), (seed, entries, asked) => {
      const map = new ByteMap<number>(seed);
      const model = new Map<string, number>();
      for (const [bytes, value] of entries) {
        map.set(bytes, value);
        model.set(bytes.join(), value);
      }
      for (const bytes of [...asked, ...entries.map(([added]) => added)]) expect(map.get(bytes)).toBe(model.get(bytes.join()));
      expect([map.size, map.values]).toEqual([model.size, [...model.values()]]);
    }),
  );
});

test("finds nothing of what was in it before it was emptied, however much that was", () => {
  const map = new ByteMap<number>(7);
  for (const count of [3, 5000, 40, 40, 0, 1, 20_000, 2, 300]) {
    const keys = Array.from({ length: count }, (_, number) => Uint8Array.of(count, count >> 8, number, number >> 8));
    for (const [number, bytes] of keys.entries()) map.set(bytes, number);
    expect([map.size, map.values.length]).toEqual([count, count]);
    expect(keys.every((bytes, number) => map.get(bytes) === number)).toBe(true);
    map.clear();
    expect([map.size, map.values]).toEqual([0, []]);
    expect(keys.some((bytes) => map.get(bytes) !== undefined)).toBe(false);
  }
});

const keyOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number, 7);

test("has copies of its keys, which stay where they are", () => {
  const map = new ByteMap<number>(5);
  const given = Uint8Array.of(0, 0, 7);
  const places = Array.from({ length: 1000 }, (_, number) => {
    given[0] = number >> 8;
    given[1] = number;
    return map.set(given, number);
  });
  const keyAt = (at: number): Uint8Array => {
    const copy = Uint8Array.of(7, 0, 0, 0);
    map.copyKey(at, copy, 1);
    return copy;
  };
  expect(places.map(keyAt)).toEqual(places.map((_, number) => Uint8Array.of(7, ...keyOf(number))));
  expect(places.map((_, number) => map.get(keyOf(number)))).toEqual(places.map((_, number) => number));
  expect(map.set(keyOf(500), 1)).toBe(places[500]);
});

test("tells keys apart that differ in one bit or in their length", () => {
  const map = new ByteMap<string>(5);
  const keys = [0, 1, 2, 3, 4, 5, 8, 33].flatMap((length) => {
    const zeros = new Uint8Array(length);
    return [zeros, ...Array.from({ length: 8 * length }, (_, bit) => zeros.with(bit >> 3, 1 << (bit & 7)))];
  });
  for (const bytes of keys) map.set(bytes, bytes.join());
  expect(map.size).toBe(keys.length);
  for (const bytes of keys) expect(map.get(new Uint8Array(bytes))).toBe(bytes.join());
});
