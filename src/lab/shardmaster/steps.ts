import { balanceFault, ownersFault } from "../../check/master/rules.ts";
import { isSameMap, type ShardGroup, type ShardMap } from "../../check/master/words.ts";
import { check } from "../failure.ts";
import type { AdminClerk } from "./clerk.ts";

export const shards = 10;

/** A group with servers of its own, named after it. */
export function group(gid: number, ...servers: readonly string[]): ShardGroup {
  return { gid, creation: 1, servers: servers.length === 0 ? [`${gid}a`, `${gid}b`, `${gid}c`] : servers };
}

/** The latest configuration, which has exactly these groups, with their servers in order, and shares the shards among them evenly. */
export async function checkGroups(clerk: AdminClerk, groups: readonly ShardGroup[]): Promise<ShardMap> {
  const config = await clerk.query();
  const expected = groups.toSorted((a, b) => a.gid - b.gid);
  const gids = config.groups.map(({ gid }) => gid);
  check(
    gids.join() === expected.map(({ gid }) => gid).join(),
    `configuration ${config.number} has the groups ${gids.join(", ")}, and not ${expected.map(({ gid }) => gid).join(", ")}`,
  );
  for (const [at, { gid, servers }] of expected.entries()) {
    const found = config.groups[at]?.servers.join(", ") ?? "";
    check(found === servers.join(", "), `group ${gid} has the servers ${found}, and not ${servers.join(", ")}`);
  }
  checkEven(config);
  return config;
}

/** The latest configuration, whatever groups it has, shares the shards among them evenly, and gives none to any other. */
export async function checkBalanced(clerk: AdminClerk): Promise<void> {
  checkEven(await clerk.query());
}

function checkEven(config: ShardMap): void {
  const fault = ownersFault(config) ?? balanceFault(config);
  check(fault === undefined, `configuration ${config.number}: ${fault}`);
}

/** Every shard that is on one of the groups that were there before was there before. */
export function checkOldKeepOnly(before: ShardMap, after: ShardMap): void {
  const old = new Set(before.groups.map(({ gid }) => gid));
  for (const [shard, gid] of after.owners.entries()) {
    check(!old.has(gid) || before.owners[shard] === gid, `shard ${shard} has moved to group ${gid}, which was there before`);
  }
}

/** Every shard whose group is still there stayed with it. */
export function checkRestKeeps(before: ShardMap, after: ShardMap): void {
  const rest = new Set(after.groups.map(({ gid }) => gid));
  for (const [shard, gid] of before.owners.entries()) {
    check(!rest.has(gid) || after.owners[shard] === gid, `shard ${shard} has moved away from group ${gid}, which is still there`);
  }
}

/** The shards that have another owner. */
export function movedShards(before: ShardMap, after: ShardMap): readonly number[] {
  return after.owners.flatMap((gid, shard) => (gid === before.owners[shard] ? [] : [shard]));
}

export function checkSame(found: ShardMap, expected: ShardMap): void {
  check(found.number === expected.number, `configuration ${found.number} was given, and not ${expected.number}`);
  check(isSameMap(found, expected), `configuration ${expected.number} is not what it was`);
}
