import type { Cancel, Clock } from "../env/clock.ts";

/** What a ticker drives. */
export interface Ticked {
  tick(): void;
  /** Until which tick from now on nothing is due: 1 or more. */
  ticksToSleep(): number;
}

/** A timer that fires to the point is not found too early for want of a last digit, again and again without time passing. */
const roundingTicks = 1e-6;

/**
 * Raft's time: one tick every `tickMs`, with a phase of its own. It sleeps over ticks that would only count, and makes them up
 * before anything else happens: the core cannot tell the difference, and an idle replica costs next to nothing.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #ticked: Ticked;
  readonly #wake: () => void;
  readonly #phaseMs: number;
  /** When the last tick that was made was due. */
  #last: number;
  #cancel: Cancel | undefined;
  #wakeAt = 0;

  /** `phase` from 0 to 1 shifts the first tick; `wake` runs when a tick is due, and calls `catchUp`. */
  constructor(clock: Clock, tickMs: number, phase: number, ticked: Ticked, wake: () => void) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#ticked = ticked;
    this.#wake = wake;
    this.#phaseMs = phase * tickMs;
    this.#last = clock.now() - this.#phaseMs;
  }

  /** Begins to tick now: time that has passed since it was made does not count, and who waited together does not wake up together. */
  start(): void {
    this.#last = this.#clock.now() - this.#phaseMs;
    this.sleep();
  }

  /** Makes the ticks that have fallen due; after a long pause no more than until something happens, so that time does not run wild. */
  catchUp(): void {
    const due = Math.floor((this.#clock.now() - this.#last) / this.#tickMs + roundingTicks);
    if (due <= 0) return;
    this.#last += due * this.#tickMs;
    for (let i = Math.min(due, this.#ticked.ticksToSleep()); i > 0; i -= 1) this.#ticked.tick();
  }

  /** Sees to it that `wake` runs at the next tick that does something. */
  sleep(): void {
    const wakeAt = this.#last + this.#ticked.ticksToSleep() * this.#tickMs;
    // A timer that fires too early costs one look; one that is moved at every packet costs far more.
    if (this.#cancel !== undefined && this.#wakeAt <= wakeAt) return;
    this.#cancel?.();
    this.#wakeAt = wakeAt;
    this.#cancel = this.#clock.after(Math.max(0, wakeAt - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#wake();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
