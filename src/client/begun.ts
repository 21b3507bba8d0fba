import type { Cancel, Clock } from "../env/clock.ts";
import type { MasterCaller } from "./master-caller.ts";
import type { CallOutcome } from "./outcome.ts";

/** A call of the shardmaster, as `Wish.begin`. */
type Begin<R> = (deadlineMs: number, done: (outcome: CallOutcome<R>) => void) => Cancel;

/** So long one waits before one asks again. */
const againMs = 100;

/**
 * Waits until a cluster has begun: its shape is fixed a moment after the shardmaster's servers are up for the first time, and until
 * then it refuses for ever what is only a little early.
 */
export class Begun {
  readonly #caller: MasterCaller;
  readonly #clock: Clock;
  #isBegun = false;

  constructor(caller: MasterCaller, clock: Clock) {
    this.#caller = caller;
    this.#clock = clock;
  }

  /** The same call, once the cluster has begun. Whatever ends it before has kept it from being sent. */
  once<R>(begin: Begin<R>): Begin<R> {
    return (deadlineMs, done) => (this.#isBegun ? begin(deadlineMs, done) : this.#wait(begin, deadlineMs, done));
  }

  #wait<R>(begin: Begin<R>, deadlineMs: number, done: (outcome: CallOutcome<R>) => void): Cancel {
    const deadline = this.#clock.now() + deadlineMs;
    let cancel: Cancel;
    const ask = (): void => {
      cancel = this.#caller.shape(deadline - this.#clock.now(), (outcome) => {
        if (outcome.kind === "result" && outcome.result.shape !== undefined) {
          this.#isBegun = true;
          cancel = begin(deadline - this.#clock.now(), done);
        } else if (outcome.kind === "result") rest();
        else done({ kind: "refused", why: "never_sent", detail: "detail" in outcome ? outcome.detail : outcome.kind });
      });
    };
    const rest = (): void => {
      const cancelTimer = this.#clock.after(againMs, ask);
      cancel = () => {
        cancelTimer();
        done({ kind: "refused", why: "never_sent", detail: "cancelled" });
      };
    };
    ask();
    return () => cancel();
  }
}
