import type { KeyRange } from "../../env/storage.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { StateView } from "../../rsm/state/state.ts";
import { movesRange, shardOfKey } from "../rows.ts";
import type { Acquired } from "./acquired-row.ts";
import type { GroupRow } from "./group-row.ts";
import { readAcquired, readGroup } from "./ledger.ts";
import { decodeMoves, type Moves } from "./moves.ts";

/** What of a shard is on its way, and what the group remembers of it. */
export type ShardPicture = Moves & Acquired;

/** Everything in a group's state that its leader decides by: all shards of which something is on its way. */
export interface Picture {
  readonly group: GroupRow;
  /** Whether the group has its shape: it applies no configuration before. */
  readonly isShaped: boolean;
  readonly shards: ReadonlyMap<Shard, ShardPicture>;
}

const limits = { rowsMax: 1000, bytesMax: 256 * 1024 };

/** Reads it from one view; `done` runs once, now or later. */
export function readPicture(view: StateView, isShaped: boolean, done: (picture: Picture) => void): void {
  const group = readGroup(view);
  const shards = new Map<Shard, ShardPicture>();
  const read = (range: KeyRange): void =>
    view.scan(range, limits, (rows, rest) => {
      for (const { key, value } of rows) {
        const shard = shardOfKey(key);
        shards.set(shard, { ...decodeMoves(value), ...readAcquired(shard, view) });
      }
      if (rest === undefined) done({ group, isShaped, shards });
      else read(rest);
    });
  read(movesRange);
}
