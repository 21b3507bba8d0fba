import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { appendOnlyOpinion } from "../../src/check/append-only.ts";
import { checkHistory } from "../../src/check/check.ts";
import { partition } from "../../src/check/partition.ts";
import { oracle, recipes, smallHistory } from "./comparison.ts";
import { legalHistory, mutated, type Recipe } from "./random-histories.ts";

const rounds = 1500;

test.each(Object.entries(recipes))("the verdict is that of trying every order: %s", (name, recipe) => {
  const rng = new Rng(name);
  const seen = { linearizable: 0, "not linearizable": 0, undecided: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const history = smallHistory(rng, recipe);
    const { verdict } = checkHistory(history);
    expect({ history, verdict }).toEqual({ history, verdict: oracle(history) });
    seen[verdict] += 1;
  }
  // Both verdicts are frequent, or little would be shown.
  expect(Math.min(seen.linearizable, seen["not linearizable"])).toBeGreaterThan(rounds / 10);
});

test("what was made in an order is linearizable, also where it is long", () => {
  const rng = new Rng("long");
  for (const recipe of Object.values(recipes)) {
    for (let round = 0; round < 10; round += 1) {
      const history = legalHistory(rng, { ...recipe, operations: 60, values: recipe.values === recipe.operations ? 60 : 3 });
      expect(checkHistory(history).verdict).toBe("linearizable");
    }
  }
});

test("the second opinion judges most of the keys that it is made for", () => {
  const rng = new Rng("opinions");
  const counts = { linearizable: 0, "not linearizable": 0, silent: 0 };
  for (let round = 0; round < 500; round += 1) {
    const recipe = recipes["kv: appends of unique tokens"] as Recipe;
    const history = mutated(rng, legalHistory(rng, recipe), recipe);
    for (const part of partition(history)) counts[appendOnlyOpinion(history.model, part).verdict] += 1;
  }
  // Only a value that stands twice, once a mutation has moved it, could make it silent.
  expect(counts.silent).toBeLessThan(50);
  expect(Math.min(counts.linearizable, counts["not linearizable"])).toBeGreaterThan(50);
});
