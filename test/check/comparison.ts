import { AssertionError } from "../../src/base/assert.ts";
import { Rng } from "../../src/base/rng.ts";
import type { CheckResult } from "../../src/check/check.ts";
import type { History } from "../../src/check/history.ts";
import { isLinearizable } from "./naive.ts";
import { legalHistory, mutated, type Recipe } from "./random-histories.ts";

const common = { keys: 2, values: 3, operations: 6, clients: 3, spread: 1, lasting: 3, unknown: 0.2, telling: 0.3 };

/** Each model with its operations, and mixtures that try something hard. */
export const recipes: Readonly<Record<string, Recipe>> = {
  "store: everything": { ...common, model: "store", ops: ["get", "put", "append", "swap", "delete", "cas", "put_version", "scan"] },
  "store: one key": { ...common, keys: 1, model: "store", ops: ["get", "put", "append", "swap", "delete", "cas", "put_version"] },
  "store: scans": { ...common, keys: 3, model: "store", ops: ["put", "append", "delete", "scan", "scan"] },
  "store: versions": { ...common, keys: 1, model: "store", ops: ["get", "put_version", "delete"], telling: 0.8 },
  "store: unknown outcomes": {
    ...common,
    keys: 1,
    model: "store",
    ops: ["get", "get", "put", "append", "cas"],
    unknown: 0.5,
    operations: 7,
  },
  "store: appends of unique tokens": { ...common, keys: 1, model: "store", ops: ["get", "append"], values: 7, telling: 0.2, operations: 7 },
  "store: equal times": { ...common, keys: 1, model: "store", ops: ["get", "put", "swap"], spread: 0.3 },
  register: { ...common, model: "register", ops: ["get", "put", "cas"], keys: 1, operations: 7 },
  kv: { ...common, model: "kv", ops: ["get", "get", "put", "append"], operations: 7 },
  "kv: appends of unique tokens": { ...common, keys: 1, model: "kv", ops: ["get", "append"], values: 7, operations: 7 },
};

/** A small random history, legal or spoilt in up to six places. */
export function smallHistory(rng: Rng, recipe: Recipe): History {
  const size = rng.int(2, recipe.operations);
  let history = legalHistory(rng, { ...recipe, operations: size, values: recipe.values === recipe.operations ? size : recipe.values });
  for (let mutations = rng.int(0, 6); mutations > 0; mutations -= 1) history = mutated(rng, history, recipe);
  return history;
}

/** What the oracle says. */
export function oracle(history: History): CheckResult["verdict"] {
  return isLinearizable(history) ? "linearizable" : "not linearizable";
}

/** The first of so many random histories of each recipe about which a checker and the oracle disagree, or which makes it stop. */
export function disagreement(check: (history: History) => Pick<CheckResult, "verdict">, rounds: number): History | undefined {
  const sources = Object.entries(recipes).map(([name, recipe]) => ({ recipe, rng: new Rng(`disagreement ${name}`) }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { recipe, rng } of sources) {
      const history = smallHistory(rng, recipe);
      if (verdictOf(check, history) !== oracle(history)) return history;
    }
  }
  return undefined;
}

function verdictOf(check: (history: History) => Pick<CheckResult, "verdict">, history: History): string {
  try {
    return check(history).verdict;
  } catch (error) {
    // A planted checker has assertions of its own, of another copy of the class.
    if (error instanceof Error && error.name === AssertionError.name) return "it stopped";
    throw error;
  }
}
