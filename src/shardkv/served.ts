import type { KeyRange } from "../env/storage.ts";
import { type Refused, refused, type Shard } from "../rsm/state/state-machine.ts";
import type { StateReader, StateView } from "../rsm/state/state.ts";
import type { KvOptions } from "./options.ts";
import type { Shards } from "./queries.ts";
import { shardKey, shardOfKey, shardRange } from "./rows.ts";
import { decodeShardRow, servedFromBirth, type Serving, type ShardRow } from "./shard-row.ts";

/** The row of a shard that is served, or why it is not. */
export function servingOf(shard: Shard, state: StateReader, ownership: KvOptions["ownership"]): Serving | Refused {
  const bytes = state.get(shardKey(shard));
  return judge(shard, bytes === undefined ? undefined : decodeShardRow(bytes), ownership);
}

/** What a shard's row, or its absence, says to those who ask for the shard. */
function judge(shard: Shard, row: ShardRow | undefined, ownership: KvOptions["ownership"]): Serving | Refused {
  if (row?.phase === "serving") return row;
  if (row !== undefined) return refused("shard_moving", row.source);
  // A group that owns everything from its beginning has nothing to say about a shard before the first deletion in it. So a store
  // of 65,536 shards begins without a row, and a store of few keys has a snapshot of few bytes.
  if (ownership === "all") return servedFromBirth;
  return refused("wrong_group", `This group does not serve shard ${shard}.`);
}

/** The epochs of some shards that are all served. */
export interface Epochs {
  /** The live epoch of a shard; -1 for one that was not asked for. */
  epochOf(shard: Shard): number;
}

const rowsMax = 1000;
const bytesMax = 64 * 1024;
/** So few rows are looked up one by one: they are at hand, as every command asks for them, and a range is read from the disk. */
const lookedUpMax = 8;

/** Reads the rows of all shards that a query names, and tells their epochs, or why one of them is not served. */
export class ServedShards implements Epochs {
  readonly #view: StateView;
  readonly #asked: Shards;
  readonly #options: KvOptions;
  readonly #done: (epochs: Epochs | Refused) => void;
  readonly #rows = new Map<Shard, ShardRow>();
  /** By shard. */
  readonly #epochs: Float64Array;

  private constructor(view: StateView, asked: Shards, options: KvOptions, done: (epochs: Epochs | Refused) => void) {
    this.#view = view;
    this.#asked = asked;
    this.#options = options;
    this.#done = done;
    this.#epochs = new Float64Array(options.shards).fill(-1);
  }

  /** `done` runs once, now or later. */
  static read(view: StateView, asked: Shards, options: KvOptions, done: (epochs: Epochs | Refused) => void): void {
    const served = new ServedShards(view, asked, options, done);
    if (served.#count <= lookedUpMax) return served.#lookUp();
    const first = served.#shardAt(0);
    const last = served.#shardAt(served.#count - 1);
    return served.#read(shardRange(first, last));
  }

  epochOf(shard: Shard): number {
    return this.#epochs[shard] as number;
  }

  get #count(): number {
    return this.#asked === "all" ? this.#options.shards : this.#asked.length;
  }

  #shardAt(at: number): Shard {
    return this.#asked === "all" ? at : (this.#asked[at] as Shard);
  }

  #lookUp(): void {
    for (let i = 0; i < this.#count; i += 1) {
      const shard = this.#shardAt(i);
      const value = this.#view.get(shardKey(shard));
      if (value !== undefined) this.#rows.set(shard, decodeShardRow(value));
    }
    this.#done(this.#judgeAll() ?? this);
  }

  #read(range: KeyRange): void {
    this.#view.scan(range, { rowsMax, bytesMax }, (rows, rest) => {
      for (const { key, value } of rows) this.#rows.set(shardOfKey(key), decodeShardRow(value));
      if (rest === undefined) this.#done(this.#judgeAll() ?? this);
      else this.#read(rest);
    });
  }

  #judgeAll(): Refused | undefined {
    for (let i = 0; i < this.#count; i += 1) {
      const shard = this.#shardAt(i);
      const row = judge(shard, this.#rows.get(shard), this.#options.ownership);
      if ("why" in row) return row;
      this.#epochs[shard] = row.epoch;
    }
    return undefined;
  }
}
