import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { replay, unrecorded } from "./transcript.ts";

const folder = join(import.meta.dirname, "transcripts");
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

test("the transcripts are found", () => {
  expect(names.length).toBeGreaterThan(20);
});

test.each(names)("%s", async (name) => {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  // A snapshot test writes what is missing; where nobody reads it, that would pass for a test.
  expect(process.env["CI"] === undefined ? [] : unrecorded(text)).toEqual([]);
  await expect(replay(text)).toMatchFileSnapshot(file);
});

test("a block without its outcome is seen", () => {
  expect(unrecorded("# Only words.\n\ncluster 1\n----\nok\n\ntick 1\n----\n\nstatus\n")).toEqual(["tick 1\n----", "status\n"]);
});
