import { expect, test } from "vitest";
import { Sides } from "../../src/lab/group/sides.ts";

test("at first all servers are on one side", () => {
  const sides = new Sides(3);
  expect([sides.groups, [0, 1, 2].map((server) => sides.isInMajority(server))]).toEqual([[[0, 1, 2]], [true, true, true]]);
});

test("a server reaches those on its side, and one that is on no side is alone", () => {
  const sides = new Sides(5);
  sides.set([[0, 3], [1]]);
  expect(sides.groups).toEqual([[0, 3], [1], [2], [4]]);
  expect([0, 1, 2, 3, 4].filter((server) => sides.isInMajority(server))).toEqual([]);
  sides.set([
    [0, 2, 4],
    [1, 3],
  ]);
  expect(sides.groups).toEqual([
    [0, 2, 4],
    [1, 3],
  ]);
  expect([0, 1, 2, 3, 4].filter((server) => sides.isInMajority(server))).toEqual([0, 2, 4]);
});

test("half of the servers are no majority", () => {
  const sides = new Sides(4);
  sides.set([
    [0, 1],
    [2, 3],
  ]);
  expect([0, 1, 2, 3].some((server) => sides.isInMajority(server))).toBe(false);
});
