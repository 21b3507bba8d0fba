import { type Counted, countsOf, type GroupCounts } from "../group/counts.ts";
import type { KvOutcomeCounts } from "../kv/kv-life.ts";
import type { AdminCounts } from "../master/admin-life.ts";
import type { ShardLawCounts } from "./oracle/shard-law.ts";

/** How often that has happened which a seed of a whole cluster is for; what is counted of a group is the sum over all groups. */
export interface ShardedCounts extends GroupCounts, KvOutcomeCounts, AdminCounts, ShardLawCounts {
  readonly groups: number;
}

/** What is counted where. */
export interface ShardedCounted extends Counted {
  readonly groups: number;
  readonly shards: ShardLawCounts;
  readonly seen: KvOutcomeCounts & AdminCounts;
}

export function shardedCountsOf({ groups, shards, seen, ...counted }: ShardedCounted): ShardedCounts {
  return { ...countsOf(counted), groups, ...shards, ...seen };
}
