import type { Rng } from "../../base/rng.ts";
import type { Operation } from "../../rsm/caller/operation.ts";
import { decodeRequest, type Request } from "../../rsm/session/request.ts";
import type { World } from "../world.ts";
import { requestName, type SessionLaw } from "./oracle/session-law.ts";
import type { ClientsPlan } from "./plan.ts";
import type { SimClient } from "./sim-client.ts";

/** How operations of clients have ended. */
export interface OutcomeCounts {
  called: number;
  result: number;
  lost: number;
  refused: number;
  unknown: number;
  /** Results of reads. */
  reads: number;
}

/** How an operation has ended, whatever its result is. */
interface Ended {
  readonly kind: "result" | "lost" | "refused" | "unknown";
}

/** A command that is under way. */
export interface AskedCommand {
  /** Its name as a request, once there was an attempt. */
  readonly name: () => string | undefined;
  readonly ended: (outcome: Ended) => void;
}

/** Hears that an operation was made of a command. */
export type OnOperation = (operation: Operation) => void;

/** What a client has to ask with in one life. */
export interface LifeParts<Caller> {
  /** No other life of a client has it. */
  readonly name: string;
  readonly rng: Rng;
  readonly world: World;
  /** Runs `run` soon, inside the life. */
  act(run: (caller: Caller) => void): void;
  /** A question is about to be asked: what comes back is to hear how it ended. `what` is what "its" stands before. */
  question(what: string): (outcome: Ended) => void;
  /** A command is asked for within `run`. */
  command(what: string, run: (command: AskedCommand) => void): void;
}

/** What a client does in one life: it asks, writes down what it is told, and remembers it for what it asks next. */
export interface Life {
  /** Asks for something. */
  ask(deadlineMs: number): void;
  /** Asks for a change; `done` runs when that has had its effect. */
  probe(rng: Rng, deadlineMs: number, done: () => void): void;
  /** Asks for everything that there is; `done` runs when all of it was told. */
  readAll(deadlineMs: number, done: () => void): void;
}

export interface AskingClientParts<Caller> {
  readonly world: World;
  readonly client: SimClient<Caller>;
  readonly plan: ClientsPlan;
  readonly rng: Rng;
  readonly law: SessionLaw;
  readonly counts: OutcomeCounts;
  readonly newLife: (parts: LifeParts<Caller>) => Life;
}

/** A client through its lives, in each of which it knows nothing of those before. */
export class AskingClient<Caller> {
  readonly #parts: AskingClientParts<Caller>;
  /** Of the present life. */
  #name = "";
  #life: Life;
  /** What has not ended, of the present life, in words. */
  readonly #pending = new Map<object, string>();
  #lives = 0;
  /** Hears of the operation for which the client is about to ask. */
  #asking: OnOperation | undefined;

  constructor(parts: AskingClientParts<Caller>) {
    this.#parts = parts;
    this.#life = this.#begin();
  }

  get alive(): boolean {
    return this.#parts.client.alive;
  }

  /** Something that it has asked for and that has not ended. */
  get pending(): string | undefined {
    const [first] = this.#pending.values();
    return first && `${this.#name} has not heard what became of ${first}`;
  }

  get sim(): SimClient<Caller> {
    return this.#parts.client;
  }

  /** What it does in its present life. */
  get life(): Life {
    return this.#life;
  }

  /** Who hears of the operations that are made of what the client asks for at this moment. */
  get asking(): OnOperation | undefined {
    return this.#asking;
  }

  /** Begins a life: it remembers nothing. */
  start(): void {
    this.#parts.client.start();
    this.#life = this.#begin();
  }

  crash(): void {
    this.#parts.client.crash();
    this.#pending.clear();
  }

  /** Asks for something, unless as much as it may have is under way. While it is paused it asks for nothing: it would all be asked at once. */
  ask(): void {
    const { plan, rng, client } = this.#parts;
    if (client.process.paused) return;
    if (this.#pending.size < plan.inFlightMax) this.#life.ask(rng.pick(plan.deadlinesMs));
  }

  #begin(): Life {
    const { client, rng, world, newLife } = this.#parts;
    this.#lives += 1;
    this.#name = this.#lives === 1 ? client.id : `${client.id}-${this.#lives}`;
    this.#pending.clear();
    return newLife({
      name: this.#name,
      rng: rng.fork(`life ${this.#lives}`),
      world,
      act: (run) => client.act(run),
      question: (what) => this.#question(what),
      command: (what, run) => this.#command(what, run),
    });
  }

  /** Notes that something is under way; what is returned notes how it ended. */
  #under(what: string): (outcome: Ended) => void {
    const { counts } = this.#parts;
    const call = {};
    this.#pending.set(call, `its ${what}`);
    counts.called += 1;
    return (outcome) => {
      this.#pending.delete(call);
      counts[outcome.kind] += 1;
    };
  }

  #question(what: string): (outcome: Ended) => void {
    const ended = this.#under(what);
    return (outcome) => {
      ended(outcome);
      if (outcome.kind === "result") this.#parts.counts.reads += 1;
    };
  }

  #command(what: string, run: (command: AskedCommand) => void): void {
    const { law } = this.#parts;
    const client = this.#name;
    const ended = this.#under(what);
    let name: string | undefined;
    this.#asking = (operation) =>
      onAttempt(operation, (request) => {
        name = requestName(request);
        law.asked(request, client);
      });
    run({
      name: () => name,
      ended: (outcome) => {
        ended(outcome);
        if (outcome.kind === "refused" && name !== undefined) law.refused(name, client);
      },
    });
    this.#asking = undefined;
  }
}

/** Tells the request with every attempt that is made of an operation. */
function onAttempt(operation: Operation, told: (request: Request) => void): void {
  const attempt = operation.attempt.bind(operation);
  operation.attempt = () => {
    const bytes = attempt();
    told(decodeRequest(bytes));
    return bytes;
  };
}
