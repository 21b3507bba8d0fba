import { assert } from "../../base/assert.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { State, StateReader } from "../../rsm/state/state.ts";
import { acquiredKey, groupKey, movesKey, shardKey } from "../rows.ts";
import { decodeShardRow, encodeShardRow, type ShardRow } from "../shard-row.ts";
import { type Acquired, decodeAcquired, encodeAcquired, neverAcquired } from "./acquired-row.ts";
import { decodeGroupRow, encodeGroupRow, groupAtFirst, type GroupRow, type Holdings } from "./group-row.ts";
import { decodeMoves, encodeMoves, isAnything, type Moves, noMoves } from "./moves.ts";

/** Everything that a group says of a shard, besides its data. */
export interface ShardRecord extends Moves, Acquired {
  /** What clients are told; undefined when another group has the shard. */
  readonly home: ShardRow | undefined;
}

export function readGroup(state: StateReader): GroupRow {
  const bytes = state.get(groupKey);
  return bytes === undefined ? groupAtFirst : decodeGroupRow(bytes);
}

export function readMoves(shard: Shard, state: StateReader): Moves {
  const bytes = state.get(movesKey(shard));
  return bytes === undefined ? noMoves : decodeMoves(bytes);
}

export function readAcquired(shard: Shard, state: StateReader): Acquired {
  const bytes = state.get(acquiredKey(shard));
  return bytes === undefined ? neverAcquired : decodeAcquired(bytes);
}

export function readRecord(shard: Shard, state: StateReader): ShardRecord {
  const home = state.get(shardKey(shard));
  return {
    home: home && decodeShardRow(home),
    ...readMoves(shard, state),
    ...readAcquired(shard, state),
  };
}

/** The records of shards while a command of migration is applied. The group's holdings follow them. */
export class Ledger {
  readonly state: State;
  #group: GroupRow;

  constructor(state: State) {
    this.state = state;
    this.#group = readGroup(state);
  }

  get group(): GroupRow {
    return this.#group;
  }

  /** The group has applied a configuration. */
  pass(number: number, isMember: boolean): void {
    this.#putGroup({ ...this.#group, number, isMember });
  }

  record(shard: Shard): ShardRecord {
    return readRecord(shard, this.state);
  }

  /** `before` is the shard's record; it becomes `after`. */
  change(shard: Shard, before: ShardRecord, after: ShardRecord): void {
    if (before.home !== after.home) this.#put(shardKey(shard), after.home && encodeShardRow(after.home));
    this.#put(movesKey(shard), isAnything(after) ? encodeMoves(after) : undefined);
    if (before.acquired !== after.acquired || before.left !== after.left) this.#put(acquiredKey(shard), encodeAcquired(after));
    this.#count(holdingsOf(before), holdingsOf(after));
  }

  #count(before: Holdings, after: Holdings): void {
    const { serving, arriving, passing, parcels } = this.#group;
    const holdings = {
      serving: serving + after.serving - before.serving,
      arriving: arriving + after.arriving - before.arriving,
      passing: passing + after.passing - before.passing,
      parcels: parcels + after.parcels - before.parcels,
    };
    assert(Math.min(...Object.values(holdings)) >= 0, "a group has what its shards have");
    this.#putGroup({ ...this.#group, ...holdings });
  }

  #putGroup(group: GroupRow): void {
    this.#group = group;
    this.#put(groupKey, encodeGroupRow(group));
  }

  #put(key: Uint8Array, value: Uint8Array | undefined): void {
    if (value === undefined) this.state.delete(key);
    else this.state.put(key, value);
  }
}

/** What a shard adds to a group's holdings. */
export function holdingsOf({ home, arrivals, parcels }: ShardRecord): Holdings {
  const passing = arrivals.filter(({ taken }) => taken !== undefined).length;
  return {
    serving: home?.phase === "serving" ? 1 : 0,
    arriving: arrivals.length - passing,
    passing,
    parcels: parcels.length,
  };
}
