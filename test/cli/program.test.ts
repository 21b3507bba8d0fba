import { Argument, Command, Option } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wholeNumber } from "../../src/cli/arguments.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";

let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
});

interface Outcome {
  code: typeof process.exitCode;
  stdout: string;
  stderr: string;
}

async function run(...words: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: undefined, stdout: "", stderr: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((outcome.stdout += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((outcome.stderr += String(text))));
  const fuzz = new Command("fuzz")
    .addArgument(new Argument("[seed]").argParser(wholeNumber()))
    .addOption(new Option("--count <n>").argParser(wholeNumber({ min: 1, max: 5 })))
    .addOption(new Option("--world <name>").choices(["sim", "real"]))
    .action(() => {
      process.exitCode = exitCodes.failed;
    });
  const shard = new Command("shard").addCommand(new Command("join").action(() => {}));
  await runProgram(kvorumProgram([fuzz, shard]), words);
  outcome.code = process.exitCode;
  return outcome;
}

test("a command's own verdict is the exit code", async () => {
  expect(await run("fuzz", "42", "--count", "5")).toEqual({ code: exitCodes.failed, stdout: "", stderr: "" });
  expect(await run("shard", "join")).toEqual({ code: exitCodes.failed, stdout: "", stderr: "" });
});

test("the version is that of the package", async () => {
  expect(await run("--version")).toEqual({ code: undefined, stdout: "0.1.0\n", stderr: "" });
});

test("help goes to stdout when asked for, and to stderr, as a refusal, when nothing was asked", async () => {
  const asked = await run("--help");
  expect(asked).toMatchObject({ code: undefined, stderr: "" });
  expect(asked.stdout).toContain("kvorum: a sharded, replicated, durable, linearizable key-value store");
  expect(await run()).toEqual({ code: exitCodes.usage, stdout: "", stderr: asked.stdout });
});

test.each([
  [["fuz"], "kvorum: unknown command 'fuz'. Did you mean fuzz?\n"],
  [["nonsense"], "kvorum: unknown command 'nonsense'.\n"],
  [["--versoin"], "kvorum: unknown option '--versoin'. Did you mean --version?\n"],
  [["fuzz", "--cuont", "1"], "kvorum: unknown option '--cuont'. Did you mean --count?\n"],
  [["fuzz", "--count"], "kvorum: option '--count <n>' argument missing.\n"],
  [["fuzz", "--count", "9"], "kvorum: option '--count <n>': '9' is not a whole number from 1 to 5.\n"],
  [["fuzz", "it's"], "kvorum: argument 'seed': 'it's' is not a whole number of at least 0.\n"],
  [["fuzz", "1", "2"], "kvorum: too many arguments for 'fuzz'. Expected 1 argument but got 2.\n"],
  [["fuzz", "--world", "x"], "kvorum: option '--world <name>' argument 'x' is invalid. Allowed choices are sim, real.\n"],
  [["shard", "jion"], "kvorum: unknown command 'jion'. Did you mean join?\n"],
])("the command line %j is refused with one sentence and exit code 2", async (words, stderr) => {
  expect(await run(...words)).toEqual({ code: exitCodes.usage, stdout: "", stderr });
});
