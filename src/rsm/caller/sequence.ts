import { assert } from "../../base/assert.ts";
import type { SessionOptions } from "./caller-options.ts";
import type { Refused, Shard } from "../state/state-machine.ts";

/** What waits until a number may be allocated. */
export interface Waiter {
  /** Perhaps it may be now: whoever still cannot go on waits again. */
  proceed(): void;
  /** The group from which the log time was to be learned refuses. */
  refuse(refusal: Refused): void;
}

/**
 * One client's numbers on one shard (rules S1, S2, S6, S7): each is allocated once, to one command, with a time until which it is valid.
 * It belongs to the shard, not to a group: it goes on when the shard moves.
 */
export class Sequence {
  readonly client: Uint8Array;
  readonly shard: Shard;
  readonly #options: SessionOptions;
  #next = 1;
  #floor = 1;
  /** Numbers above the floor that are done with. */
  readonly #ended = new Set<number>();
  /** Of the number allocated last. */
  #validUntil = 0;
  #time = 0;
  /** When the log time was learned, by the client's clock. */
  #learnedAt: number | undefined;
  readonly #waiters = new Set<Waiter>();

  constructor(client: Uint8Array, shard: Shard, options: SessionOptions) {
    this.client = client;
    this.shard = shard;
    this.#options = options;
  }

  /** The lowest number that is still waited for, or the next one: what a request tells of all numbers below it (rule S6). */
  get floor(): number {
    return this.#floor;
  }

  get isFull(): boolean {
    return this.#next - this.#floor >= this.#options.windowMax;
  }

  get hasWaiters(): boolean {
    return this.#waiters.size > 0;
  }

  /**
   * Whether the log time must be read before a number is allocated. What is known of it grows old, and only makes commands valid for
   * less: the client's own clock is not added, because log time stands still while the group is down.
   */
  needsTime(now: number): boolean {
    return this.#learnedAt === undefined || now - this.#learnedAt > this.#options.validMs / 4;
  }

  /** What a leader, confirmed by a round, has said that the shard's log time is (rule S7). */
  learnTime(time: number, now: number): void {
    this.#time = Math.max(this.#time, time);
    this.#learnedAt = now;
    this.#release();
  }

  /** Waits until there is room and the time is known. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  /** Waits no more. */
  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** The log time cannot be learned where it was asked for. */
  refuseWaiters(refusal: Refused): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.refuse(refusal);
  }

  /** The next number, for one command; its validity never falls below that of an earlier number (rule S2). */
  allocate(): { readonly number: number; readonly validUntil: number } {
    assert(this.#learnedAt !== undefined && !this.isFull, "a number is allocated when the time is known and there is room");
    const number = this.#next;
    this.#next += 1;
    this.#validUntil = Math.max(this.#validUntil, this.#time + this.#options.validMs);
    return { number, validUntil: this.#validUntil };
  }

  /** Nobody waits for that number any more: its result has come, or it was given up. */
  end(number: number): void {
    assert(number >= this.#floor && number < this.#next && !this.#ended.has(number), "a number ends once");
    if (number !== this.#floor) this.#ended.add(number);
    else this.#floor += 1;
    while (this.#ended.size > 0 && this.#ended.delete(this.#floor)) this.#floor += 1;
    this.#release();
  }

  /** Each waiter has its turn once, as long as there is room. */
  #release(): void {
    for (let left = this.#waiters.size; left > 0 && !this.isFull; left -= 1) {
      const [first] = this.#waiters;
      if (first === undefined) return;
      this.#waiters.delete(first);
      first.proceed();
    }
  }
}
