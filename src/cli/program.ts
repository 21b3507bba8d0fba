import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { exitCodes } from "./exit.ts";

/** The `kvorum` program with the given commands in it. */
export function kvorumProgram(commands: readonly Command[]): Command {
  const program = new Command("kvorum")
    .description("kvorum: a sharded, replicated, durable, linearizable key-value store")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(errorSentence(text)) });
  for (const command of commands) adopt(program, command);
  return program;
}

/**
 * Runs the program on the words of a command line. Sets `process.exitCode` to 2 when the line was not understood; any other
 * verdict is set by the command itself, in the same place. What a command throws is thrown on: it is a bug.
 */
export async function runProgram(program: Command, words: readonly string[]): Promise<void> {
  process.stdout.on("error", endUnread);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.exitCode = exitCodes.usage;
  }
}

/** Nobody reads any more what is printed, as behind `head`: no bug, but no verdict either, for it was not shown. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.unreadable);
}

/** Adds a command, and gives it and those inside it the program's way to report errors. */
function adopt(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  if (command.parent === null) parent.addCommand(command);
  for (const inner of command.commands) adopt(command, inner);
}

/** Makes one line of sentences out of what commander prints over several. */
export function errorSentence(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, "")
    .replace(/ argument '.*' is invalid\. (?=')/s, ": ")
    .replace(/^command-argument value '.*' is invalid for argument '(.*?)'\. (?=')/s, "argument '$1': ")
    .replace(/\s*\n\((Did you mean .*\?)\)$/s, ". $1");
  return `kvorum: ${line}${/[.?!]$/.test(line) ? "" : "."}\n`;
}

/** The version in package.json, which stands at the same place seen from `src` and from `dist`. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error("package.json states no version");
}
