import type { ShellCommand, ShellWorld } from "./command.ts";

/** What the last word of a line can be, each with a blank behind it; and that word as it is. As `node:readline` wants it. */
export async function completions(line: string, commands: readonly ShellCommand[], world: ShellWorld): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/);
  const fragment = words.pop() ?? "";
  // A quote may have blanks in it: what is in one is left alone.
  if (/['"]/.test(line)) return [[], fragment];
  const found = new Set(commands.flatMap((command) => nextOfName(command.name.split(" "), words)));
  const named = commands.find(({ name }) => name === words.slice(0, name.split(" ").length).join(" "));
  const before = words.slice(named?.name.split(" ").length ?? 0);
  if (named?.complete !== undefined && before.length < named.words[1])
    for (const word of await named.complete(before, fragment, world)) found.add(word);
  return [[...found].filter((word) => word.startsWith(fragment)).map((word) => `${word} `), fragment];
}

/** The word of a command's name that comes behind those that are there, if they are its first ones. */
function nextOfName(name: readonly string[], words: readonly string[]): readonly string[] {
  const next = name[words.length];
  return next !== undefined && words.every((word, at) => word === name[at]) ? [next] : [];
}
