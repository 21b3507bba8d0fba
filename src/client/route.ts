import type { Shard } from "../rsm/state/state-machine.ts";
import type { Config } from "../shardmaster/config.ts";
import type { Route } from "./routed-call.ts";

/** Who has a shard in a configuration, and who had it before; undefined when nobody has it. */
export function routeOf(config: Config, shard: Shard): Pick<Route, "owner" | "source"> | undefined {
  const owned = config.shards[shard];
  const owner = owned && config.groups.find(({ gid }) => gid === owned.gid);
  return owner && { owner, source: owned?.holder?.group };
}
