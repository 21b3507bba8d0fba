import fc from "fast-check";
import { expect, test } from "vitest";
import { Rng } from "../../../src/base/rng.ts";
import { fnvHash64 } from "../../../src/bench/ycsb/fnv.ts";
import { Latest, ScrambledZipfian, Zipfian } from "../../../src/bench/ycsb/zipfian.ts";

const draws = 200_000;

/** How often each number comes, as a share. */
function shares(items: number, next: () => number): number[] {
  const counts = Array.from({ length: items }, () => 0);
  for (let i = 0; i < draws; i += 1) {
    const at = next();
    counts[at] = (counts[at] ?? 0) + 1;
  }
  expect(counts).toHaveLength(items);
  return counts.map((count) => count / draws);
}

/** The share that the formula gives each number. */
function formula(items: number): number[] {
  const weights = Array.from({ length: items }, (_, at) => 1 / (at + 1) ** 0.99);
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

test.each([2, 10, 1000])("of %i items each comes about as often as the formula says", (items) => {
  const zipfian = new Zipfian(new Rng("zipfian"), items);
  const [drawn, wanted] = [shares(items, () => zipfian.next()), formula(items)];
  // The first two are exact but for chance; for the others the method is an approximation, which is best seen in sums.
  for (const at of [0, 1]) expect(drawn[at]).toBeCloseTo(wanted[at] ?? 0, 2);
  for (const part of [0.1, 0.25, 0.5, 1]) {
    const upTo = Math.max(2, Math.ceil(items * part));
    const sum = (all: readonly number[]): number => all.slice(0, upTo).reduce((a, b) => a + b);
    expect(Math.abs(sum(drawn) - sum(wanted))).toBeLessThan(0.03);
  }
});

test("items may become more while it draws", () => {
  const [grown, whole] = [new Zipfian(new Rng(5), 1000), new Zipfian(new Rng(5), 1500)];
  for (let i = 1000; i <= 1500; i += 1) grown.next(i);
  for (let i = 1000; i <= 1500; i += 1) whole.next();
  expect(Array.from({ length: 100 }, () => grown.next())).toEqual(Array.from({ length: 100 }, () => whole.next()));
});

test("the hottest of a thousand scrambled items gets what the hottest of ten thousand million does", () => {
  const zipfian = new ScrambledZipfian(new Rng("scrambled"), 1000);
  const drawn = shares(1000, () => zipfian.next());
  const hottest = Number(fnvHash64(0) % 1000n);
  expect(drawn.indexOf(Math.max(...drawn))).toBe(hottest);
  // 1 / zeta of ten thousand million, and some of what is spread over all.
  expect(drawn[hottest]).toBeGreaterThan(0.0378);
  expect(drawn[hottest]).toBeLessThan(0.0405);
  // All come: what is spread over all is about half.
  expect(Math.min(...drawn)).toBeGreaterThan(0);
});

test("the latest comes most often, and nothing later", () => {
  const latest = new Latest(new Rng("latest"), 1000);
  const drawn = shares(1000, () => latest.next(1000));
  expect(drawn.indexOf(Math.max(...drawn))).toBe(999);
  expect(drawn[999]).toBeCloseTo(formula(1000)[0] ?? 0, 2);
});

test("a seed decides all draws, and every draw is an item", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 5000 }), (seed, items) => {
      const of = (): number[] => {
        const [zipfian, scrambled, latest] = [
          new Zipfian(new Rng(seed), items),
          new ScrambledZipfian(new Rng(seed), items),
          new Latest(new Rng(seed), items),
        ];
        return Array.from({ length: 30 }, () => [zipfian.next(), scrambled.next(), latest.next(items)]).flat();
      };
      const drawn = of();
      expect(of()).toEqual(drawn);
      expect(drawn.every((at) => Number.isSafeInteger(at) && at >= 0 && at < items)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("the hash is YCSB's", () => {
  // The first records of every YCSB table.
  expect([0, 1].map(fnvHash64)).toEqual([6_284_781_860_667_377_211n, 8_517_097_267_634_966_620n]);
});
