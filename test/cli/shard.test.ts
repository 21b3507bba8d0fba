import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exitCodes } from "../../src/cli/exit.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";
import { shardCommand } from "../../src/cli/shard.ts";

let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const masters = ["--masters", "127.0.0.1:1"];

/** Runs `kvorum shard`: what it says on stderr when it refuses. Nobody is asked: there is nobody. */
async function refused(...words: string[]): Promise<string> {
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    throw new Error(`it has printed ${String(text)}`);
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += String(text))));
  await runProgram(kvorumProgram([shardCommand()]), ["shard", ...words]);
  expect(process.exitCode).toBe(exitCodes.usage);
  return stderr;
}

test.each<[string, string[]]>([
  ["'1' is no group; a group is its number and its servers, such as 1=127.0.0.1:7001,127.0.0.1:7002,127.0.0.1:7003.", ["join", "1"]],
  ["'x' is no number of a group; it is a whole number of at least 1.", ["leave", "x"]],
  ["'0' is no number of a group; it is a whole number of at least 1.", ["plan", "leave", "0"]],
  ["'1.5' is no number of a shard; it is a whole number of at least 0.", ["move", "1.5", "1"]],
  ["'latest' is no number of a configuration; it is a whole number of at least 0.", ["query", "latest"]],
  ["A server was given as the text 'x'; it is an address, host:port, such as 127.0.0.1:7001.", ["join", "3=x"]],
  ["A server was given as the text ''; it is an address, host:port, such as 127.0.0.1:7001.", ["plan", "join", "3="]],
  ["The server 127.0.0.1:1 is listed twice.", ["join", "3=127.0.0.1:1,127.0.0.1:1"]],
  ["Group 3 was given twice; a group is named once in a call.", ["join", "3=127.0.0.1:1", "3=127.0.0.1:2", "--force"]],
  ["Group 3 was given twice; a group is named once in a call.", ["leave", "3", "3"]],
  ["The server 127.0.0.1:2 was given for the groups 3 and 4; a server belongs to one group.", ["join", "3=127.0.0.1:2", "4=127.0.0.1:2"]],
  ["A group's number was given as 4294967296; it is a whole number from 1 to 4294967295.", ["leave", "4294967296"]],
  ["option '--creation <number>': '-1' is not a whole number of at least 0.", ["join", "3=127.0.0.1:2", "--creation", "-1"]],
  ["option '--timeout <duration>': '3' is not a duration (such as 250ms, 1.5s, 5m, 2h) of at least 1ms.", ["query", "--timeout", "3"]],
  ["unknown command 'jion'. Did you mean join?", ["jion", "3=127.0.0.1:2"]],
])("what cannot be meant is refused in a sentence, before anybody is asked: %s", async (sentence, words) => {
  expect(await refused(...words, ...masters)).toBe(`kvorum: ${sentence}\n`);
});

test.each<[string, string]>([
  ["A server was given as the text 'nonsense'; it is an address, host:port, such as 127.0.0.1:7001.", "nonsense"],
  ["The server 127.0.0.1:1 is listed twice.", "127.0.0.1:1,127.0.0.1:1"],
])("so are masters: %s", async (sentence, given) => {
  expect(await refused("query", "--masters", given)).toBe(`kvorum: ${sentence}\n`);
});

test("masters have to be named, on the command line or in the environment", async () => {
  vi.stubEnv("KVORUM_MASTERS", undefined);
  expect(await refused("status")).toBe("kvorum: required option '--masters <addresses>' not specified.\n");
  vi.stubEnv("KVORUM_MASTERS", "wrong");
  expect(await refused("status")).toContain("the text 'wrong'");
});
