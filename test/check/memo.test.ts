import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { Memo, MemoBudget } from "../../src/check/memo.ts";
import { partition, type KeyOperation } from "../../src/check/partition.ts";
import { Placed } from "../../src/check/placed.ts";
import { op, put, store } from "./histories.ts";

/** So many operations, one after the other; every third has an unknown outcome. */
function operations(count: number): readonly KeyOperation[] {
  const each = Array.from({ length: count }, (_, at) => op("c", [2 * at, 2 * at + 1], put("1"), at % 3 === 2 ? "unknown" : {}));
  return partition(store(...each))[0]?.operations ?? [];
}

/** Few of many differ, so that many sets come twice. */
const isOpen = (at: number): boolean => at % 17 < 3 && at < 20;
const isPending = (operation: number): boolean => operation % 3 === 2;

/** Most often the first that is missing, so that long beginnings come up; or any other, in or out. */
function operationNear(rng: Rng, members: ReadonlySet<number>, count: number): number {
  const first = Array.from({ length: count }, (_, at) => at).find((at) => !members.has(at));
  return first !== undefined && rng.chance(0.9) ? first : rng.int(0, count - 1);
}

test.each([1, 40, 300])(
  "the set of %i operations is that of what was added and not removed, and its window holds every difference",
  (count) => {
    const rng = new Rng(count);
    const placed = new Placed(operations(count));
    const members = new Set<number>();
    const hashes = new Map<string, number>();
    for (let round = 0; round < 2000; round += 1) {
      const operation = operationNear(rng, members, count);
      if (members.delete(operation)) placed.remove(operation);
      else {
        members.add(operation);
        placed.add(operation);
      }
      const slots = Array.from({ length: count }, (_, at) => at).filter((at) => !isPending(at));
      const words = Array.from(placed.bits, (_, word) => slots.slice(32 * word, 32 * word + 32));
      expect(Array.from({ length: count }, (_, at) => placed.has(at))).toEqual(Array.from({ length: count }, (_, at) => members.has(at)));
      // All before the window is placed, and nothing behind it: so two sets with the same window are the same.
      expect(
        words
          .slice(0, placed.windowStart)
          .flat()
          .every((at) => members.has(at)),
      ).toBe(true);
      expect(
        words
          .slice(placed.windowEnd)
          .flat()
          .some((at) => members.has(at)),
      ).toBe(false);
      const name = slots.filter((at) => members.has(at)).join();
      expect(placed.hash).toBe(hashes.get(name) ?? placed.hash);
      hashes.set(name, placed.hash);
    }
  },
);

test.each([6, 100])("of %i operations it remembers exactly what was reached, and with no more pending operations", (count) => {
  const rng = new Rng(`memo ${count}`);
  const memo = new Memo(new MemoBudget(1_000_000));
  const reached = new Map<string, Set<number>[]>();
  const answers = { new: 0, known: 0, full: 0 };
  for (let round = 0; round < 3000; round += 1) {
    const placed = new Placed(operations(count));
    const members = new Set(Array.from({ length: count }, (_, at) => at).filter((at) => (isOpen(at) ? rng.chance(0.5) : at < count / 2)));
    for (const each of members) placed.add(each);
    const state = rng.int(0, 2);
    const name = `${state}: ${[...members].filter((at) => !isPending(at)).join()}`;
    const pending = new Set([...members].filter(isPending));
    const before = reached.get(name) ?? [];
    const isKnown = before.some((each) => [...each].every((at) => pending.has(at)));
    const answer = memo.add(placed, state);
    expect(answer).toBe(isKnown ? "known" : "new");
    answers[answer] += 1;
    if (!isKnown) reached.set(name, [...before, pending]);
  }
  expect(Math.min(answers.new, answers.known)).toBeGreaterThan(10);
});

test("a budget is taken from until it is empty, and what is forgotten is given back", () => {
  const budget = new MemoBudget(3);
  const memo = new Memo(budget);
  const placed = new Placed(operations(4));
  expect([1, 2, 3, 4].map((state) => memo.add(placed, state))).toEqual(["new", "new", "new", "full"]);
  expect(memo.add(placed, 2)).toBe("known");
  memo.clear();
  expect(budget.take(3)).toBe(true);
  expect(budget.take(1)).toBe(false);
});
