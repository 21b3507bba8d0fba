import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GroupId, groupId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { rebalance } from "../../src/shardmaster/balance.ts";
import { countsOf, fewestByChoice, fewestByTrial, movesBetween, spreadOf } from "./fewest.ts";

const ids = (gids: readonly number[]): GroupId[] => gids.map(groupId);
const balanced = (owners: readonly number[], groups: readonly number[]): number[] => rebalance(ids(owners), ids(groups));

const groupsOf = (max: number, most: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min: 1, max }), { minLength: 1, maxLength: most });

/** Owners among the groups, groups that are gone, and nobody; unevenly. */
const ownersOf = (groups: readonly number[], shards: number): fc.Arbitrary<number[]> => {
  const owner = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...groups) },
    { weight: 2, arbitrary: fc.constant(groups[0] as number) },
    { weight: 1, arbitrary: fc.constantFrom(0, 900, 901) },
  );
  return fc.array(owner, { minLength: 1, maxLength: shards });
};

const anyCase = (shards: number, max: number, most: number): fc.Arbitrary<readonly [groups: number[], owners: number[]]> =>
  groupsOf(max, most).chain((groups) => fc.tuple(fc.constant(groups), ownersOf(groups, shards)));

describe("in a balance", () => {
  test.each([
    ["no groups park every shard", [1, 2, 0, 3], [], [0, 0, 0, 0]],
    ["the first group gets everything", [0, 0, 0, 0], [7], [7, 7, 7, 7]],
    ["parked shards are shared in order", [0, 0, 0, 0, 0], [3, 1], [1, 1, 1, 3, 3]],
    ["a group that joins gets the highest shards of those who have the most", [1, 1, 1, 2, 2], [1, 2, 3], [1, 1, 3, 2, 2]],
    ["a group that leaves gives its shards to those who have the fewest", [1, 1, 1, 2, 3, 3], [2, 3], [2, 2, 3, 2, 3, 3]],
    ["more groups than shards: nobody has two, and who has one keeps it", [4, 4], [1, 2, 3, 4], [4, 1]],
    ["what is even stays, however odd it looks", [2, 1, 2, 1, 1], [1, 2], [2, 1, 2, 1, 1]],
    ["a group keeps one more when it has one more", [2, 2, 2, 1, 1], [1, 2], [2, 2, 2, 1, 1]],
  ])("%s", (_, owners, groups, after) => {
    expect(balanced(owners, groups)).toEqual(after);
  });
});

describe("any balance", () => {
  test("is even, with the fewest moves that there are", () => {
    fc.assert(
      fc.property(anyCase(6, 9, 4), ([groups, owners]) => {
        const after = balanced(owners, groups);
        expect(after.every((owner) => groups.includes(owner))).toBe(true);
        expect(spreadOf(after, groups)).toBeLessThanOrEqual(1);
        const fewest = fewestByTrial(owners, groups);
        expect(movesBetween(owners, after)).toBe(fewest);
        expect(fewestByChoice(owners, groups)).toBe(fewest);
      }),
      { numRuns: 500 },
    );
  });

  test("is even, with the fewest moves, also of many shards and groups", () => {
    fc.assert(
      fc.property(anyCase(300, 400, 60), ([groups, owners]) => {
        const after = balanced(owners, groups);
        expect(after.every((owner) => groups.includes(owner))).toBe(true);
        expect(spreadOf(after, groups)).toBeLessThanOrEqual(1);
        expect(movesBetween(owners, after)).toBe(fewestByChoice(owners, groups));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same in whatever order the groups are given", () => {
    fc.assert(
      fc.property(
        anyCase(100, 400, 30).chain(([groups, owners]) =>
          fc.tuple(fc.constant(groups), fc.constant(owners), fc.shuffledSubarray(groups, { minLength: groups.length })),
        ),
        ([groups, owners, shuffled]) => {
          expect(balanced(owners, shuffled)).toEqual(balanced(owners, groups));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("changes nothing when it is made again, and nothing of what it is given", () => {
    fc.assert(
      fc.property(anyCase(100, 400, 30), ([groups, owners]) => {
        const given = Object.freeze(ids(owners));
        const sharing = Object.freeze(ids(groups));
        const after = rebalance(given, sharing);
        expect(rebalance(after, sharing)).toEqual(after);
      }),
    );
  });

  test("of an even store moves shards only to groups that join, and only from groups that leave", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), groupsOf(99, 30), groupsOf(99, 30), (shards, some, others) => {
        const parked = Array.from<number>({ length: shards }).fill(0);
        const before = balanced(parked, some);
        const all = [...new Set([...some, ...others])];
        const joined = balanced(before, all);
        expect(joined.filter((owner, shard) => owner !== before[shard] && some.includes(owner))).toEqual([]);
        const left = balanced(joined, others);
        expect(joined.filter((owner, shard) => owner !== left[shard] && others.includes(owner))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

test("a balance of 65,536 shards and 1,000 groups is even, with the fewest moves", () => {
  const rng = new Rng("large");
  const groups = rng.shuffle(Array.from({ length: 1000 }, (_, i) => 3 * i + 1));
  const owners = Array.from({ length: 65_536 }, () => rng.int(0, 3500));
  const after = balanced(owners, groups);
  expect(new Set(countsOf(after, groups))).toEqual(new Set([65, 66]));
  expect(countsOf(after, groups).reduce((sum, count) => sum + count)).toBe(65_536);
  expect(movesBetween(owners, after)).toBe(fewestByChoice(owners, groups));
});
