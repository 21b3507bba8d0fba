import type { Client, OldValue } from "../../client/client.ts";
import { KvorumError } from "../../client/errors.ts";
import { tableText } from "../table.ts";
import { Misunderstood } from "./misunderstood.ts";
import type { ShellCall, ShellCommand, ShellWorld } from "./command.ts";
import { whyKeyWaits, whyMastersWait } from "./why.ts";
import { absent, asLine, asWord } from "./words.ts";

/** The rows of a scan that does not say how many, and the most that one may ask for. */
const rowsDefault = 100;
const rowsMax = 10_000;

/** What is offered for a key, and for how long one waits for it. */
const offersMax = 50;
const offerMs = 500;

/** Commands that read and write keys. */
export const kvCommands: readonly ShellCommand[] = [
  keyCommand("get", "KEY", "print the value of a key", [1, 1], async (client, [key = ""], { options, print }) => {
    const value = await client.get(key, options);
    print(value === undefined ? absent : asLine(value));
  }),
  keyCommand("put", "KEY VALUE", "set a key", [2, 2], async (client, [key = "", value = ""], { options, print }) => {
    const { existed, version } = await client.put(key, value, options);
    print(`${existed ? "replaced" : "created"}, version ${version}`);
  }),
  keyCommand("append", "KEY VALUE", "put text behind the value of a key", [2, 2], async (client, [key = "", value = ""], call) =>
    printOld(call, await client.append(key, value, call.options)),
  ),
  keyCommand("swap", "KEY VALUE", "set a key, and print what it had", [2, 2], async (client, [key = "", value = ""], call) =>
    printOld(call, await client.swap(key, value, call.options)),
  ),
  keyCommand("delete", "KEY", "delete a key", [1, 1], async (client, [key = ""], { options, print }) => {
    const { existed } = await client.delete(key, options);
    print(existed ? "deleted" : absent);
  }),
  keyCommand(
    "cas",
    "KEY OLD NEW",
    "set a key if it has the value OLD, or is --absent",
    [3, 3],
    async (client, [key = "", old, next], { options, print }) => {
      const result = await client.cas(key, old === "--absent" ? undefined : old, next, options);
      if (result.done) print(`done, version ${result.version}`);
      else
        print(
          result.current === undefined ? "not done: it is absent" : `not done: it is ${asWord(result.current)}, version ${result.version}`,
        );
    },
  ),
  {
    name: "scan",
    usage: "[FROM [TO [COUNT]]]",
    about: `print keys in order, from FROM on and before TO; ${rowsDefault} of them, or COUNT`,
    words: [0, 3],
    complete: (before, fragment, world) => (before.length < 2 ? keysFrom(fragment, world) : []),
    run: scan,
  },
];

/** A command whose first word is a key. */
function keyCommand(
  name: string,
  usage: string,
  about: string,
  words: readonly [number, number],
  act: (client: Client, words: readonly string[], call: ShellCall) => Promise<void>,
): ShellCommand {
  const run = (call: ShellCall): Promise<void> => {
    call.explain(() => whyKeyWaits(call, call.words[0] ?? ""));
    return act(call.client, call.words, call);
  };
  return { name, usage, about, words, run, complete: (before, fragment, world) => (before.length === 0 ? keysFrom(fragment, world) : []) };
}

function printOld({ print }: ShellCall, { old, version }: OldValue<string>): void {
  print(`version ${version}, it was ${old === undefined ? absent : asWord(old)}`);
}

async function scan(call: ShellCall): Promise<void> {
  const { words, client, print, explain, options } = call;
  const [start, end, count = String(rowsDefault)] = words;
  const limit = /^\d+$/.test(count) ? Number(count) : 0;
  if (limit < 1 || limit > rowsMax) throw new Misunderstood(`'${count}' is no number of keys from 1 to ${rowsMax}`);
  explain(() => whyMastersWait(call));
  const rows: [string, string][] = [];
  // One more than is shown tells whether there are more.
  for await (const { key, value } of client.scan({ start, end, limit: limit + 1 }, options)) rows.push([asWord(key), asLine(value)]);
  if (rows.length === 0) return print("no keys");
  const next = rows.length > limit ? rows.pop() : undefined;
  print(tableText(rows));
  if (next !== undefined) print(`and more: ${["scan", next[0], ...(end === undefined ? [] : [asWord(end)])].join(" ")}`);
}

/** Keys that are there and begin so; none when the store does not answer soon. */
async function keysFrom(prefix: string, { client }: ShellWorld): Promise<readonly string[]> {
  const keys: string[] = [];
  try {
    for await (const { key } of client.scan({ prefix, limit: offersMax }, { timeoutMs: offerMs })) keys.push(key);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
  }
  return keys.filter((key) => key === asWord(key));
}
