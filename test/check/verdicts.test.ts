import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/check/check.ts";
import { readHistory } from "../../src/check/read.ts";

/** Our own, and public ones that stand beside the checkout on some machines. */
const folders = [new URL("data/", import.meta.url), new URL("../../../shared/data/linearizability/", import.meta.url)];

function textOf(name: string, folder: URL): string {
  return readFileSync(new URL(name, folder), "utf8");
}

describe.each(folders.filter((folder) => existsSync(folder)))("the histories in %s", (folder) => {
  const rows = textOf("VERDICTS.tsv", folder)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t") as [string, string]);

  test.each(rows)("%s is %s", (file, verdict) => {
    expect(checkHistory(readHistory(textOf(file, folder)).history).verdict).toBe(verdict);
  });

  test("have all a verdict", () => {
    const files = readdirSync(folder, { recursive: true }).map((name) => String(name).replaceAll("\\", "/"));
    const histories = files.filter((name) => /\.(?:log|txt|jsonl)$/.test(name));
    expect(rows.map(([file]) => file).toSorted()).toEqual(histories.toSorted());
  });
});
