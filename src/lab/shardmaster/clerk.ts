import { unreachable } from "../../base/assert.ts";
import { commandText } from "../../check/describe.ts";
import type { Operation, Outcome } from "../../check/history.ts";
import type { ShardChange, ShardGroup, ShardMap } from "../../check/master/words.ts";
import { fail } from "../failure.ts";
import { type ClerkOptions, PacedClient } from "../group/paced-client.ts";
import type { MasterAsk, MasterReply, MasterWorld } from "./world.ts";

/** What a change came to. */
export type Made = Extract<MasterReply, { readonly kind: "made" }>;

/** A client that does one operation after the other, and notes what it sees. An operation without an answer fails the case. */
export class AdminClerk {
  readonly #name: string;
  readonly #client: PacedClient<MasterAsk, MasterReply>;
  readonly #seen: (operation: Operation) => void;

  /** `seen` hears of every operation when it has ended. */
  constructor(
    world: Pick<MasterWorld, "now" | "sleep" | "newClient">,
    name: string,
    options: ClerkOptions,
    seen: (operation: Operation) => void,
  ) {
    this.#name = name;
    this.#client = new PacedClient(world, options);
    this.#seen = seen;
  }

  join(...groups: readonly ShardGroup[]): Promise<Made> {
    return this.change({ op: "join", groups });
  }

  leave(...gids: readonly number[]): Promise<Made> {
    return this.change({ op: "leave", gids });
  }

  move(shard: number, gid: number): Promise<Made> {
    return this.change({ op: "move", shard, gid });
  }

  async change(ask: ShardChange): Promise<Made> {
    const reply = await this.attempt(ask);
    return reply.kind === "made" ? reply : this.#fail(ask, reply);
  }

  /** The latest configuration; with a number, that one. */
  async query(number = -1): Promise<ShardMap> {
    const ask = { op: "query", number } as const;
    const reply = await this.attempt(ask);
    return reply.kind === "given" ? reply.config : this.#fail(ask, reply);
  }

  /** A change that has to be refused. */
  async refused(ask: ShardChange): Promise<void> {
    const reply = await this.attempt(ask);
    if (reply.kind !== "refused") this.#fail(ask, reply);
  }

  /** Does an operation, and says how it ended. */
  async attempt(ask: MasterAsk): Promise<MasterReply> {
    const { call, returned, reply } = await this.#client.attempt(ask);
    this.#seen({ client: this.#name, call, returned, command: ask, outcome: outcomeOf(reply) });
    return reply;
  }

  #fail(ask: MasterAsk, reply: MasterReply): never {
    return fail(`${this.#name}: ${commandText(ask)} ${howItEnded(reply, this.#client.deadlineMs)}`);
  }
}

function howItEnded(reply: MasterReply, deadlineMs: number): string {
  if (reply.kind === "unknown")
    return `had no answer within ${deadlineMs / 1000} seconds${reply.detail === "" ? "" : ` (${reply.detail})`}`;
  if (reply.kind === "refused") return `was refused (${reply.detail})`;
  return reply.kind === "lost" ? "was done, and its result is lost" : "was done";
}

function outcomeOf(reply: MasterReply): Outcome {
  switch (reply.kind) {
    case "made":
      return { done: reply.changed, version: reply.number };
    case "given":
      return { config: reply.config, version: reply.latest };
    case "refused":
      return reply.detail.startsWith("bad_request:") ? { refused: true } : "failed";
    case "lost":
    case "unknown":
      return "unknown";
    default:
      return unreachable(reply);
  }
}
