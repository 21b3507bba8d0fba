import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

function failuresOf(...suite: readonly string[]): { status: number | null; failures: string[] } {
  const words = ["--import", "tsx", "src/cli/main.ts", "lab", ...suite, "--seed", "1"];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return { status, failures: stdout.split("\n").filter((line) => / Failed: /.test(line)) };
}

test("the thirty raft cases pass with a hundred seeds", () => {
  expect(failuresOf("raft", "--repeat", "100")).toEqual({ status: 0, failures: [] });
});

test("the cases of the stores pass with twenty seeds", () => {
  expect(failuresOf("kvsrv", "1-4", "--repeat", "20")).toEqual({ status: 0, failures: [] });
  expect(failuresOf("kvraft", "--repeat", "20")).toEqual({ status: 0, failures: [] });
});

test("the cases of the shardmaster pass with two hundred seeds", () => {
  expect(failuresOf("shardmaster", "--repeat", "200")).toEqual({ status: 0, failures: [] });
});

test("a server's memory does not grow with what was, and with who was there", () => {
  expect(failuresOf("kvsrv", "5-10")).toEqual({ status: 0, failures: [] });
});
