import { present } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";

/** What waits of one client, in its order. */
interface Lane<T> {
  readonly items: { readonly item: T; readonly cost: number }[];
  /** When its first item would be done, or the last one that it had: on the clock of the service that all get at once. */
  done: number;
  /** Of lanes that would be done at once, the one that came to its place earlier is first. */
  turn: number;
}

/** Lanes of clients of whom nothing waits are looked through when there are so many lanes, or twice as many as were left the last time. */
const lanesMin = 64;

/**
 * What waits of many clients. Next is what would be done first if all were served at once, each at the same rate, by what things cost and
 * not by how many they are. So each has its turn after every other, however much it has waiting; who asks for little, and no more than its
 * part, waits for none of those who ask for much; and nobody waits for ever. What waits of one client stays in its order.
 *
 * (Fair queueing, as in Demers, Keshav and Shenker, 1989. Its clock goes forward by what was taken, divided by those who waited.)
 */
export class FairQueue<T> {
  /** Also of clients of whom nothing waits, as long as they are ahead of the clock. */
  readonly #lanes = new Map<ServerId, Lane<T>>();
  /** The lanes in which something waits: a binary heap. */
  readonly #heap: Lane<T>[] = [];
  #lanesMax = lanesMin;
  #now = 0;
  #turns = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** What `take` would take. */
  get next(): T | undefined {
    return this.#heap[0]?.items[0]?.item;
  }

  push(client: ServerId, item: T, cost = 1): void {
    const lane = this.#laneOf(client);
    lane.items.push({ item, cost });
    this.#count += 1;
    if (lane.items.length > 1) return;
    this.#queue(lane, Math.max(lane.done, this.#now), cost);
    this.#heap.push(lane);
    this.#rise(lane);
  }

  /** What is next; it waits no more. */
  take(): T | undefined {
    const lane = this.#heap[0];
    if (lane === undefined) return undefined;
    const { item, cost } = present(lane.items.shift(), "a lane in the heap has something waiting");
    this.#count -= 1;
    this.#now += cost / this.#heap.length;
    const next = lane.items[0];
    if (next === undefined) this.#dropFirst();
    else {
      this.#queue(lane, lane.done, next.cost);
      this.#sink(lane);
    }
    // When everybody has been given what he asked for, nobody is ahead of anybody.
    if (this.#count === 0) this.#forgetAll();
    return item;
  }

  /** Everything, in the order of the turns. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) all.push(item);
    return all;
  }

  /** Its first item, which costs so much, is served from then on. */
  #queue(lane: Lane<T>, begin: number, cost: number): void {
    lane.done = begin + cost;
    this.#turns += 1;
    lane.turn = this.#turns;
  }

  #laneOf(client: ServerId): Lane<T> {
    const known = this.#lanes.get(client);
    if (known !== undefined) return known;
    if (this.#lanes.size >= this.#lanesMax) this.#forgetIdle();
    const lane: Lane<T> = { items: [], done: 0, turn: 0 };
    this.#lanes.set(client, lane);
    return lane;
  }

  #forgetIdle(): void {
    for (const [client, { items, done }] of this.#lanes) if (items.length === 0 && done <= this.#now) this.#lanes.delete(client);
    this.#lanesMax = Math.max(lanesMin, 2 * this.#lanes.size);
  }

  #forgetAll(): void {
    this.#lanes.clear();
    this.#lanesMax = lanesMin;
    this.#now = 0;
  }

  #dropFirst(): void {
    const last = present(this.#heap.pop(), "a heap from which something is taken is not empty");
    if (this.#heap.length > 0) this.#sink(last);
  }

  /** The lane that stands last moves up to its place. */
  #rise(lane: Lane<T>): void {
    const heap = this.#heap;
    let hole = heap.length - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent] as Lane<T>;
      if (!isBefore(lane, above)) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = lane;
  }

  /** The lane takes the first place, and moves down to its own. */
  #sink(lane: Lane<T>): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      const left = 2 * hole + 1;
      const right = heap[left + 1];
      const least = right !== undefined && isBefore(right, heap[left] as Lane<T>) ? left + 1 : left;
      const below = heap[least];
      if (below === undefined || !isBefore(below, lane)) break;
      heap[hole] = below;
      hole = least;
    }
    heap[hole] = lane;
  }
}

function isBefore<T>(a: Lane<T>, b: Lane<T>): boolean {
  return a.done === b.done ? a.turn < b.turn : a.done < b.done;
}
