import { Command, Option } from "commander";
import { utf8, utf8Text } from "../base/bytes.ts";
import type { CallOptions, Client } from "../client/client.ts";
import { KvorumError, type OutcomeKind } from "../client/errors.ts";
import { connect } from "../real/connect.ts";
import { duration, wholeNumber } from "./arguments.ts";
import { callClient, sayTrouble } from "./client-call.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { type StoreFlags, storeOf } from "./kv-store.ts";

/** What every command that asks a store takes. */
export interface KvFlags extends StoreFlags {
  readonly cluster: string;
  readonly timeout?: number;
  readonly hex?: boolean;
  readonly json?: boolean;
}

const codes = `
Exit codes:
   0  done, or found
   1  the key was not there, or had not what was expected
   2  the command line was not understood, or asks for what is not allowed
   3  it was done, and the result cannot be shown
   4  the store did not do it, and never will for this call
   5  it is not known whether the store has done it, or will yet
`;

/** A command that asks a store; its options are `KvFlags`. */
export function kvCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option(
        "--masters <addresses>",
        "the shardmaster's servers in their order, which know who has a key: host:port,host:port,...",
      ).env("KVORUM_MASTERS"),
    )
    .addOption(new Option("--servers <addresses>", "instead of --masters: the servers of a group that has all keys").env("KVORUM_SERVERS"))
    .addOption(new Option("--cluster <name>", "the cluster's name").env("KVORUM_CLUSTER").default("kvorum"))
    .addOption(new Option("--group <number>", "with --servers: the group's number (default: 1)").argParser(wholeNumber({ min: 1 })))
    .addOption(new Option("--timeout <duration>", "give up after so long (default: never)").argParser(duration({ min: 1 })))
    .option("--hex", "keys and values are bytes, given and printed as hexadecimal digits")
    .option("--json", "print JSON")
    .addHelpText("after", codes);
}

/** A call of the store, from the command line to the exit code. */
export class KvCall {
  readonly #command: Command;
  readonly #flags: KvFlags;

  constructor(command: Command, flags: KvFlags) {
    this.#command = command;
    this.#flags = flags;
  }

  get json(): boolean {
    return this.#flags.json === true;
  }

  /** Runs `act` with a client. What it cannot do is a sentence on stderr and an exit code. */
  run(act: (client: Client<Uint8Array>, options: CallOptions) => Promise<ExitCode>): Promise<void> {
    const options = { timeoutMs: this.#flags.timeout };
    return callClient(
      this.#command,
      () => this.#connect(),
      (client) => act(client, options),
      ({ outcome }) => codeOf[outcome],
    );
  }

  /** Ends the command because of how it was given. */
  refuse(sentence: string): never {
    return this.#command.error(sentence, { exitCode: exitCodes.usage });
  }

  /** The bytes that a word of the command line stands for. */
  bytes(word: string): Uint8Array {
    if (this.#flags.hex !== true) return utf8(word);
    if (/^(?:[0-9a-f]{2})*$/i.test(word)) return Buffer.from(word, "hex");
    return this.refuse(`'${word}' is not hexadecimal digits, two for each byte`);
  }

  /** What a key or a value looks like in a line of text. */
  shown(bytes: Uint8Array): Uint8Array {
    return this.#flags.hex === true ? utf8(hexOf(bytes)) : bytes;
  }

  /** A key or a value in JSON; null for an absent one. */
  field(bytes: Uint8Array | undefined): string | null {
    if (bytes === undefined) return null;
    if (this.#flags.hex === true) return hexOf(bytes);
    try {
      return utf8Text(bytes);
    } catch (cause) {
      throw new KvorumError("not_text", "What is stored is not UTF-8; give --hex to see it.", cause);
    }
  }

  #connect(): Client<Uint8Array> {
    const store = storeOf(this.#flags, (option) => this.#command.getOptionValueSource(option) === "cli");
    if (typeof store === "string") return this.refuse(store);
    return connect({ ...store, cluster: this.#flags.cluster, as: "bytes", onTrouble: sayTrouble });
  }
}

const codeOf: Readonly<Record<OutcomeKind, ExitCode>> = {
  not_done: exitCodes.notDone,
  // Text that is none, and a result that is lost: what was asked for was done, and cannot be shown.
  done: exitCodes.unreadable,
  unknown: exitCodes.unknown,
};

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
