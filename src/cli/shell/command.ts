import type { Admin } from "../../client/admin.ts";
import type { CallOptions, Client } from "../../client/client.ts";
import type { LocalCluster } from "../../server/local-cluster.ts";
import { nearest } from "../nearest.ts";
import { Misunderstood } from "./misunderstood.ts";

/** The cluster that a shell is for. */
export interface ShellWorld {
  readonly client: Client;
  readonly admin: Admin;
  /** Its servers, when they are this process's own. */
  readonly local: LocalCluster | undefined;
}

/** A line that is being done. */
export interface ShellCall extends ShellWorld {
  /** What stands behind the command's name. */
  readonly words: readonly string[];
  /** For every call of a client. */
  readonly options: CallOptions & { readonly signal: AbortSignal };
  readonly print: (text: string) => void;
  /** Who waits for long is told why from now on: in a sentence, asked for when it is needed. */
  readonly explain: (why: () => Promise<string>) => void;
  /** Ends the shell behind this line. */
  readonly quit: () => void;
}

/** One command of the shell. */
export interface ShellCommand {
  /** One word or two. */
  readonly name: string;
  /** What is behind the name, for people. */
  readonly usage: string;
  readonly about: string;
  /** What is told of it besides to who asks, in lines. */
  readonly more?: readonly string[];
  /** How many words there are behind the name: at least, at most. */
  readonly words: readonly [number, number];
  /** What a word can be; `before` are the words between it and the name. */
  readonly complete?: (before: readonly string[], fragment: string, world: ShellWorld) => Promise<readonly string[]> | readonly string[];
  readonly run: (call: ShellCall) => Promise<void> | void;
}

/** Words that other programs have for the same; what to say to whoever uses them. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ["set", "put"],
  ["del", "delete"],
  ["rm", "delete"],
  ["remove", "delete"],
  ["list", "scan"],
  ["ls", "scan"],
  ["keys", "scan"],
  ["join", "shard join"],
  ["leave", "shard leave"],
  ["move", "shard move"],
  ["query", "shard query"],
  ["config", "shard query"],
  ["plan", "shard plan join"],
  ["bye", "quit"],
  ["end", "quit"],
  ["ps", "servers"],
]);

/** Words that are taken for others. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ["exit", "quit"],
  ["?", "help"],
]);

/** The command that a line names, and the words behind it. Throws `Misunderstood`, with a suggestion where there is one. */
export function commandOf(words: readonly string[], commands: readonly ShellCommand[]): [ShellCommand, readonly string[]] {
  const [word = "", second] = words;
  const first = synonyms.get(word) ?? word;
  const family = commands.filter(({ name }) => name.split(" ")[0] === first);
  if (family.length === 0)
    throw new Misunderstood(`there is no command '${word}'${suggestion(word, commands) ?? "; help lists those that there are"}`);
  const found = family.find(({ name }) => name === first || name === `${first} ${second}`);
  if (found === undefined) {
    const seconds = family.map(({ name }) => name.split(" ")[1] ?? "");
    const meant = second === undefined ? undefined : nearest(second, seconds);
    const given = second === undefined ? "" : `, and '${second}' was given`;
    throw new Misunderstood(
      `'${first}' is followed by ${listed(seconds)}${given}${meant === undefined ? "" : `. Did you mean ${first} ${meant}?`}`,
    );
  }
  const rest = words.slice(found.name.split(" ").length);
  const [min, max] = found.words;
  if (rest.length >= min && rest.length <= max) return [found, rest];
  const hint = rest.length > max && max > 0 ? '; a word with blanks stands in quotes: "hello world"' : "";
  throw new Misunderstood(`it is: ${usageOf(found)}${hint}`);
}

/** How a command is given, for people. */
export function usageOf({ name, usage }: ShellCommand): string {
  return usage === "" ? name : `${name} ${usage}`;
}

function suggestion(word: string, commands: readonly ShellCommand[]): string | undefined {
  const names = new Set(commands.map(({ name }) => name.split(" ")[0] ?? ""));
  const other = otherwise.get(word);
  const meant = other !== undefined && names.has(other.split(" ")[0] ?? "") ? other : nearest(word, [...names]);
  return meant === undefined ? undefined : `. Did you mean ${meant}?`;
}

/** `a, b or c`. */
export function listed(words: readonly string[], between: "or" | "and" = "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${between} ${words.at(-1)}`;
}
