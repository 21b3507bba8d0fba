import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the thirty raft cases pass with a hundred seeds", () => {
  const words = ["--import", "tsx", "src/cli/main.ts", "lab", "raft", "--repeat", "100", "--seed", "1"];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  expect(stdout.split("\n").filter((line) => / Failed: /.test(line))).toEqual([]);
  expect(status).toBe(0);
});
