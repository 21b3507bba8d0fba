import fc from "fast-check";
import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";

const draws = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => rng.u32());

test("a seed gives these draws, on every machine and for ever", () => {
  expect(draws(new Rng(42), 4)).toEqual([782409767, 952785296, 50604777, 719877339]);
  expect(draws(new Rng("plan"), 2)).toEqual([55840727, 906810485]);
  expect(draws(new Rng(42).fork("disk"), 2)).toEqual([1004480922, 4055305318]);
});

test("every kind of draw follows from the seed", () => {
  const rng = new Rng(42);
  expect(rng.unit()).toBe(0.18216896965168417);
  expect(rng.int(1, 6)).toBe(2);
  expect(rng.int(0, Number.MAX_SAFE_INTEGER)).toBe(106125909646606);
  expect(rng.shuffle([1, 2, 3, 4, 5])).toEqual([5, 2, 3, 4, 1]);
  expect(rng.exponential(10)).toBeCloseTo(8.717231095461837, 12);
});

test("a seed may be a number or its digits", () => {
  expect(draws(new Rng("7"), 5)).toEqual(draws(new Rng(7), 5));
});

test("a fork depends on the seed and its name, not on what was drawn before it", () => {
  const rng = new Rng(1);
  const early = draws(rng.fork("a"), 5);
  draws(rng, 100);
  rng.fork("b").u32();
  expect(draws(rng.fork("a"), 5)).toEqual(early);
});

test("drawing from a fork does not shift its parent, nor its siblings", () => {
  const parent = new Rng(1);
  const expected = draws(new Rng(1), 5);
  draws(parent.fork("a"), 100);
  expect(draws(parent, 5)).toEqual(expected);
});

test("seeds and names that look alike give different draws", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 2000; i += 1) {
    seen.add(draws(new Rng(i), 2).join());
    seen.add(draws(new Rng("seed").fork(i), 2).join());
  }
  expect(seen.size).toBe(4000);
});

test("int stays within its bounds and reaches both", () => {
  const rng = new Rng("bounds");
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i += 1) seen.add(rng.int(-2, 3));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  expect(rng.int(5, 5)).toBe(5);
});

test("int stays within any bounds", () => {
  const anyTwo = fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.nat(), anyTwo, (seed, [a, b]) => {
      const drawn = new Rng(seed).int(Math.min(a, b), Math.max(a, b));
      expect(Number.isSafeInteger(drawn)).toBe(true);
      expect(drawn).toBeGreaterThanOrEqual(Math.min(a, b));
      expect(drawn).toBeLessThanOrEqual(Math.max(a, b));
    }),
  );
});

test("a wide int uses all its bits", () => {
  const rng = new Rng("wide");
  let ones = 0;
  for (let i = 0; i < 1000; i += 1) ones += rng.int(0, Number.MAX_SAFE_INTEGER) % 2;
  expect(ones).toBeGreaterThan(400);
  expect(ones).toBeLessThan(600);
});

test("int refuses bounds out of order, and fractions", () => {
  expect(() => new Rng(1).int(2, 1)).toThrow("whole bounds in order");
  expect(() => new Rng(1).int(0, 1.5)).toThrow("whole bounds in order");
});

test("every face of a die comes about as often", () => {
  const rng = new Rng("die");
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 60_000; i += 1) {
    const face = rng.int(0, 5);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  // Six standard deviations are about 550.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(550);
});

test("unit and between exclude their upper end", () => {
  const rng = new Rng("unit");
  for (let i = 0; i < 1000; i += 1) {
    const drawn = rng.between(-1, 2);
    expect(drawn >= -1 && drawn < 2).toBe(true);
  }
});

test("chance is never for zero and always for one", () => {
  const rng = new Rng("chance");
  const outcomes = Array.from({ length: 200 }, () => [rng.chance(0), rng.chance(1)].join());
  expect(new Set(outcomes)).toEqual(new Set(["false,true"]));
});

test("pick takes one of the items, and needs one", () => {
  const rng = new Rng("pick");
  const seen = new Set(Array.from({ length: 100 }, () => rng.pick(["a", "b", "c"])));
  expect([...seen].toSorted()).toEqual(["a", "b", "c"]);
  expect(() => rng.pick([])).toThrow("something to pick from");
});

test("shuffle gives a permutation and leaves its argument alone", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.integer()), (seed, items) => {
      const before = [...items];
      const mixed = new Rng(seed).shuffle(items);
      expect(items).toEqual(before);
      expect(mixed.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
    }),
  );
});

test("shuffle reaches every order about as often", () => {
  const rng = new Rng("orders");
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i += 1) {
    const order = rng.shuffle([1, 2, 3]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(180);
});

test("exponential has the mean that was asked for", () => {
  const rng = new Rng("waits");
  let sum = 0;
  for (let i = 0; i < 20_000; i += 1) sum += rng.exponential(50);
  expect(sum / 20_000).toBeGreaterThan(48);
  expect(sum / 20_000).toBeLessThan(52);
});
