import type { Cancel, Clock } from "../env/clock.ts";
import type { KvorumError } from "./errors.ts";
import { failureOf, type Stop, stopped } from "./failure.ts";
import type { KvOutcome } from "./kv-caller.ts";

/** What is called. */
export interface Wish<R> {
  /** The name of the operation, for sentences. */
  readonly name: string;
  /** Whether it changes anything when it is executed. */
  readonly changes: boolean;
  /** Of its key and value. */
  readonly bytes: number;
  readonly begin: (deadlineMs: number, done: (outcome: KvOutcome<R>) => void) => Cancel;
}

/** How a call can end, besides by an answer. */
export interface CallEnds {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Hears how a call ends. */
export interface CallEvents<R> {
  resolve(result: R): void;
  reject(error: KvorumError): void;
  /** It is over; `answered`: because the group has said something. Before it is resolved or rejected. */
  over(call: Call<R>, answered: boolean): void;
  /** What keeps the group from answering, in a sentence, if that is known. */
  trouble(): string | undefined;
}

/** One call from its beginning to its end: it waits until it is its turn, and then it is the group's. */
export class Call<R> {
  readonly wish: Wish<R>;
  readonly #clock: Clock;
  readonly #ends: CallEnds;
  readonly #events: CallEvents<R>;
  readonly #deadline: number;
  readonly #onAbort: (() => void) | undefined;
  #stop: Stop | undefined;
  /** Takes the question back, once the group is asked. */
  #cancel: Cancel | undefined;
  #cancelTimer: Cancel | undefined;

  constructor(wish: Wish<R>, clock: Clock, ends: CallEnds, events: CallEvents<R>) {
    this.wish = wish;
    this.#clock = clock;
    this.#ends = ends;
    this.#events = events;
    this.#deadline = clock.now() + ends.timeoutMs;
    const { signal } = ends;
    if (signal === undefined) return;
    this.#onAbort = () => this.stop(abortedBy(signal));
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** It has to wait for its turn: until then nobody but us looks after its deadline. */
  wait(): void {
    const { timeoutMs } = this.#ends;
    if (timeoutMs < Infinity) this.#cancelTimer = this.#clock.after(timeoutMs, () => this.stop(this.#late()));
  }

  /** Asks the group. */
  start(): void {
    this.#cancelTimer?.();
    const leftMs = this.#deadline - this.#clock.now();
    if (leftMs <= 0) this.stop(this.#late());
    else this.#cancel = this.wish.begin(leftMs, (outcome) => this.#ended(outcome));
  }

  /** Ends the call from this side. */
  stop(why: Stop): void {
    this.#stop = why;
    // The group's client ends it then, and knows best what became of it.
    if (this.#cancel !== undefined) return this.#cancel();
    this.#over(false);
    this.#events.reject(stopped(this.#failed(), why));
  }

  #ended(outcome: KvOutcome<R>): void {
    if (outcome.kind !== "result" && this.#stop === undefined && this.#clock.now() >= this.#deadline) this.#stop = this.#late();
    this.#over(this.#stop === undefined);
    if (outcome.kind === "result") this.#events.resolve(outcome.result);
    else this.#events.reject(failureOf(this.#failed(), outcome));
  }

  #over(answered: boolean): void {
    this.#cancelTimer?.();
    if (this.#onAbort !== undefined) this.#ends.signal?.removeEventListener("abort", this.#onAbort);
    this.#events.over(this, answered);
  }

  #failed(): Parameters<typeof failureOf>[0] {
    const { name, changes } = this.wish;
    return { name, changes, stop: this.#stop, trouble: this.#events.trouble() };
  }

  #late(): Stop {
    return { code: "timeout", sentence: `its ${this.#ends.timeoutMs} ms were over` };
  }
}

/** Why a call ends that this signal has aborted. */
export function abortedBy(signal: AbortSignal): Stop {
  return { code: "aborted", sentence: "it was aborted", cause: signal.reason };
}
