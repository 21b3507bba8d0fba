import { type Command, Option } from "commander";
import { utf8 } from "../base/bytes.ts";
import { wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { KvCall, kvCommand, type KvFlags } from "./kv-call.ts";
import { printJson, printLine } from "./print.ts";

/** `kvorum get`. */
export function getCommand(): Command {
  const command = kvCommand("get", "print the value of a key").argument("<key>", "the key");
  return command.action(async (word: string, flags: KvFlags) => {
    const call = new KvCall(command, flags);
    const key = call.bytes(word);
    await call.run(async (client, options) => {
      const { value, version } = await client.getWithVersion(key, options);
      if (call.json) await printJson({ key: call.field(key), value: call.field(value), version });
      else if (value !== undefined) await printLine([call.shown(value)]);
      return value === undefined ? exitCodes.absent : exitCodes.ok;
    });
  });
}

interface ScanFlags extends KvFlags {
  readonly start?: string;
  readonly after?: string;
  readonly end?: string;
  readonly through?: string;
  readonly prefix?: string;
  readonly limit?: number;
}

const tab = utf8("\t");

/** `kvorum scan`. */
export function scanCommand(): Command {
  const command = kvCommand("scan", "print the keys of a range and their values, in order, a line for each: key, tab, value")
    .addOption(new Option("--start <key>", "from this key on").conflicts(["after", "prefix"]))
    .addOption(new Option("--after <key>", "from behind this key on").conflicts("prefix"))
    .addOption(new Option("--end <key>", "up to this key, without it").conflicts(["through", "prefix"]))
    .addOption(new Option("--through <key>", "up to this key, with it").conflicts("prefix"))
    .option("--prefix <text>", "the keys that begin with it")
    .addOption(new Option("--limit <count>", "so many at most").argParser(wholeNumber({ min: 1 })));
  return command.action(async (flags: ScanFlags) => {
    const call = new KvCall(command, flags);
    const bytes = (word: string | undefined): Uint8Array | undefined => (word === undefined ? undefined : call.bytes(word));
    const range = {
      start: bytes(flags.start ?? flags.after),
      startInclusive: flags.after === undefined,
      end: bytes(flags.end ?? flags.through),
      endInclusive: flags.through !== undefined,
      prefix: bytes(flags.prefix),
      limit: flags.limit,
    };
    await call.run(async (client, options) => {
      for await (const { key, value, version } of client.scan(range, options)) {
        if (call.json) await printJson({ key: call.field(key), value: call.field(value), version });
        else await printLine([call.shown(key), tab, call.shown(value)]);
      }
      return exitCodes.ok;
    });
  });
}
