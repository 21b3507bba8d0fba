import { type Command, Option } from "commander";
import { utf8 } from "../base/bytes.ts";
import type { CallOptions, Client, OldValue, PutVersionResult } from "../client/client.ts";
import { wholeNumber } from "./arguments.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { KvCall, kvCommand, type KvFlags } from "./kv-call.ts";
import { printJson, printLine } from "./print.ts";

const fromInput = "the value (default: what stdin has, as it is)";

/** `kvorum put`. */
export function putCommand(): Command {
  const command = kvCommand("put", "set a key").argument("<key>", "the key").argument("[value]", fromInput);
  return command.action(async (key: string, value: string | undefined, flags: KvFlags) => {
    const call = new KvCall(command, flags);
    const [keyBytes, valueBytes] = [call.bytes(key), await valueOf(call, value)];
    await call.run(async (client, options) => {
      const { existed, version } = await client.put(keyBytes, valueBytes, options);
      if (call.json) await printJson({ existed, version });
      else await printLine([utf8(`${existed ? "replaced" : "created"}, version ${version}`)]);
      return exitCodes.ok;
    });
  });
}

/** `kvorum append`. */
export function appendCommand(): Command {
  return oldValueCommand("append", "put bytes behind the value of a key, and print what it was");
}

/** `kvorum swap`. */
export function swapCommand(): Command {
  return oldValueCommand("swap", "set a key, and print what it had");
}

function oldValueCommand(name: "append" | "swap", description: string): Command {
  const command = kvCommand(name, description).argument("<key>", "the key").argument("[value]", fromInput);
  return command.action(async (key: string, value: string | undefined, flags: KvFlags) => {
    const call = new KvCall(command, flags);
    const [keyBytes, valueBytes] = [call.bytes(key), await valueOf(call, value)];
    await call.run(async (client, options) => {
      const { old, version }: OldValue<Uint8Array> = await client[name](keyBytes, valueBytes, options);
      if (call.json) await printJson({ old: call.field(old), version });
      else if (old !== undefined) await printLine([call.shown(old)]);
      return exitCodes.ok;
    });
  });
}

/** `kvorum delete`. */
export function deleteCommand(): Command {
  const command = kvCommand("delete", "delete a key").argument("<key>", "the key");
  return command.action(async (key: string, flags: KvFlags) => {
    const call = new KvCall(command, flags);
    const keyBytes = call.bytes(key);
    await call.run(async (client, options) => {
      const { existed } = await client.delete(keyBytes, options);
      if (call.json) await printJson({ existed });
      else await printLine([utf8(existed ? "deleted" : "absent")]);
      return existed ? exitCodes.ok : exitCodes.absent;
    });
  });
}

interface CasFlags extends KvFlags {
  readonly expect?: string;
  readonly absent?: boolean;
  readonly atVersion?: number;
  readonly delete?: boolean;
}

/** `kvorum cas`. */
export function casCommand(): Command {
  const command = kvCommand("cas", "set a key if it has what is expected")
    .argument("<key>", "the key")
    .argument("[value]", "the new value")
    .addOption(new Option("--expect <value>", "if it has this value").conflicts(["absent", "atVersion"]))
    .addOption(new Option("--absent", "if it is not there").conflicts("atVersion"))
    .addOption(
      new Option("--at-version <number>", "if it is at this version; 0 if it is not there").argParser(wholeNumber()).conflicts("delete"),
    )
    .option("--delete", "delete it instead of setting it");
  return command.action(async (key: string, value: string | undefined, flags: CasFlags) => {
    const call = new KvCall(command, flags);
    if (flags.expect === undefined && flags.absent !== true && flags.atVersion === undefined)
      call.refuse("it is not said what is expected: give --expect <value>, --absent or --at-version <number>");
    if ((value === undefined) !== (flags.delete === true)) call.refuse("a new value is given, or --delete; one of the two");
    const keyBytes = call.bytes(key);
    const bytes = (word: string | undefined): Uint8Array | undefined => (word === undefined ? undefined : call.bytes(word));
    await call.run((client, options) =>
      perform(call, client, { key: keyBytes, expected: bytes(flags.expect), version: flags.atVersion, next: bytes(value) }, options),
    );
  });
}

interface CasWish {
  readonly key: Uint8Array;
  readonly expected: Uint8Array | undefined;
  readonly version: number | undefined;
  /** Nothing for a deletion. */
  readonly next: Uint8Array | undefined;
}

async function perform(call: KvCall, client: Client<Uint8Array>, wish: CasWish, options: CallOptions): Promise<ExitCode> {
  const { key, expected, version, next } = wish;
  if (version !== undefined && next !== undefined) return told(call, await client.putVersion(key, version, next, options), {});
  const result = await client.cas(key, expected, next, options);
  return told(call, result, result.done ? {} : { current: call.field(result.current) });
}

async function told(call: KvCall, { done, version }: PutVersionResult, more: { readonly current?: string | null }): Promise<ExitCode> {
  if (call.json) await printJson({ done, version, ...more });
  else await printLine([utf8(`${done ? "done" : "not done"}, version ${version}`)]);
  return done ? exitCodes.ok : exitCodes.absent;
}

async function valueOf(call: KvCall, word: string | undefined): Promise<Uint8Array> {
  if (word !== undefined) return call.bytes(word);
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
