import { Command, Option } from "commander";
import type { Admin } from "../client/admin.ts";
import type { CallOptions } from "../client/client.ts";
import type { KvorumError } from "../client/errors.ts";
import { connectAdmin } from "../real/connect-admin.ts";
import { duration, durationText } from "./arguments.ts";
import { callClient, sayTrouble } from "./client-call.ts";
import { type ExitCode, exitCodes } from "./exit.ts";

/** What every command that asks the shardmaster takes. */
export interface ShardFlags {
  readonly masters: string;
  readonly cluster: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

const codes = `
Exit codes:
   0  done
   2  the command line was not understood, or asks for what is not allowed; nothing was changed
   3  it was done, and the result is lost
   4  it was not done, and never will be by this call
   5  it is not known whether it was done, or will yet be; "kvorum shard query" tells
   6  it was not done, and --timeout is over
`;

/** A command of `kvorum shard`; its options are `ShardFlags`. Without a default, it asks until it is answered. */
export function shardCommandOf(name: string, description: string, examples: readonly string[], timeoutMs?: number): Command {
  const shown = examples.map((example) => `  kvorum shard ${example}\n`).join("");
  return masterCommandOf(name, description, timeoutMs).addHelpText("after", `\nExamples:\n${shown}${codes}`);
}

/** A command that asks the shardmaster; its options are `ShardFlags`. Without a default, it asks until it is answered. */
export function masterCommandOf(name: string, description: string, timeoutMs?: number): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option("--masters <addresses>", "the shardmaster's servers in their order: host:port,host:port,...")
        .env("KVORUM_MASTERS")
        .makeOptionMandatory(),
    )
    .addOption(new Option("--cluster <name>", "the cluster's name").env("KVORUM_CLUSTER").default("kvorum"))
    .addOption(timeoutOption(timeoutMs))
    .option("--json", "print JSON");
}

function timeoutOption(timeoutMs: number | undefined): Option {
  const option = new Option("--timeout <duration>", `give up after so long${timeoutMs === undefined ? " (default: never)" : ""}`);
  option.argParser(duration({ min: 1 }));
  return timeoutMs === undefined ? option : option.default(timeoutMs, durationText(timeoutMs));
}

/** A call of the shardmaster, from the command line to the exit code. */
export class ShardCall {
  readonly #command: Command;
  readonly #flags: ShardFlags;

  constructor(command: Command, flags: ShardFlags) {
    this.#command = command;
    this.#flags = flags;
  }

  get json(): boolean {
    return this.#flags.json === true;
  }

  /** Runs `act` with a client; `options` gives what is left of the time for each of its calls. */
  run(act: (admin: Admin, options: () => CallOptions) => Promise<ExitCode>): Promise<void> {
    const { masters, cluster, timeout } = this.#flags;
    let end: number | undefined;
    const options = (): CallOptions => {
      if (timeout === undefined) return {};
      const now = performance.now();
      end ??= now + timeout;
      return { timeoutMs: Math.max(1, Math.ceil(end - now)) };
    };
    return callClient(
      this.#command,
      () => connectAdmin({ masters: masters.split(","), cluster, onTrouble: sayTrouble }),
      (admin) => act(admin, options),
      codeOf,
    );
  }

  /** Ends the command because of how it was given. */
  refuse(sentence: string): never {
    return this.#command.error(sentence, { exitCode: exitCodes.usage });
  }
}

/** With which code a call ends that has failed. */
export function codeOf({ code, outcome }: KvorumError): ExitCode {
  if (code === "timeout") return exitCodes.timeout;
  if (outcome === "unknown") return exitCodes.unknown;
  return outcome === "done" ? exitCodes.unreadable : exitCodes.notDone;
}
