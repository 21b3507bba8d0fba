import type { World } from "../../sim/world.ts";
import { CaseFailure } from "../failure.ts";

/** No case needs so much of the world's time: one that goes on for longer waits for what never comes. */
const endMs = 3_600_000;

/** New members admit each other within milliseconds, and learn their cluster's shape as soon as its shardmaster leads. */
const admissionMs = 10_000;

/** Lets Node run everything that can run now. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Runs a case, which waits with promises, in a simulated world, which knows none: the world goes on until somebody wakes, then
 * stands still until all that follows from it has run. So the order of things is the same in every run of a seed.
 */
export class Driver {
  readonly #world: World;
  #began = 0;
  #woken = false;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** The milliseconds since the case began. */
  get now(): number {
    return this.#world.now - this.#began;
  }

  /** Waits until the servers take part: the case's time begins then. */
  bringUp(areUp: () => boolean): void {
    this.runUntil(areUp, admissionMs, "the servers did not admit each other");
    this.#began = this.#world.now;
  }

  sleep(ms: number): Promise<void> {
    return this.until((wake) => this.#world.post(ms, () => wake()));
  }

  /** Begins something in the world, and waits until that calls `wake`. */
  until<T = void>(begin: (wake: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve) => {
      begin((value) => {
        this.#woken = true;
        resolve(value);
      });
    });
  }

  /** Ends the case: something is wrong that it cannot see. The first reason counts. */
  abort(reason: unknown): void {
    this.#aborted ??= { reason };
  }

  /** Runs the world until `arrived` says so, before or after a case. */
  runUntil(arrived: () => boolean, limitMs: number, failure: string): void {
    const end = this.#world.now + limitMs;
    while (!arrived()) {
      if (this.#aborted !== undefined) throw this.#aborted.reason;
      if (this.#world.now > end || !this.#world.step()) throw new CaseFailure(failure);
    }
  }

  /** Runs `body` to its end; throws what it throws, or what it was aborted for. */
  async run(body: () => Promise<void>): Promise<void> {
    const task: { ended: boolean; failure: { readonly reason: unknown } | undefined } = { ended: false, failure: undefined };
    body().then(
      () => {
        task.ended = true;
      },
      (reason: unknown) => {
        task.ended = true;
        task.failure = { reason };
      },
    );
    const end = this.#world.now + endMs;
    for (;;) {
      await turn();
      const failure = this.#aborted ?? task.failure;
      if (failure !== undefined) throw failure.reason;
      if (task.ended) return;
      this.#stepUntilWoken(end);
    }
  }

  #stepUntilWoken(end: number): void {
    this.#woken = false;
    while (!this.#woken && this.#aborted === undefined) {
      if (this.#world.now > end || !this.#world.step()) {
        this.abort(new CaseFailure(`the case waits for something that never comes, after ${endMs / 60_000} minutes`));
      }
    }
  }
}
