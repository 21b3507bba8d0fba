import { assert } from "../../base/assert.ts";

/** Pages that may be under way at once in a lane: as many as hold so much together, if they are as large as its last one, ... */
const rowsAtOnce = 256;
const bytesAtOnce = 128 * 1024;
/** ... but not more; and so many before there was one. */
const atOnceMax = 8;
const atOnceFirst = 2;
/** For so long after a client was served, clients are there. */
const servedMs = 500;
/** It never rests longer than this. */
const restMsMax = 1000;

/** What a page holds. */
export interface PageSize {
  readonly rows: number;
  readonly bytes: number;
}

/** A page that is under way. */
interface Underway {
  readonly lane: string;
  readonly begun: number;
  /** The command that takes it in; undefined before it is proposed. */
  command: string | undefined;
}

/**
 * How fast a leader has pages of shards worked off, those that come and those that it clears. Pages of one lane go one at a time, or as many
 * as are a full one together. While clients are served, it rests after each for as long as that took, from the question to where it was
 * applied: so moving takes half of the time at most, and less of everybody's the more there is to do at either end. Nothing that is
 * logged hangs on it but when.
 */
export class Pace {
  readonly #underway = new Map<string, Underway>();
  /** By lane: how many of its pages may be under way. */
  readonly #rooms = new Map<string, number>();
  #restsUntil = -Infinity;
  #served = 0;
  /** What `#served` was when somebody looked last, and when it was seen to have grown. */
  #seen = 0;
  #servedAt = -Infinity;

  /** When the next page may begin. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** A client was served. */
  served(): void {
    this.#served += 1;
  }

  /** Whether a page that is known by `name` may begin now; it has begun then. */
  begin(lane: string, name: string, now: number): boolean {
    if (now < this.#restsUntil || this.#underway.has(name)) return false;
    const room = this.#rooms.get(lane) ?? atOnceFirst;
    let count = 0;
    for (const underway of this.#underway.values()) if (underway.lane === lane) count += 1;
    if (count >= room) return false;
    this.#underway.set(name, { lane, begun: now, command: undefined });
    return true;
  }

  /** There was no page: nothing was worked off. */
  leave(name: string): void {
    this.#underway.delete(name);
  }

  /** The page is at hand, and `command`, which takes it in, is proposed. */
  proposed(name: string, command: string, { rows, bytes }: PageSize): void {
    const underway = this.#underway.get(name);
    assert(underway !== undefined, "a page that is proposed has begun");
    underway.command = command;
    const room = Math.floor(Math.min(rowsAtOnce / Math.max(rows, 1), bytesAtOnce / Math.max(bytes, 1)));
    this.#rooms.set(underway.lane, Math.max(1, Math.min(atOnceMax, room)));
  }

  /** Ends pages whose commands nobody waits for any more: they are applied, or lost. */
  settle(waits: (command: string) => boolean, now: number): void {
    for (const [name, { command }] of this.#underway) if (command !== undefined && !waits(command)) this.end(name, now);
  }

  /** The page is worked off. */
  end(name: string, now: number): void {
    const underway = this.#underway.get(name);
    if (underway === undefined) return;
    this.#underway.delete(name);
    if (this.#served !== this.#seen) [this.#seen, this.#servedAt] = [this.#served, now];
    if (now - this.#servedAt >= servedMs) return;
    this.#restsUntil = Math.max(this.#restsUntil, now + Math.min(now - underway.begun, restMsMax));
  }

  /** Forgets what is under way, and what it has learned of lanes. */
  clear(): void {
    this.#underway.clear();
    this.#rooms.clear();
    this.#restsUntil = -Infinity;
  }
}
