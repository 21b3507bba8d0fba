import { assert } from "../base/assert.ts";
import type { Rng } from "../base/rng.ts";
import type { Cancel } from "../env/clock.ts";
import { type EventOwner, EventQueue, type QueuedEvent } from "./event-queue.ts";

/** Told after every event; `ran` names the owners whose code ran since the last call, in order, and is only lent. */
export type EventHook = (ran: readonly EventOwner[]) => void;

const nothing: Cancel = () => {};

/**
 * A simulated universe: virtual time in milliseconds, and what is going to happen in it. Events of the same time run in the order
 * in which they were asked for. Whatever happens by chance is drawn from `rng`, so the seed decides everything.
 */
export class World {
  readonly rng: Rng;
  readonly #queue = new EventQueue();
  readonly #hooks: EventHook[] = [];
  readonly #ran: EventOwner[] = [];
  #now = 0;
  #events = 0;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** Milliseconds since the universe began. */
  get now(): number {
    return this.#now;
  }

  /** Events that have run. */
  get events(): number {
    return this.#events;
  }

  /** Events that wait, the cancelled ones whose time has not come among them. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Runs `run` at `time`, which has not passed. */
  at(time: number, run: () => void, owner?: EventOwner): Cancel {
    const event = this.#enqueue(time, run, owner);
    return () => {
      event.run = nothing;
      event.owner = undefined;
    };
  }

  /** Runs `run` when `ms` milliseconds have passed, never from inside this call. */
  after(ms: number, run: () => void, owner?: EventOwner): Cancel {
    return this.at(this.#now + ms, run, owner);
  }

  /** As `after`, for what nobody will call off: it costs a closure less. */
  post(ms: number, run: () => void, owner?: EventOwner): void {
    this.#enqueue(this.#now + ms, run, owner);
  }

  /** Calls `hook` after every event until cancelled. An error that it throws comes out of `step`. */
  afterEvent(hook: EventHook): Cancel {
    this.#hooks.push(hook);
    return () => {
      const at = this.#hooks.indexOf(hook);
      if (at >= 0) this.#hooks.splice(at, 1);
    };
  }

  /** Owners say here that their code runs now, for the hooks to know. */
  note(owner: EventOwner): void {
    if (this.#hooks.length > 0) this.#ran.push(owner);
  }

  /** Runs the next event, if there is one. An error that it throws comes out of here, and the universe can still go on. */
  step(): boolean {
    for (;;) {
      const event = this.#queue.first();
      if (event === undefined) return false;
      if (event.run !== nothing) break;
      this.#queue.removeFirst();
    }
    this.#runFirst();
    return true;
  }

  /** Runs everything up to and including `time`, at which the universe then stands. */
  runUntil(time: number): void {
    assert(time >= this.#now, "time does not run back");
    const queue = this.#queue;
    while (queue.firstTime() <= time) {
      if (queue.first()?.run === nothing) queue.removeFirst();
      else this.#runFirst();
    }
    this.#now = time;
  }

  runFor(ms: number): void {
    this.runUntil(this.#now + ms);
  }

  #enqueue(time: number, run: () => void, owner: EventOwner | undefined): QueuedEvent {
    // Written so that NaN is refused too.
    assert(time >= this.#now && time < Infinity, "an event lies ahead");
    return this.#queue.add(time, run, owner);
  }

  #runFirst(): void {
    this.#now = this.#queue.firstTime();
    const event = this.#queue.removeFirst();
    this.#events += 1;
    if (event.owner === undefined) event.run();
    else event.owner.enter(event);
    if (this.#hooks.length > 0) this.#callHooks();
  }

  #callHooks(): void {
    try {
      for (const hook of this.#hooks) hook(this.#ran);
    } finally {
      this.#ran.length = 0;
    }
  }
}
