import type { Cancel, Clock } from "../../env/clock.ts";

/**
 * The transport's sense of time: one timer for all connections. A beat that comes late counts as `beatMsMax` at most, so that a
 * process that was stopped, or busy, does not hold its own absence against its peers: what they said meanwhile is read first.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #beatMs: number;
  readonly #beatMsMax: number;
  readonly #onBeat: () => void;
  #now = 0;
  #last: number;
  #cancel: Cancel;

  constructor(clock: Clock, beatMs: number, beatMsMax: number, onBeat: () => void) {
    this.#clock = clock;
    this.#beatMs = beatMs;
    this.#beatMsMax = beatMsMax;
    this.#onBeat = onBeat;
    this.#last = clock.now();
    this.#cancel = clock.after(beatMs, this.#beat);
  }

  /** Milliseconds that this process was awake, as of the last beat. */
  get now(): number {
    return this.#now;
  }

  stop(): void {
    this.#cancel();
  }

  readonly #beat = (): void => {
    const now = this.#clock.now();
    this.#now += Math.min(now - this.#last, this.#beatMsMax);
    this.#last = now;
    this.#cancel = this.#clock.after(this.#beatMs, this.#beat);
    this.#onBeat();
  };
}
