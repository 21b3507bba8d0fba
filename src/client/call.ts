import type { Cancel, Clock } from "../env/clock.ts";
import { failureOf, type Stop, stopped } from "./failure.ts";
import type { CallOutcome } from "./outcome.ts";

/** What is called, and what its result is to the caller: a `T`. */
export interface Wish<R, T = R> {
  /** The name of the operation, for sentences. */
  readonly name: string;
  /** Whether it changes anything when it is executed. */
  readonly changes: boolean;
  /** Of its key and value. */
  readonly bytes: number;
  readonly begin: Begin<R>;
  /** What is thrown here is what the call rejects with. Left out where the caller gets the group's result as it is. */
  readonly take?: ((result: R) => T) | undefined;
}

/** Asks the group. */
export type Begin<R> = (deadlineMs: number, done: (outcome: CallOutcome<R>) => void) => Cancel;

/** How a call can end. */
export interface CallEnds<T> {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
}

/** What calls are to whoever has them. */
export interface CallsOwner {
  readonly clock: Clock;
  /** What keeps the group from answering, in a sentence, if that is known. */
  readonly trouble: () => string | undefined;
  /** The call is over; `answered`: because the group has said something. Before it is resolved or rejected. */
  over(call: OwnedCall, answered: boolean): void;
}

/** What whoever has calls does with each. */
export interface OwnedCall {
  /** Of its key and value. */
  readonly bytes: number;
  /** It has to wait for its turn: until then nobody but us looks after its deadline. */
  wait(): void;
  /** Asks the group. */
  start(): void;
  /** Ends the call from this side. */
  stop(why: Stop): void;
}

/** One call from its beginning to its end: it waits until it is its turn, and then it is the group's. */
export class Call<R, T> implements OwnedCall {
  readonly bytes: number;
  readonly #name: string;
  readonly #changes: boolean;
  /** Gone when the group is asked: what is asked need not be kept here then. */
  #begin: Begin<R> | undefined;
  readonly #take: Wish<R, T>["take"];
  readonly #ends: CallEnds<T>;
  readonly #owner: CallsOwner;
  readonly #deadline: number;
  readonly #onAbort: (() => void) | undefined;
  #stop: Stop | undefined;
  /** Takes the question back, once the group is asked. */
  #cancel: Cancel | undefined;
  #cancelTimer: Cancel | undefined;

  constructor({ name, changes, bytes, begin, take }: Wish<R, T>, ends: CallEnds<T>, owner: CallsOwner) {
    this.bytes = bytes;
    this.#name = name;
    this.#changes = changes;
    this.#begin = begin;
    this.#take = take;
    this.#ends = ends;
    this.#owner = owner;
    const { timeoutMs, signal } = ends;
    this.#deadline = timeoutMs === Infinity ? Infinity : owner.clock.now() + timeoutMs;
    if (signal === undefined) return;
    this.#onAbort = () => this.stop(abortedBy(signal));
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  wait(): void {
    const { timeoutMs } = this.#ends;
    if (timeoutMs < Infinity) this.#cancelTimer = this.#owner.clock.after(timeoutMs, () => this.stop(this.#late()));
  }

  start(): void {
    this.#cancelTimer?.();
    const leftMs = this.#deadline === Infinity ? Infinity : this.#deadline - this.#owner.clock.now();
    if (leftMs <= 0) return this.stop(this.#late());
    this.#cancel = this.#begin?.(leftMs, (outcome) => this.#ended(outcome));
    this.#begin = undefined;
  }

  stop(why: Stop): void {
    this.#stop = why;
    // The group's client ends it then, and knows best what became of it.
    if (this.#cancel !== undefined) return this.#cancel();
    this.#over(false);
    this.#ends.reject(stopped(this.#failed(), why));
  }

  #ended(outcome: CallOutcome<R>): void {
    if (outcome.kind !== "result" && this.#stop === undefined && this.#owner.clock.now() >= this.#deadline) this.#stop = this.#late();
    this.#over(this.#stop === undefined);
    if (outcome.kind === "result") this.#resolve(outcome.result);
    else this.#ends.reject(failureOf(this.#failed(), outcome));
  }

  #resolve(result: R): void {
    const { resolve, reject } = this.#ends;
    try {
      // Without `take` the two types are one.
      resolve(this.#take === undefined ? (result as unknown as T) : this.#take(result));
    } catch (error) {
      reject(error);
    }
  }

  #over(answered: boolean): void {
    this.#cancelTimer?.();
    if (this.#onAbort !== undefined) this.#ends.signal?.removeEventListener("abort", this.#onAbort);
    this.#owner.over(this, answered);
  }

  #failed(): Parameters<typeof failureOf>[0] {
    return { name: this.#name, changes: this.#changes, stop: this.#stop, trouble: this.#owner.trouble() };
  }

  #late(): Stop {
    return { code: "timeout", sentence: `its ${Math.round(this.#ends.timeoutMs)} ms were over` };
  }
}

/** Why a call ends that this signal has aborted. */
export function abortedBy(signal: AbortSignal): Stop {
  return { code: "aborted", sentence: "it was aborted", cause: signal.reason };
}
