import { assert } from "../../base/assert.ts";
import { copyInto } from "../../base/copy.ts";
import { decode, encode, Malformed, type Packable } from "../../base/codec.ts";
import { whole } from "../fields.ts";
import { shardMax } from "./request.ts";
import type { Shard } from "../state/state-machine.ts";

/** What a session keeps of a command that was done: its result, or null where that was too large to keep. */
export type Kept = Uint8Array | null;

/** The list of a new row. Lists with room for one follow it, which is nearly always enough; a list that grows makes room for many. */
const none: never[] = [];

/** What is remembered of one client on one shard. A row that is missing means "new or forgotten". */
export class SessionRow {
  readonly shard: Shard;
  /** The highest that was told: numbers below it are refused, and nothing is known of them any more (rule S5). */
  #floor: number;
  /** The largest that was told: the row lives until the shard's log time has passed it (rule S4). */
  #validUntil: number;
  /** At the floor and above it, ascending. */
  #numbers: number[];
  /** The result of each number, in memory that is its own. */
  #results: Kept[];
  /** The memory of a result that was forgotten: nearly always the next one has as many bytes. */
  #spare: Uint8Array | undefined;
  #bytes = 0;

  constructor(shard: Shard, floor = 1, validUntil = 0, numbers: number[] = none, results: Kept[] = none) {
    this.shard = shard;
    this.#floor = floor;
    this.#validUntil = validUntil;
    this.#numbers = numbers;
    this.#results = results;
    for (const result of results) this.#bytes += bytesOf(result);
  }

  get floor(): number {
    return this.#floor;
  }

  get validUntil(): number {
    return this.#validUntil;
  }

  /** What is kept of a command that was done, as a copy; undefined when it was not. */
  resultOf(number: number): Kept | undefined {
    const at = this.#placeOf(number);
    if (this.#numbers[at] !== number) return undefined;
    const kept = this.#results[at] as Kept;
    return kept === null ? null : ownCopy(kept);
  }

  /** Whether it can keep one more result when it has forgotten those below `floor`. */
  hasRoom(floor: number, resultsMax: number, bytesMax: number): boolean {
    const gone = this.#placeOf(floor);
    if (this.#numbers.length - gone >= resultsMax) return false;
    if (this.#bytes <= bytesMax) return true;
    let bytes = this.#bytes;
    for (let i = 0; i < gone; i += 1) bytes -= bytesOf(this.#results[i] as Kept);
    return bytes <= bytesMax;
  }

  /** Notes a command that was done, and what its request told. The result is copied. */
  done(number: number, floor: number, validUntil: number, result: Kept): void {
    this.#raiseFloor(floor);
    this.#validUntil = Math.max(this.#validUntil, validUntil);
    const at = this.#placeOf(number);
    assert(number >= this.#floor && this.#numbers[at] !== number, "a number is done once");
    const kept = result === null ? null : this.#copy(result);
    this.#bytes += bytesOf(kept);
    if (this.#numbers === none) {
      this.#numbers = [number];
      this.#results = [kept];
      return;
    }
    insert(this.#numbers, at, number);
    insert(this.#results, at, kept);
  }

  encode(): Uint8Array {
    const [numbers, results] = [this.#numbers, this.#results];
    // A list that grows makes room for many, and nearly all rows hold one result.
    if (numbers.length === 1) return encode([this.shard, this.#floor, this.#validUntil, numbers[0] as number, results[0] as Kept]);
    const values: Packable[] = [this.shard, this.#floor, this.#validUntil];
    for (let i = 0; i < numbers.length; i += 1) values.push(numbers[i] as number, results[i] as Kept);
    return encode(values);
  }

  #raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    const gone = this.#placeOf(floor);
    this.#floor = floor;
    if (gone === 0) return;
    for (let i = 0; i < gone; i += 1) this.#bytes -= bytesOf(this.#results[i] as Kept);
    this.#spare = this.#results[gone - 1] ?? this.#spare;
    dropFirst(this.#numbers, gone);
    dropFirst(this.#results, gone);
  }

  #copy(result: Uint8Array): Uint8Array {
    const spare = this.#spare;
    if (spare?.length !== result.length) return ownCopy(result);
    this.#spare = undefined;
    copyInto(spare, result);
    return spare;
  }

  /** Where a number stands, or would stand. Nearly always that is at one of the ends. */
  #placeOf(number: number): number {
    const numbers = this.#numbers;
    let high = numbers.length;
    if (high === 0 || (numbers[high - 1] as number) < number) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Reads a row; throws `Malformed`. */
export function decodeSessionRow(bytes: Uint8Array): SessionRow {
  const values = decode(bytes);
  if (!Array.isArray(values) || values.length < 3 || values.length % 2 === 0) throw new Malformed("a session row has a head and pairs");
  const [shard, floor, validUntil] = [whole(values[0]), whole(values[1]), whole(values[2])];
  if (shard > shardMax || floor === 0) throw new Malformed("a session row names a shard and a floor");
  const numbers: number[] = [];
  const results: Kept[] = [];
  let before = floor - 1;
  for (let i = 3; i < values.length; i += 2) {
    const number = whole(values[i]);
    const result: unknown = values[i + 1];
    if (number <= before) throw new Malformed("the numbers of a session rise, from its floor on");
    if (result !== null && !(result instanceof Uint8Array)) throw new Malformed("a result is bytes, or lost");
    before = number;
    numbers.push(number);
    results.push(result === null ? null : ownCopy(result));
  }
  return new SessionRow(shard, floor, validUntil, numbers, results);
}

/** Nearly always at the end, where `splice` would make an array of nothing. */
function insert<T>(list: T[], at: number, item: T): void {
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}

/** As `splice`, without an array of what is gone, and with the room for what comes next. */
function dropFirst(list: unknown[], count: number): void {
  for (let i = count; i < list.length; i += 1) list[i - count] = list[i];
  for (let i = 0; i < count; i += 1) list.pop();
}

/** A result may be cut from larger memory, and is kept for as long as its client likes. */
function ownCopy(result: Uint8Array): Uint8Array {
  const copy = new Uint8Array(result.length);
  copyInto(copy, result);
  return copy;
}

function bytesOf(result: Kept): number {
  return result === null ? 0 : result.length;
}
