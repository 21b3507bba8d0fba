import { type CheckOptions, checkHistory } from "../../check/check.ts";
import { explainFailure } from "../../check/explain.ts";
import type { History, Operation } from "../../check/history.ts";
import { failureText } from "../../check/render-text.ts";
import { CaseFailure, check } from "../failure.ts";
import { type ClerkOptions, PacedClient } from "./paced-client.ts";
import type { ClerkWorld, NoReply } from "./world.ts";

/** How what a client asks and is told stands in a history. */
export interface Words<Ask, Reply> {
  command(ask: Ask): Operation["command"];
  outcome(reply: Reply): Operation["outcome"];
}

/** The clients of a case, and all that they have seen. */
export class Witnesses {
  readonly #operations: Operation[] = [];
  #clients = 0;

  /** A new one, which goes by the next number. */
  newWitness<Ask, Reply>(world: ClerkWorld<Ask, Reply>, options: ClerkOptions, words: Words<Ask, Reply>): Witness<Ask, Reply> {
    this.#clients += 1;
    return new Witness(`clerk ${this.#clients}`, new PacedClient(world, options), words, this.#operations);
  }

  /** Everything that they saw could have come from one server. The MIT course lets pass what takes its checker longer than a second. */
  checkHistory(model: History["model"], limits: Partial<CheckOptions> = {}): void {
    const { verdict, failure } = checkHistory({ model, operations: this.#operations }, limits);
    check(verdict !== "undecided", `whether ${this.#operations.length} operations are linearizable is more than the checker can decide`);
    if (failure === undefined) return;
    throw new CaseFailure("what the clerks saw is not linearizable", failureText(explainFailure(failure)));
  }
}

/** A client that does one operation after the other, and notes what it sees. */
export class Witness<Ask, Reply> {
  readonly name: string;
  readonly #client: PacedClient<Ask, Reply>;
  readonly #words: Words<Ask, Reply>;
  readonly #seen: Operation[];

  constructor(name: string, client: PacedClient<Ask, Reply>, words: Words<Ask, Reply>, seen: Operation[]) {
    this.name = name;
    this.#client = client;
    this.#words = words;
    this.#seen = seen;
  }

  /** From now on it reaches all servers. */
  reachAll(): void {
    this.#client.reachAll();
  }

  /** Does an operation, and says how it ended. */
  async attempt(ask: Ask): Promise<Reply> {
    const { call, returned, reply } = await this.#client.attempt(ask);
    const [command, outcome] = [this.#words.command(ask), this.#words.outcome(reply)];
    this.#seen.push({ client: this.name, call, returned, command, outcome });
    return reply;
  }

  /** How an operation ended, in words, that was not done as far as anybody knows. */
  howItEnded({ kind, detail }: NoReply): string {
    const how = kind === "refused" ? "was refused" : `had no answer within ${this.#client.deadlineMs / 1000} seconds`;
    return detail === "" ? how : `${how} (${detail})`;
  }
}
