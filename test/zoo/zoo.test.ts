import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { explored } from "./explored.ts";
import { found } from "./found.ts";
import { cleanUniverse, plantedUniverse, zoo } from "./hunt.ts";
import { zooPage } from "./page.ts";

const bySeed = zoo.filter(({ id }) => found[id] !== undefined);

test("every planted bug is found: by a recorded seed, or by exploring every interleaving", () => {
  expect(zoo.filter(({ id }) => found[id] === undefined && explored[id] === undefined).map(({ id }) => id)).toEqual([]);
});

test.each(bySeed)("$id is found again by its seed", async (bug) => {
  const record = found[bug.id];
  expect(record).toBeDefined();
  const caught = (await plantedUniverse(bug))(record?.seed ?? "");
  expect(caught).toMatchObject({ seed: record?.seed, invariant: record?.invariant });
});

test("the recorded seeds find nothing where nothing is planted", async () => {
  const seen = new Set<string>();
  const findings: string[] = [];
  for (const bug of bySeed) {
    const seed = found[bug.id]?.seed ?? "";
    const place = `${bug.hunted ?? "members"} ${seed}`;
    if (seen.has(place)) continue;
    seen.add(place);
    // eslint-disable-next-line no-await-in-loop
    const caught = (await cleanUniverse(bug))(seed);
    if (caught !== undefined) findings.push(`${place}: ${caught.invariant}`);
  }
  expect(seen.size).toBeGreaterThan(1);
  expect(findings).toEqual([]);
});

test("the page about the zoo says what was recorded", () => {
  expect(readFileSync("docs/BUG-ZOO.md", "utf8")).toBe(zooPage());
});
