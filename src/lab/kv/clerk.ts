import { showBytes, textBytes } from "../../check/byte-string.ts";
import { commandText } from "../../check/describe.ts";
import type { KeyCommand, Operation, Outcome, Told } from "../../check/history.ts";
import { fail } from "../failure.ts";
import { type ClerkOptions, PacedClient } from "../group/paced-client.ts";
import type { KvAsk, KvReply, KvWorld } from "./world.ts";

/** A client that does one operation after the other, and notes what it sees. An operation without an answer fails the case. */
export class Clerk {
  readonly #name: string;
  readonly #client: PacedClient<KvAsk, KvReply>;
  readonly #seen: (operation: Operation) => void;

  /** `seen` hears of every operation when it has ended. */
  constructor(
    world: Pick<KvWorld, "now" | "sleep" | "newClient">,
    name: string,
    options: ClerkOptions,
    seen: (operation: Operation) => void,
  ) {
    this.#name = name;
    this.#client = new PacedClient(world, options);
    this.#seen = seen;
  }

  /** From now on it reaches all servers. */
  reachAll(): void {
    this.#client.reachAll();
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
    const how = reply.kind === "refused" ? "was refused" : `had no answer within ${this.#client.deadlineMs / 1000} seconds`;
    return fail(
      `${this.#name}: ${commandText(commandOf(ask))} of the key ${shownValue(ask.key)} ${how}${reply.detail === "" ? "" : ` (${reply.detail})`}`,
    );
  }

  /** Does an operation, and says how it ended. */
  async attempt(ask: KvAsk): Promise<KvReply> {
    const { call, returned, reply } = await this.#client.attempt(ask);
    this.#seen({ client: this.#name, call, returned, command: commandOf(ask), outcome: outcomeOf(reply) });
    return reply;
  }
}

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
