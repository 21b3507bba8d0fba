import type { Cancel, Clock } from "../../../src/env/clock.ts";

/** A clock that goes when it is told to. */
export class HandClock implements Clock {
  #now = 0;
  #alarms: { readonly due: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const alarm = { due: this.#now + ms, run };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** The time leaps, as after a pause: what is due rings once, late. */
  leap(ms: number): void {
    this.#now += ms;
    const due = this.#alarms.filter((alarm) => alarm.due <= this.#now);
    this.#alarms = this.#alarms.filter((alarm) => alarm.due > this.#now);
    for (const { run } of due) run();
  }
}
