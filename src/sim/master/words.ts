import type { ShardMap } from "../../check/master/words.ts";
import type { Config } from "../../shardmaster/config.ts";

/** A configuration in the words of the checker. */
export function shardMapOf({ number, groups, shards }: Config): ShardMap {
  return {
    number,
    groups: groups.map(({ gid, creation, servers }) => ({ gid, creation, servers })),
    owners: shards.map(({ gid }) => gid),
  };
}
