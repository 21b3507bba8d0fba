/** A group of servers that may own shards. */
export interface ShardGroup {
  readonly gid: number;
  /** The same number with another creation id is another group. */
  readonly creation: number;
  /** Their order is a part of what the group is. */
  readonly servers: readonly string[];
}

/** A numbered shard map, as a query tells it. */
export interface ShardMap {
  readonly number: number;
  readonly groups: readonly ShardGroup[];
  /** By shard: its owner's number, or 0. */
  readonly owners: readonly number[];
}

/** What asks the shardmaster for a change. */
export type ShardChange =
  | { readonly op: "join"; readonly groups: readonly ShardGroup[] }
  | { readonly op: "leave"; readonly gids: readonly number[] }
  | { readonly op: "move"; readonly shard: number; readonly gid: number };

/** What a client asked of the shardmaster. A query for -1, or for a number above the latest one, is for the latest. */
export type MasterCommand = ShardChange | { readonly op: "query"; readonly number: number };

export const masterOps: readonly MasterCommand["op"][] = ["join", "leave", "move", "query"];

export function isMasterCommand(command: { readonly op: string }): command is MasterCommand {
  return (masterOps as readonly string[]).includes(command.op);
}

export function isSameGroup(a: ShardGroup, b: ShardGroup): boolean {
  return a.gid === b.gid && a.creation === b.creation && a.servers.join(",") === b.servers.join(",");
}

export function isSameMap(a: Omit<ShardMap, "number">, b: Omit<ShardMap, "number">): boolean {
  return (
    areSameGroups(a.groups, b.groups) && a.owners.length === b.owners.length && a.owners.every((gid, shard) => gid === b.owners[shard])
  );
}

export function areSameGroups(a: readonly ShardGroup[], b: readonly ShardGroup[]): boolean {
  return a.length === b.length && a.every((group, at) => isSameGroup(group, b[at] as ShardGroup));
}
