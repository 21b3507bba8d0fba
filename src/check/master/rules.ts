import { unreachable } from "../../base/assert.ts";
import { areSameGroups, isSameGroup, type ShardChange, type ShardGroup, type ShardMap } from "./words.ts";

/*
 * What the shardmaster may make of a configuration: stated as what has to be true of it, and not as a way to make it. It shares nothing
 * with the shardmaster's own code, which it judges.
 */

/** A configuration without its number; who owns what may be unknown. */
export interface KnownMap {
  readonly groups: readonly ShardGroup[];
  readonly owners: readonly number[] | undefined;
}

const gidMax = 2 ** 32 - 1;

/** Why a change has to be refused; undefined where it has not to be. */
export function refusalOf(change: ShardChange, before: KnownMap): string | undefined {
  switch (change.op) {
    case "join":
      return joinRefusal(change.groups, before.groups);
    case "leave":
      return gidsRefusal(change.gids);
    case "move":
      return moveRefusal(change, before);
    default:
      return unreachable(change);
  }
}

function gidsRefusal(gids: readonly number[]): string | undefined {
  const bad = gids.find((gid) => !Number.isInteger(gid) || gid < 1 || gid > gidMax);
  if (bad !== undefined) return `${bad} is no group's number`;
  const twice = gids.find((gid, at) => gids.indexOf(gid) < at);
  return twice === undefined ? undefined : `group ${twice} is named twice`;
}

function joinRefusal(groups: readonly ShardGroup[], present: readonly ShardGroup[]): string | undefined {
  const gids = gidsRefusal(groups.map(({ gid }) => gid));
  if (gids !== undefined) return gids;
  const empty = groups.find(({ servers }) => servers.length === 0);
  if (empty !== undefined) return `group ${empty.gid} has no servers`;
  const twice = sharedServer(groups);
  if (twice !== undefined) return `server ${twice} is named twice`;
  const other = groups.find((group) => present.some((there) => there.gid === group.gid && !isSameGroup(there, group)));
  if (other !== undefined) return `another group ${other.gid} is present`;
  const taken = sharedServer([...present, ...groups.filter((group) => !present.some(({ gid }) => gid === group.gid))]);
  return taken === undefined ? undefined : `server ${taken} belongs to another group`;
}

function sharedServer(groups: readonly ShardGroup[]): string | undefined {
  const all = groups.flatMap(({ servers }) => servers);
  return all.find((server, at) => all.indexOf(server) < at);
}

function moveRefusal({ shard, gid }: Extract<ShardChange, { op: "move" }>, { groups, owners }: KnownMap): string | undefined {
  if (!groups.some((group) => group.gid === gid)) return `there is no group ${gid}`;
  return owners !== undefined && shard >= owners.length ? `there is no shard ${shard}` : undefined;
}

/** Whether a change that is not refused makes another configuration; undefined where that depends on owners that are unknown. */
export function changesAnything(change: ShardChange, { groups, owners }: KnownMap): boolean | undefined {
  switch (change.op) {
    case "join":
      return change.groups.some(({ gid }) => !groups.some((there) => there.gid === gid));
    case "leave":
      return change.gids.some((gid) => groups.some((there) => there.gid === gid));
    case "move":
      return owners === undefined ? undefined : owners[change.shard] !== change.gid;
    default:
      return unreachable(change);
  }
}

/** The groups that there are after a change. */
export function groupsAfter(change: ShardChange, groups: readonly ShardGroup[]): readonly ShardGroup[] {
  if (change.op === "leave") return groups.filter(({ gid }) => !change.gids.includes(gid));
  if (change.op === "move") return groups;
  const joined = change.groups.filter(({ gid }) => !groups.some((there) => there.gid === gid));
  return [...groups, ...joined].toSorted((a, b) => a.gid - b.gid);
}

/** Why the change cannot make `after` of `before`; undefined where it can. */
export function faultOf(change: ShardChange, before: KnownMap, after: Omit<ShardMap, "number">): string | undefined {
  if (!areSameGroups(groupsAfter(change, before.groups), after.groups)) return "it has other groups";
  return (
    ownersFault(after) ??
    (change.op === "move" ? moveFault(change, before, after.owners) : (balanceFault(after) ?? movesFault(before, after)))
  );
}

/** Every shard belongs to a group that there is, or to none if and only if there is none. */
export function ownersFault({ groups, owners }: Omit<ShardMap, "number">): string | undefined {
  const isAllowed = (gid: number): boolean => (groups.length === 0 ? gid === 0 : groups.some((group) => group.gid === gid));
  const wrong = owners.findIndex((gid) => !isAllowed(gid));
  return wrong < 0 ? undefined : `shard ${wrong} belongs to ${owners[wrong] === 0 ? "no group" : `group ${owners[wrong]}`}`;
}

/** The groups' numbers of shards differ by at most one. */
export function balanceFault({ groups, owners }: Omit<ShardMap, "number">): string | undefined {
  const counts = groups.map(({ gid }) => countOf(owners, gid));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return groups.length === 0 || most - least <= 1 ? undefined : `a group has ${most} shards and another one ${least}`;
}

/** As few shards as possible change their owner: what each group can keep of what it had, it keeps. */
export function movesFault({ owners: before }: KnownMap, { groups, owners }: Omit<ShardMap, "number">): string | undefined {
  if (before === undefined) return undefined;
  const moved = owners.filter((gid, shard) => gid !== before[shard]).length;
  const needed = movesNeeded(before, groups);
  return moved === needed ? undefined : `${moved} shards move, and ${needed} need to`;
}

/** In a balanced map some groups have one shard more than others: it costs least if those do that had most. */
function movesNeeded(before: readonly number[], groups: readonly ShardGroup[]): number {
  if (groups.length === 0) return before.filter((gid) => gid !== 0).length;
  const share = Math.floor(before.length / groups.length);
  const over = before.length % groups.length;
  const counts = groups.map(({ gid }) => countOf(before, gid)).toSorted((a, b) => b - a);
  return before.length - counts.reduce((kept, count, at) => kept + Math.min(count, at < over ? share + 1 : share), 0);
}

function moveFault(
  { shard, gid }: Extract<ShardChange, { op: "move" }>,
  { owners: before }: KnownMap,
  after: readonly number[],
): string | undefined {
  if (after[shard] !== gid) return `shard ${shard} was moved to group ${gid}, and belongs to group ${after[shard]}`;
  const other = before === undefined ? -1 : after.findIndex((owner, at) => at !== shard && owner !== before[at]);
  return other < 0 ? undefined : `shard ${other} has moved too`;
}

function countOf(owners: readonly number[], gid: number): number {
  return owners.filter((owner) => owner === gid).length;
}
