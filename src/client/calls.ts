import type { Clock } from "../env/clock.ts";
import { abortedBy, Call, type CallsOwner, type OwnedCall, type Wish } from "./call.ts";
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
  readonly #owner: CallsOwner;
  readonly #waiting = new Set<OwnedCall>();
  readonly #inFlight = new Set<OwnedCall>();
  #inFlightBytes = 0;
  #closed = false;

  constructor(context: CallsContext) {
    this.#context = context;
    const { clock, trouble } = context;
    this.#owner = { clock, trouble, over: (call, answered) => this.#over(call, answered) };
  }

  /** Calls that have not ended. */
  get open(): number {
    return this.#waiting.size + this.#inFlight.size;
  }

  run<R, T = R>(wish: Wish<R, T>, options: CallOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const timeoutMs = timeout(options.timeoutMs, this.#context.timeoutMs);
      const refusal = this.#refusal(wish, signal);
      if (refusal !== undefined) return reject(refusal);
      this.#enter(new Call(wish, { timeoutMs, signal, resolve, reject }, this.#owner));
    });
  }

  /** Ends everything that is under way, and refuses what comes. */
  close(): void {
    this.#closed = true;
    for (const call of [...this.#inFlight, ...this.#waiting]) call.stop(closed);
  }

  #refusal({ name, changes }: Pick<Wish<never>, "name" | "changes">, signal: AbortSignal | undefined): KvorumError | undefined {
    const { callsMax } = this.#context.limits;
    const stop = this.#closed ? closed : signal?.aborted === true ? abortedBy(signal) : undefined;
    if (stop !== undefined) return stopped({ name, changes, stop, trouble: undefined }, stop);
    if (this.open < callsMax) return undefined;
    return new KvorumError(
      "overloaded",
      `The ${name} was not done: ${callsMax} calls of this client are under way, and no more are allowed.`,
    );
  }

  #enter(call: OwnedCall): void {
    if (this.open === 0) this.#context.busy(true);
    if (this.#waiting.size === 0 && this.#hasRoomFor(call)) return this.#start(call);
    this.#waiting.add(call);
    call.wait();
  }

  #over(call: OwnedCall, answered: boolean): void {
    if (this.#inFlight.delete(call)) this.#inFlightBytes -= call.bytes;
    this.#waiting.delete(call);
    if (answered) this.#context.answered();
    if (this.open === 0) this.#context.busy(false);
    else this.#startSome();
  }

  /** Starts what has waited longest, as far as there is room. */
  #startSome(): void {
    if (this.#closed || this.#waiting.size === 0) return;
    for (const call of this.#waiting) {
      if (!this.#hasRoomFor(call)) return;
      this.#waiting.delete(call);
      this.#start(call);
    }
  }

  #hasRoomFor({ bytes }: OwnedCall): boolean {
    const { inFlightMax, inFlightBytesMax } = this.#context.limits;
    const inFlight = this.#inFlight.size;
    return inFlight === 0 || (inFlight < inFlightMax && this.#inFlightBytes + bytes <= inFlightBytesMax);
  }

  #start(call: OwnedCall): void {
    this.#inFlight.add(call);
    this.#inFlightBytes += call.bytes;
    call.start();
  }
}
