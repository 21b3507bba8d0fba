import { tableText } from "../table.ts";
import { commandOf, type ShellCommand, usageOf } from "./command.ts";

/** `help` and `quit`, for a shell with these commands beside them. */
export function helpCommands(others: () => readonly ShellCommand[]): readonly ShellCommand[] {
  return [
    {
      name: "help",
      usage: "[COMMAND]",
      about: "print what can be done",
      words: [0, 2],
      complete: (before) => others().flatMap(({ name }) => name.split(" ")[before.length] ?? []),
      run: ({ words, print }) => print(words.length === 0 ? overview(others()) : detail(words, others())),
    },
    { name: "quit", usage: "", about: "end the shell (Ctrl-D; or Ctrl-C on an empty line)", words: [0, 0], run: ({ quit }) => quit() },
  ];
}

const rules = `Words with blanks stand in quotes: put greeting "hello world". Tab completes, the arrows find earlier lines.
Ctrl-C ends a command that waits; whether it was done is said then.`;

function overview(commands: readonly ShellCommand[]): string {
  return `${tableText(commands.map((command) => [usageOf(command), command.about]))}\n\n${rules}`;
}

function detail(words: readonly string[], commands: readonly ShellCommand[]): string {
  const prefix = words.join(" ");
  const family = commands.filter(({ name }) => name === prefix || name.startsWith(`${prefix} `));
  // For its suggestion.
  if (family.length === 0) commandOf(words, commands);
  return family.map((command) => [usageOf(command), command.about, ...(command.more ?? [])].join("\n  ")).join("\n");
}
