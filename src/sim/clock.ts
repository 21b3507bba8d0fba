import { assert } from "../base/assert.ts";
import type { Rng } from "../base/rng.ts";
import type { Cancel, Clock } from "../env/clock.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** How far servers' clocks are from the truth. */
export interface ClockOptions {
  /** How many of its milliseconds a server counts in one of the world's: each server draws one number between the two. */
  readonly rateMin: number;
  readonly rateMax: number;
  /** The wall clock is off by up to so much, either way. */
  readonly wallErrorMaxMs: number;
}

/** What of a clock is the machine's and outlives the process. */
export interface ClockHardware {
  readonly rate: number;
  /** Added to the true time since 1970; may be changed at any moment. */
  wallErrorMs: number;
}

/** The moment at which every universe begins, by a right clock. */
const epochMs = Date.UTC(2026, 0, 1);

/** Of what lies beyond the last digit of a time, this is far more, and far less than anybody can notice. */
const roundingMs = 1e-6;

const nothing: Cancel = () => {};

export function drawClock(options: ClockOptions, rng: Rng): ClockHardware {
  return {
    rate: rng.between(options.rateMin, options.rateMax),
    wallErrorMs: rng.between(-options.wallErrorMaxMs, options.wallErrorMaxMs),
  };
}

/** The clock of one life: it begins anywhere, runs at the machine's own speed, and its timers die with the life. */
export class SimClock implements Clock {
  readonly #world: World;
  readonly #life: Life;
  readonly #hardware: ClockHardware;
  readonly #rate: number;
  readonly #bornMs: number;
  #offsetMs: number;

  constructor(world: World, life: Life, hardware: ClockHardware, rng: Rng) {
    this.#world = world;
    this.#life = life;
    this.#hardware = hardware;
    this.#rate = hardware.rate;
    this.#bornMs = world.now;
    this.#offsetMs = rng.between(0, 1e6);
  }

  now(): number {
    return this.#offsetMs + (this.#world.now - this.#bornMs) * this.#rate;
  }

  wallMs(): number {
    return Math.floor(epochMs + this.#world.now + this.#hardware.wallErrorMs);
  }

  after(ms: number, run: () => void): Cancel {
    assert(ms >= 0, "a timer lies ahead");
    if (!this.#life.alive) return nothing;
    const delay = ms === 0 ? 0 : ms / this.#rate + roundingMs;
    return this.#world.after(delay, run, this.#life);
  }

  /** Makes the clock jump ahead; timers that wait do not hear of it and are late. */
  leap(ms: number): void {
    assert(ms >= 0, "a monotonic clock never falls");
    this.#offsetMs += ms;
  }
}
