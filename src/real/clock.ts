import { performance } from "node:perf_hooks";
import type { Cancel, Clock } from "../env/clock.ts";
import type { Turn } from "./turn.ts";

/** Timers hold at most so many milliseconds; a longer one is wound up again. */
const timerMsMax = 2 ** 31 - 1;

/** The machine's clocks and Node's timers. */
export class RealClock implements Clock {
  readonly #turn: Turn;
  readonly #keepsAlive: boolean;

  /** Whether a timer that is wound up keeps the process from ending by itself. */
  constructor(turn: Turn, keepsAlive = true) {
    this.#turn = turn;
    this.#keepsAlive = keepsAlive;
  }

  now(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  after(ms: number, run: () => void): Cancel {
    if (ms <= 0) return this.#turn.soon(run);
    const due = this.now() + ms;
    let timer: NodeJS.Timeout;
    const wind = (): void => {
      timer = setTimeout(ring, Math.min(Math.max(1, Math.ceil(due - this.now())), timerMsMax));
      if (!this.#keepsAlive) timer.unref();
    };
    // Node counts whole milliseconds of a clock of its own, and so comes up to one too early.
    const ring = (): void => {
      if (this.now() >= due) run();
      else wind();
    };
    wind();
    return () => clearTimeout(timer);
  }
}
