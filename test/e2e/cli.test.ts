import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

function kvorum(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("the built program prints its version", () => {
  expect(kvorum("--version")).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
});

test("the built program refuses a misspelt command with a suggestion", () => {
  expect(kvorum("fuz")).toEqual({ status: 2, stdout: "", stderr: "kvorum: unknown command 'fuz'. Did you mean fuzz?\n" });
});

test("the built program runs by itself, as `npx kvorum` starts it in this directory", () => {
  const { status, stdout } = spawnSync("dist/cli/main.js", ["--version"], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "0.1.0\n" });
});

test("the built program ends without a word when nobody reads what it prints", async () => {
  const child = spawn(process.execPath, ["dist/cli/main.js", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const code = new Promise((resolve) => child.once("close", resolve));
  expect([await text(child.stderr), await code]).toEqual(["", 3]);
});

test("a shell without a terminal gives up what it may not wait for, line by line", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["dist/cli/main.js", "shell", "--masters", "127.0.0.1:1", "--timeout", "100ms"],
    { encoding: "utf8", input: "get a\nput a 1\n" },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr.split("\n").map((line) => line.slice(0, 50))).toEqual([
    "The get was not answered: its 100 ms were over. No",
    "The put was not done: its 100 ms were over. No ser",
    "",
  ]);
});
