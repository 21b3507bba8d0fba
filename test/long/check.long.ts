import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkHistory } from "../../src/check/check.ts";
import { explainFailure } from "../../src/check/explain.ts";
import { readHistory } from "../../src/check/read.ts";
import { failureHtml } from "../../src/check/render-html.ts";
import { failureText } from "../../src/check/render-text.ts";
import { Rng } from "../../src/base/rng.ts";
import { disagreement } from "../check/comparison.ts";
import { toyRun } from "../check/toy.ts";

test("the checker and the oracle agree about a hundred thousand histories", () => {
  expect(disagreement(checkHistory, 10_000)).toBe(undefined);
});

test("every run of a toy server without a bug is linearizable, in many more runs", () => {
  const wrong = Array.from({ length: 2000 }, (_, seed) => seed).filter(
    (seed) => checkHistory(toyRun(new Rng(`long ${seed}`), undefined)).verdict !== "linearizable",
  );
  expect(wrong).toEqual([]);
});

const shared = new URL("../../../shared/data/linearizability/", import.meta.url);
const known = new URL("../check/data/", import.meta.url);

test.each([shared, known].filter((folder) => existsSync(folder)))("each refuted history in %s is explained", (folder) => {
  const rows = readFileSync(new URL("VERDICTS.tsv", folder), "utf8").split("\n");
  const refuted = rows.filter((row) => row.endsWith("\tnot linearizable")).map((row) => row.split("\t")[0] ?? "");
  const unexplained = refuted.filter((file) => {
    const { failure } = checkHistory(readHistory(readFileSync(new URL(file, folder), "utf8")).history);
    if (failure === undefined) return true;
    const explained = explainFailure(failure);
    return !failureText(explained).includes("does not fit: it") || !failureHtml(file, explained).includes('class="bar stuck"');
  });
  expect(refuted.length).toBeGreaterThan(0);
  expect(unexplained).toEqual([]);
});
