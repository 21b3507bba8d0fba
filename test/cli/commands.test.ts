import { expect, test } from "vitest";
import { commandsFor } from "../../src/cli/commands.ts";

async function names(word: string | undefined): Promise<string[]> {
  return (await commandsFor(word)).map((command) => command.name());
}

test("all commands are there for the help and for suggestions", async () => {
  const all = [
    "get",
    "scan",
    "put",
    "append",
    "swap",
    "delete",
    "cas",
    "up",
    "shell",
    "serve",
    "group",
    "shard",
    "status",
    "madkv",
    "check",
    "fuzz",
    "fuzz-service",
    "bench",
    "lab",
  ];
  expect(await names(undefined)).toEqual(all);
  expect(await names("--help")).toEqual(all);
  expect(await names("chekc")).toEqual(all);
  expect(await names("constructor")).toEqual(all);
});

test("a command that is named comes alone, under its name", async () => {
  for (const name of await names(undefined)) expect(await names(name)).toEqual([name]);
});
