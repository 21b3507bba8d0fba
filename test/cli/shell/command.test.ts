import { expect, test } from "vitest";
import { commandOf, listed, type ShellCommand } from "../../../src/cli/shell/command.ts";
import { helpCommands } from "../../../src/cli/shell/help.ts";
import { kvCommands } from "../../../src/cli/shell/kv-commands.ts";
import { shardCommands } from "../../../src/cli/shell/shard-commands.ts";

const commands: readonly ShellCommand[] = [...kvCommands, ...shardCommands, ...helpCommands(() => commands)];

function refusal(line: string): string {
  try {
    return `taken for ${commandOf(line.split(" "), commands)[0].name}`;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  ["get a", "get", ["a"]],
  ["shard join 1 2", "shard join", ["1", "2"]],
  ["scan", "scan", []],
  ["exit", "quit", []],
  ["? put", "help", ["put"]],
] as const)("the line '%s' is %s", (line, name, rest) => {
  const [command, words] = commandOf(line.split(" "), commands);
  expect([command.name, words]).toEqual([name, rest]);
});

test.each([
  ["gte a", "there is no command 'gte'. Did you mean get?"],
  ["set a 1", "there is no command 'set'. Did you mean put?"],
  ["join 3", "there is no command 'join'. Did you mean shard join?"],
  ["satus", "there is no command 'satus'. Did you mean status?"],
  ["xyzzy", "there is no command 'xyzzy'; help lists those that there are"],
  ["constructor", "there is no command 'constructor'; help lists those that there are"],
  ["shard jion 1", "'shard' is followed by join, leave, move, query or plan, and 'jion' was given. Did you mean shard join?"],
  ["shard", "'shard' is followed by join, leave, move, query or plan"],
  ["put a", "it is: put KEY VALUE"],
  ["put a hello world", 'it is: put KEY VALUE; a word with blanks stands in quotes: "hello world"'],
  ["quit now", "it is: quit"],
])("the line '%s' is refused: %s", (line, sentence) => {
  expect(refusal(line)).toBe(sentence);
});

test("every command has a name of one word or two, and says what it does", () => {
  for (const { name, about } of commands) {
    expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
    expect(about).toMatch(/^[a-z].*[^.]$/);
  }
});

test("a list of words is read as one", () => {
  expect([listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])]).toEqual(["", "a", "a or b", "a, b or c"]);
});
