import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { RowCache } from "../../src/rsm/state/row-cache.ts";

const key = (number: number): Uint8Array => utf8(`key ${number}`);
const value = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined });
const step = fc.record({ kind: fc.constantFrom("read", "change", "clear"), number: fc.nat(30), value });

test("never differs from the rows behind it, however small it is", () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 300, 1000, 1e6), fc.array(step, { maxLength: 200 }), (bytesMax, steps) => {
      const rows = new Map<number, Uint8Array>();
      const cache = new RowCache(bytesMax);
      for (const { kind, number, value: next } of steps) {
        if (kind === "clear") cache.clear();
        if (kind === "change") {
          if (next === undefined) rows.delete(number);
          else rows.set(number, next);
          cache.changed(key(number), next);
        }
        expect(cache.read(key(number), () => rows.get(number))).toEqual(rows.get(number));
      }
    }),
  );
});

test("fetches a hot row once, whether it is there or not", () => {
  const cache = new RowCache(10_000);
  const fetched: string[] = [];
  const read = (name: string, row: Uint8Array | undefined): Uint8Array | undefined =>
    cache.read(utf8(name), () => {
      fetched.push(name);
      return row;
    });
  for (let i = 0; i < 3; i += 1) {
    expect(read("there", utf8("1"))).toEqual(utf8("1"));
    expect(read("absent", undefined)).toBeUndefined();
  }
  expect(fetched).toEqual(["there", "absent"]);
});

test("keeps what is asked for again and again while others pass by, and no more than it may", () => {
  const cache = new RowCache(4000);
  let fetched = 0;
  const read = (name: string): void => {
    cache.read(utf8(name), () => {
      fetched += 1;
      return new Uint8Array(50);
    });
  };
  read("hot");
  for (let i = 0; i < 1000; i += 1) {
    read(`passing ${i}`);
    read("hot");
  }
  expect(fetched).toBe(1001);
  fetched = 0;
  for (let i = 0; i < 1000; i += 1) read(`passing ${i}`);
  expect(fetched).toBeGreaterThan(950);
});

test("does not hold the memory that a changed value was cut from", () => {
  const cache = new RowCache(10_000);
  const whole = new Uint8Array(1_000_000);
  cache.changed(key(1), whole.subarray(0, 3));
  const held = cache.read(key(1), () => undefined);
  expect(held).toEqual(new Uint8Array(3));
  expect(held?.buffer.byteLength).toBeLessThan(100_000);
});
