import { unreachable } from "../../base/assert.ts";
import { commandText } from "../../check/describe.ts";
import type { Outcome } from "../../check/history.ts";
import type { ShardChange, ShardGroup, ShardMap } from "../../check/master/words.ts";
import { fail } from "../failure.ts";
import type { Witness, Words } from "../group/witnesses.ts";
import type { MasterAsk, MasterReply } from "./world.ts";

/** What a change came to. */
export type Made = Extract<MasterReply, { readonly kind: "made" }>;

/** A client of a shardmaster. An operation without an answer fails the case. */
export class AdminClerk {
  readonly #witness: Witness<MasterAsk, MasterReply>;

  constructor(witness: Witness<MasterAsk, MasterReply>) {
    this.#witness = witness;
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
  attempt(ask: MasterAsk): Promise<MasterReply> {
    return this.#witness.attempt(ask);
  }

  #fail(ask: MasterAsk, reply: MasterReply): never {
    return fail(`${this.#witness.name}: ${commandText(ask)} ${this.#howItEnded(reply)}`);
  }

  #howItEnded(reply: MasterReply): string {
    if (reply.kind === "refused" || reply.kind === "unknown") return this.#witness.howItEnded(reply);
    return reply.kind === "lost" ? "was done, and its result is lost" : "was done";
  }
}

/** How a shardmaster's clients are told of. */
export const masterWords: Words<MasterAsk, MasterReply> = { command: (ask) => ask, outcome: outcomeOf };

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
