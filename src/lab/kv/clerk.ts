import { showBytes, textBytes } from "../../check/byte-string.ts";
import { commandText } from "../../check/describe.ts";
import type { KeyCommand, Outcome, Told } from "../../check/history.ts";
import { fail } from "../failure.ts";
import type { Witness, Words } from "../group/witnesses.ts";
import type { KvAsk, KvReply } from "./world.ts";

/** A client of a store. An operation without an answer fails the case. */
export class Clerk {
  readonly #witness: Witness<KvAsk, KvReply>;

  constructor(witness: Witness<KvAsk, KvReply>) {
    this.#witness = witness;
  }

  /** From now on it reaches all servers. */
  reachAll(): void {
    this.#witness.reachAll();
  }

  /** Does an operation, and says how it ended. */
  attempt(ask: KvAsk): Promise<KvReply> {
    return this.#witness.attempt(ask);
  }

  /** What the key holds; undefined for nothing. */
  async get(key: string): Promise<string | undefined> {
    return valueOf(await this.#do({ op: "get", key }));
  }

  async put(key: string, value: string): Promise<void> {
    await this.#do({ op: "put", key, value });
  }

  /** What the key held before; undefined for nothing. */
  async append(key: string, value: string): Promise<string | undefined> {
    return valueOf(await this.#do({ op: "append", key, value }));
  }

  async #do(ask: KvAsk): Promise<Told> {
    const reply = await this.attempt(ask);
    if (reply.kind === "done") return reply.told;
    return fail(
      `${this.#witness.name}: ${commandText(commandOf(ask))} of the key ${shownValue(ask.key)} ${this.#witness.howItEnded(reply)}`,
    );
  }
}

/** How a store's clients are told of. */
export const storeWords: Words<KvAsk, KvReply> = { command: commandOf, outcome: outcomeOf };

function commandOf(ask: KvAsk): KeyCommand {
  const key = textBytes(ask.key);
  return ask.op === "get" ? { op: "get", key } : { op: ask.op, key, value: textBytes(ask.value) };
}

function outcomeOf(reply: KvReply): Outcome {
  if (reply.kind === "done") return reply.told;
  return reply.kind === "refused" ? "failed" : "unknown";
}

/** The cases' keys and values are all plain characters, each a byte. */
function valueOf({ value }: Told): string | undefined {
  return value ?? undefined;
}

/** A value in a sentence. */
export function shownValue(value: string | undefined): string {
  return value === undefined ? "nothing" : showBytes(textBytes(value));
}
