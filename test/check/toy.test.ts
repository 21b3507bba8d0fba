import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { checkHistory } from "../../src/check/check.ts";
import { toyBugs, toyRun } from "./toy.ts";

const runs = 40;

function verdicts(bug: (typeof toyBugs)[number] | undefined): string[] {
  return Array.from({ length: runs }, (_, seed) => checkHistory(toyRun(new Rng(seed), bug)).verdict);
}

test("every run of a server without a bug is linearizable", () => {
  expect(new Set(verdicts(undefined))).toEqual(new Set(["linearizable"]));
});

test.each(toyBugs)("a server with %s is found out in some of its runs", (bug) => {
  expect(verdicts(bug).filter((verdict) => verdict === "not linearizable").length).toBeGreaterThan(runs / 4);
});
