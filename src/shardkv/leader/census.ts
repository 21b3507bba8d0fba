import type { Clock } from "../../env/clock.ts";
import type { KeyRange, Row } from "../../env/storage.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { StateView } from "../../rsm/state/state.ts";
import type { ShardOf } from "../../shardmaster/partitioner.ts";
import type { CopyFigures, CopyKind, GroupFigures } from "../migration/group-report.ts";
import { type Picture, readPicture } from "../migration/picture.ts";
import { dataRange, epochOfData, keyOfData, shardOfKey, shardRange, valueOfData } from "../rows.ts";
import { decodeShardRow } from "../shard-row.ts";

export interface CensusParts {
  readonly clock: Clock;
  readonly shards: number;
  readonly shardOf: ShardOf;
  /** Reads the state as of everything applied; nothing comes of it when the state is replaced. */
  readonly look: (use: (view: StateView, close: () => void) => void) => void;
}

/** How much of the store one look takes in. */
const pageLimits = { rowsMax: 1000, bytesMax: 1024 * 1024 };
/** Between two looks it rests for so many times as long as the look took, and not less than a moment. */
const restFactor = 9;
const restMinMs = 5;
/** A count is good for so long, and for so many times as long as it took: who asks all the time has a hundredth of the time spent on it. */
const freshMs = 500;
const freshFactor = 10;

/** Keys and bytes of one copy of a shard. */
interface Tally {
  readonly shard: Shard;
  readonly epoch: number;
  keys: number;
  bytes: number;
}

/**
 * Counts how much each copy of a shard holds, when somebody asks: in the background, in at most a tenth of the time, and again only
 * when the last count has become old. So a write costs nothing for it, and a question costs no walk. What is written while it counts
 * is in the count or is not.
 */
export class Census {
  readonly #parts: CensusParts;
  #last: { readonly begun: number; readonly tookMs: number; readonly copies: readonly CopyFigures[] } | undefined;
  /** The count that is under way; what an older one comes to counts no more. */
  #count: symbol | undefined;

  constructor(parts: CensusParts) {
    this.#parts = parts;
  }

  /** Whether a count is under way. */
  get isCounting(): boolean {
    return this.#count !== undefined;
  }

  /** The last count, if there was one; another one begins if it is old. */
  figures(): GroupFigures | undefined {
    const now = this.#parts.clock.now();
    const last = this.#last;
    const isOld = last === undefined || now - last.begun > Math.max(freshMs, freshFactor * last.tookMs);
    if (isOld && this.#count === undefined) this.#begin(now);
    return last && { ageMs: Math.round(now - last.begun), copies: last.copies };
  }

  /** Forgets everything; a count that is under way comes to nothing. */
  forget(): void {
    this.#last = undefined;
    this.#count = undefined;
  }

  #begin(begun: number): void {
    const count = Symbol("count");
    this.#count = count;
    const tallies = new Map<string, Tally>();
    this.#walk(count, dataRange(undefined, undefined), tallies, () =>
      this.#sort(count, tallies, (copies) => {
        this.#count = undefined;
        this.#last = { begun, tookMs: this.#parts.clock.now() - begun, copies };
      }),
    );
  }

  #walk(count: symbol, range: KeyRange, tallies: Map<string, Tally>, done: () => void): void {
    const { clock, look } = this.#parts;
    const begun = clock.now();
    look((view, close) =>
      view.scan(range, pageLimits, (rows, rest) => {
        close();
        if (this.#count !== count) return;
        for (const row of rows) this.#add(row, tallies);
        if (rest === undefined) return done();
        const restMs = Math.max(restMinMs, restFactor * (clock.now() - begun));
        clock.after(restMs, () => this.#count === count && this.#walk(count, rest, tallies, done));
      }),
    );
  }

  #add({ key, value }: Row, tallies: Map<string, Tally>): void {
    const own = keyOfData(key);
    const [shard, epoch] = [this.#parts.shardOf(own), epochOfData(key)];
    const name = `${shard} ${epoch}`;
    let tally = tallies.get(name);
    if (tally === undefined) tallies.set(name, (tally = { shard, epoch, keys: 0, bytes: 0 }));
    tally.keys += 1;
    tally.bytes += own.length + valueOfData(value).length;
  }

  /** Says what each copy is to the group. */
  #sort(count: symbol, tallies: ReadonlyMap<string, Tally>, done: (copies: readonly CopyFigures[]) => void): void {
    const { look, shards } = this.#parts;
    look((view, close) =>
      readPicture(view, true, (picture) =>
        readServing(view, shards, (serving) => {
          close();
          if (this.#count !== count) return;
          const sorted = [...tallies.values()].toSorted((a, b) => a.shard - b.shard || a.epoch - b.epoch);
          done(sorted.map(({ shard, epoch, keys, bytes }) => ({ shard, kind: kindOf(shard, epoch, picture, serving), keys, bytes })));
        }),
      ),
    );
  }
}

function kindOf(shard: Shard, epoch: number, { shards }: Picture, serving: ReadonlyMap<Shard, number>): CopyKind {
  const moves = shards.get(shard);
  if (serving.get(shard) === epoch) return "serving";
  if (moves?.parcels.some((parcel) => parcel.epoch === epoch) === true) return "parcel";
  return moves?.arrivals.some(({ since }) => since === epoch) === true ? "arriving" : "dead";
}

/** The epochs of the shards that are served. */
function readServing(view: StateView, shards: number, done: (serving: ReadonlyMap<Shard, number>) => void): void {
  const serving = new Map<Shard, number>();
  const read = (range: KeyRange): void =>
    view.scan(range, pageLimits, (rows, rest) => {
      for (const { key, value } of rows) {
        const row = decodeShardRow(value);
        if (row.phase === "serving") serving.set(shardOfKey(key), row.epoch);
      }
      if (rest === undefined) done(serving);
      else read(rest);
    });
  read(shardRange(0, shards - 1));
}
