import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runSeed } from "../../src/sim/fuzz.ts";
import { explored } from "./explored.ts";
import { found } from "./found.ts";
import { plantedFuzz, trySeed, zoo } from "./hunt.ts";
import { zooPage } from "./page.ts";

const bySeed = zoo.filter(({ id }) => found[id] !== undefined);

test("every planted bug is found: by a recorded seed, or by exploring every interleaving", () => {
  expect(zoo.filter(({ id }) => found[id] === undefined && explored[id] === undefined).map(({ id }) => id)).toEqual([]);
});

test.each(bySeed)("$id is found again by its seed", async (bug) => {
  const record = found[bug.id];
  expect(record).toBeDefined();
  const caught = trySeed(await plantedFuzz(bug), record?.seed ?? "");
  expect(caught).toMatchObject({ seed: record?.seed, invariant: record?.invariant });
});

test("the recorded seeds find nothing where nothing is planted", () => {
  const seeds = [...new Set(Object.values(found).map(({ seed }) => seed))];
  expect(seeds.length).toBeGreaterThan(0);
  expect(seeds.filter((seed) => runSeed(seed).finding !== undefined)).toEqual([]);
});

test("the page about the zoo says what was recorded", () => {
  expect(readFileSync("docs/BUG-ZOO.md", "utf8")).toBe(zooPage());
});
