import { expect, test } from "vitest";
import type { ShellCall, ShellCommand } from "../../../src/cli/shell/command.ts";
import { helpCommands } from "../../../src/cli/shell/help.ts";
import { kvCommands } from "../../../src/cli/shell/kv-commands.ts";
import { shardCommands } from "../../../src/cli/shell/shard-commands.ts";

const commands: readonly ShellCommand[] = [...kvCommands, ...shardCommands, ...helpCommands(() => commands)];

function helpFor(...words: string[]): string {
  let said = "";
  const call = { words, print: (text: string) => (said += text) } as unknown as ShellCall;
  void commands.find(({ name }) => name === "help")?.run(call);
  return said;
}

test("help has a line for each command, for a terminal of 110 columns", () => {
  const lines = helpFor().split("\n");
  expect(lines).toHaveLength(commands.length + 3);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
});

test("help for a command, or for a family of them, says all that is told of it", () => {
  expect(helpFor("shard", "move")).toBe(
    "shard move SHARD GROUP\n  give one shard to a group\n  The next join or leave may give it to another one.",
  );
  expect(helpFor("shard").match(/^shard /gm)).toHaveLength(5);
});

test("help for what there is not suggests what there is", () => {
  expect(() => helpFor("gte")).toThrow("there is no command 'gte'. Did you mean get?");
});
