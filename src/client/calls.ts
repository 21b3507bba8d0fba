import type { Clock } from "../env/clock.ts";
import { abortedBy, Call, type Wish } from "./call.ts";
import type { CallOptions } from "./client.ts";
import { KvorumError } from "./errors.ts";
import { type Stop, stopped } from "./failure.ts";
import { timeout } from "./input.ts";

/** How much a client has under way. */
export interface CallLimits {
  /** Calls that the group is asked at the same time; others wait for their turn. */
  readonly inFlightMax: number;
  /** The bytes of keys and values of such calls; a single call may have more. */
  readonly inFlightBytesMax: number;
  /** Calls that may be under way or wait; one more is refused. */
  readonly callsMax: number;
}

/** What calls need of their surroundings. */
export interface CallsContext {
  readonly clock: Clock;
  readonly limits: CallLimits;
  /** Of calls that say nothing of it; `Infinity` is none. */
  readonly timeoutMs: number;
  /** Calls are under way from now on, or none are any more. */
  readonly busy: (isBusy: boolean) => void;
  /** A call has ended because the group has said something. */
  readonly answered: () => void;
  /** What keeps the group from answering, in a sentence, if that is known. */
  readonly trouble: () => string | undefined;
}

const closed: Stop = { code: "closed", sentence: "the client was closed" };

/**
 * A client's calls: each is a promise with a deadline and perhaps a signal. The group is asked only so much at once: whoever calls ten
 * thousand times in one go is served in turn.
 */
export class Calls {
  readonly #context: CallsContext;
  readonly #waiting = new Set<Call<never>>();
  readonly #inFlight = new Set<Call<never>>();
  #inFlightBytes = 0;
  #closed = false;

  constructor(context: CallsContext) {
    this.#context = context;
  }

  /** Calls that have not ended. */
  get open(): number {
    return this.#waiting.size + this.#inFlight.size;
  }

  run<R>(wish: Wish<R>, options: CallOptions): Promise<R> {
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs, trouble } = this.#context;
      const { signal } = options;
      const ends = { timeoutMs: timeout(options.timeoutMs, timeoutMs), signal };
      const refusal = this.#refusal(wish, signal);
      if (refusal !== undefined) return reject(refusal);
      const over = (call: Call<R>, answered: boolean): void => this.#over(call as Call<never>, answered);
      this.#enter(new Call(wish, clock, ends, { resolve, reject, over, trouble }) as Call<never>);
    });
  }

  /** Ends everything that is under way, and refuses what comes. */
  close(): void {
    this.#closed = true;
    for (const call of [...this.#inFlight, ...this.#waiting]) call.stop(closed);
  }

  #refusal<R>({ name, changes }: Wish<R>, signal: AbortSignal | undefined): KvorumError | undefined {
    const { callsMax } = this.#context.limits;
    const call = { name, changes, stop: undefined, trouble: undefined };
    if (this.#closed) return stopped(call, closed);
    if (signal?.aborted === true) return stopped(call, abortedBy(signal));
    if (this.open < callsMax) return undefined;
    return new KvorumError(
      "overloaded",
      `The ${name} was not done: ${callsMax} calls of this client are under way, and no more are allowed.`,
    );
  }

  #enter(call: Call<never>): void {
    if (this.open === 0) this.#context.busy(true);
    this.#waiting.add(call);
    this.#startSome();
    if (this.#waiting.has(call)) call.wait();
  }

  #over(call: Call<never>, answered: boolean): void {
    if (this.#inFlight.delete(call)) this.#inFlightBytes -= call.wish.bytes;
    this.#waiting.delete(call);
    if (answered) this.#context.answered();
    if (this.open === 0) this.#context.busy(false);
    else this.#startSome();
  }

  /** Starts what has waited longest, as far as there is room. */
  #startSome(): void {
    if (this.#closed) return;
    const { inFlightMax, inFlightBytesMax } = this.#context.limits;
    for (const call of this.#waiting) {
      const { bytes } = call.wish;
      const inFlight = this.#inFlight.size;
      if (inFlight >= inFlightMax || (inFlight > 0 && this.#inFlightBytes + bytes > inFlightBytesMax)) return;
      this.#waiting.delete(call);
      this.#inFlight.add(call);
      this.#inFlightBytes += bytes;
      call.start();
    }
  }
}
