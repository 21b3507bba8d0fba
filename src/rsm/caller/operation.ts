import { assert } from "../../base/assert.ts";
import { type SessionOptions, sessionOptions } from "./caller-options.ts";
import { encodeRequest } from "../session/request.ts";
import type { ShardTimes } from "../shard-times.ts";
import { Sequence } from "./sequence.ts";
import type { RefusalCode, Refused, Shard } from "../state/state-machine.ts";

/** How the calls of a group end, seen from one group. */
export type Ending =
  | { readonly kind: "result"; readonly bytes: Uint8Array }
  /** Done, and the result is lost. */
  | { readonly kind: "lost" }
  /** The group refuses, and to ask it again does not help for now. */
  | { readonly kind: "refused"; readonly refusal: Refused }
  /** The deadline has passed, or whoever called has lost interest; `last` is the newest refusal that was not final. */
  | { readonly kind: "given_up"; readonly why: "deadline" | "cancelled"; readonly last: Refused | undefined }
  /** No server speaks with this client as it is; `detail` is a sentence. `unsent`: none ever did, and so nothing has reached the group. */
  | { readonly kind: "barred"; readonly detail: string; readonly unsent: boolean };

/** What became of a command, as far as its client can ever know. */
export type Outcome =
  | { readonly kind: "result"; readonly bytes: Uint8Array }
  /** It was executed, once; its result is lost. */
  | { readonly kind: "lost" }
  /** It was not executed, and never will be. */
  | { readonly kind: "refused"; readonly why: RefusalCode | "never_sent"; readonly detail: string }
  /** It may have been executed, or may yet be, until it is no longer valid. */
  | { readonly kind: "unknown"; readonly detail: string };

/** One client's session with the shards that it writes to: an id that nobody else has, and numbers for each shard. */
export class ClientSession {
  readonly options: SessionOptions;
  readonly #client: Uint8Array;
  readonly #sequences = new Map<Shard, Sequence>();
  /** What was told of shards for which nothing was asked yet, and when, by the client's clock. */
  readonly #told = new Map<Shard, { readonly time: number; readonly now: number }>();

  /** `client` is drawn at random for this session alone: a client that begins anew is another one (rule S8). */
  constructor(client: Uint8Array, options: Partial<SessionOptions> = {}) {
    this.#client = client;
    this.options = sessionOptions(options);
  }

  /** A command for a shard. It has no number before its first attempt. */
  operation(shard: Shard, command: Uint8Array): Operation {
    return new Operation(this, this.#sequences.get(shard) ?? this.#begin(shard), command);
  }

  /** What a leader, confirmed by a round, has said of shards' log times (rule S7). Who waits for one of them goes on. */
  learnTimes({ first, times }: ShardTimes, now: number): void {
    for (const [at, time] of times.entries()) {
      if (time === undefined) continue;
      const sequence = this.#sequences.get(first + at);
      if (sequence === undefined) this.#told.set(first + at, { time, now });
      else sequence.learnTime(time, now);
    }
  }

  #begin(shard: Shard): Sequence {
    const sequence = new Sequence(this.#client, shard, this.options);
    this.#sequences.set(shard, sequence);
    const told = this.#told.get(shard);
    if (told !== undefined) sequence.learnTime(told.time, told.now);
    this.#told.delete(shard);
    return sequence;
  }
}

/**
 * One command of a client, through all its attempts, with whatever groups. All attempts have the same number and the same validity
 * (rule S1); it remembers what is needed to say in the end what became of it (rule S9).
 */
export class Operation {
  readonly session: ClientSession;
  readonly sequence: Sequence;
  readonly #command: Uint8Array;
  #number = 0;
  #validUntil = 0;
  #bytes: Uint8Array | undefined;
  #attempts = 0;
  #refusals = 0;
  #concluded = false;

  constructor(session: ClientSession, sequence: Sequence, command: Uint8Array) {
    this.session = session;
    this.sequence = sequence;
    this.#command = command;
  }

  /** Whether it has its number. */
  get isNumbered(): boolean {
    return this.#bytes !== undefined;
  }

  /** The request, for an attempt that is made now. A number is allocated for the first. */
  attempt(): Uint8Array {
    if (this.#bytes === undefined) {
      const { number, validUntil } = this.sequence.allocate();
      this.#number = number;
      this.#validUntil = validUntil;
      this.#encode();
    }
    this.#attempts += 1;
    return this.#bytes as Uint8Array;
  }

  /** An attempt was answered by a refusal: it has done nothing and will do nothing. */
  attemptRefused(): void {
    this.#refusals += 1;
  }

  /** Tells with the next attempt what the client has ceased to wait for meanwhile, so that the group can forget it. */
  renewFloor(): void {
    if (this.#bytes !== undefined) this.#encode();
  }

  /** What its client is to be told. The number is done with, and no attempt is made any more. */
  conclude(ending: Ending): Outcome {
    assert(!this.#concluded, "an operation ends once");
    this.#concluded = true;
    if (this.#number > 0) this.sequence.end(this.#number);
    if (ending.kind === "result" || ending.kind === "lost") return ending;
    if (ending.kind === "barred") return this.#barred(ending);
    const refusal = ending.kind === "refused" ? ending.refusal : ending.last;
    const detail = refusal?.detail ?? (ending.kind === "given_up" ? ending.why : "");
    if (this.#attempts === 0) return { kind: "refused", why: refusal?.why ?? "never_sent", detail };
    // What is wrong with the bytes alone is wrong in every attempt; of all else, each single one must have been refused (rule S9).
    const isDefinite = refusal?.why === "bad_request" || (!this.session.options.mayDouble && this.#attempts === this.#refusals);
    if (refusal !== undefined && isDefinite) return { kind: "refused", why: refusal.why, detail };
    return { kind: "unknown", detail: refusal === undefined ? detail : `${refusal.why}: ${detail}` };
  }

  #barred({ detail, unsent }: Extract<Ending, { kind: "barred" }>): Outcome {
    return unsent || this.#attempts === 0 ? { kind: "refused", why: "never_sent", detail } : { kind: "unknown", detail };
  }

  #encode(): void {
    const { client, shard, floor } = this.sequence;
    const [number, validUntil, command] = [this.#number, this.#validUntil, this.#command];
    this.#bytes = encodeRequest({ client, number, shard, floor, validUntil, command });
  }
}
