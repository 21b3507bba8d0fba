import { assert } from "../../base/assert.ts";
import { pullPagesMax } from "../migration/questions.ts";

/** Pages that may be under way at once in a lane: as many as hold so much together, if they are as large as its last one, ... */
const rowsAtOnce = 256;
const bytesAtOnce = 128 * 1024;
/** ... but not more, and so many where most clients wait for what comes; ... */
const atOnceMax = 8;
/** ... and so many before there was one. */
const atOnceFirst = 2;
/** Clients are there that were served, or had to wait, in this span of time or the one before. */
const thereMs = 500;
/** Who waits asks ten times a second; who is served asks again at once. */
const refusalWeight = 10;
/** Where no client waits, it rests so many times as long as a page took. */
const restTimes = 3;
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
 * How fast a leader has pages of shards worked off, those that come or those that it clears. Pages of one lane go one at a time, or as many
 * as are a full one together. While clients are served, it rests after each for three times as long as that took, from the question to where
 * it was applied: so moving takes a quarter of the time at most, and less of everybody's the more there is to do at either end. The more of
 * the clients wait for what comes, the less it rests, and where most do, pages are as large as may be: they are served nothing at all, the
 * others only later. Nothing that is logged hangs on it but when.
 */
export class Pace {
  readonly #underway = new Map<string, Underway>();
  /** By lane: how many of its pages may be under way. */
  readonly #rooms = new Map<string, number>();
  readonly #served = new Lately();
  readonly #refused = new Lately();
  #restsUntil = -Infinity;

  /** When the next page may begin. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** A client was served. */
  served(): void {
    this.#served.add();
  }

  /** A client was refused, because what it asks for has not come yet. */
  awaited(): void {
    this.#refused.add();
  }

  /** How large a page may be that is known by `name`, which has begun then; 0 when none may begin now. */
  begin(lane: string, name: string, now: number): number {
    if (now < this.#restsUntil || this.#underway.has(name)) return 0;
    const isAwaited = this.#waiting(now) > 0.5;
    const room = isAwaited ? atOnceMax : (this.#rooms.get(lane) ?? atOnceFirst);
    let count = 0;
    for (const underway of this.#underway.values()) if (underway.lane === lane) count += 1;
    if (count >= room) return 0;
    this.#underway.set(name, { lane, begun: now, command: undefined });
    return isAwaited ? pullPagesMax : 1;
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
    this.#waiting(now);
    for (const [name, { command }] of this.#underway) if (command !== undefined && !waits(command)) this.end(name, now);
  }

  /** The page is worked off. */
  end(name: string, now: number): void {
    const underway = this.#underway.get(name);
    if (underway === undefined) return;
    this.#underway.delete(name);
    if (this.#served.count(now) === 0) return;
    const restMs = (now - underway.begun) * restTimes * (1 - this.#waiting(now)) ** 2;
    this.#restsUntil = Math.max(this.#restsUntil, now + Math.min(restMs, restMsMax));
  }

  /** The share of the clients that wait for what comes, as far as can be told. */
  #waiting(now: number): number {
    const [served, waiting] = [this.#served.count(now), refusalWeight * this.#refused.count(now)];
    return waiting === 0 ? 0 : waiting / (served + waiting);
  }

  /** Forgets what is under way, and what it has learned of lanes. */
  clear(): void {
    this.#underway.clear();
    this.#rooms.clear();
    this.#restsUntil = -Infinity;
  }
}

/** How often something has happened lately. It happens so often that nobody asks for the time then. */
class Lately {
  #before = 0;
  #added = 0;
  #since = -Infinity;

  add(): void {
    this.#added += 1;
  }

  count(now: number): number {
    if (now - this.#since >= thereMs) [this.#before, this.#added, this.#since] = [this.#added, 0, now];
    return this.#before + this.#added;
  }
}
