import type { Holder } from "../../shardmaster/config.ts";

/** Where a shard comes from, as a client is told that asks for it too early. */
export function sourceText(holder: Holder | undefined): string {
  return holder === undefined ? "the shardmaster" : `group ${holder.group.gid} at ${holder.group.servers.join(", ")}`;
}
