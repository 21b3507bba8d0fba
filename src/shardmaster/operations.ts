import { unreachable } from "../base/assert.ts";
import type { GroupId } from "../base/ids.ts";
import { badRequest } from "../rsm/request-fields.ts";
import type { Refused } from "../rsm/state/state-machine.ts";
import { rebalance } from "./balance.ts";
import type { Change, Handover } from "./change.ts";
import type { Join, Leave, Move } from "./commands.ts";
import type { Config, Group } from "./config.ts";
import { groupText, isSameGroup, sharedServer } from "./group-fields.ts";
import type { MasterLimits } from "./limits.ts";

/** What a command comes to: a change, or none when everything is as it asks, or a refusal that is for ever. */
export type Decision = Change | "no change" | Refused;

/** What a join, leave or move does to a configuration. The command was decoded, so that it is right in itself. */
export function decide(command: Join | Leave | Move, config: Config, limits: MasterLimits): Decision {
  switch (command.op) {
    case "join":
      return decideJoin(command, config, limits);
    case "leave":
      return decideLeave(command, config);
    case "move":
      return decideMove(command, config);
    default:
      return unreachable(command);
  }
}

/** Groups that are present as they are given change nothing; the rest are added. */
function decideJoin({ groups }: Join, config: Config, { groupsMax }: MasterLimits): Decision {
  const present = new Map(config.groups.map((group) => [group.gid, group]));
  const joined: Group[] = [];
  for (const group of groups) {
    const there = present.get(group.gid);
    if (there === undefined) joined.push(group);
    else if (!isSameGroup(there, group)) return badRequest(otherGroup(there, group));
  }
  if (joined.length === 0) return "no change";
  const all = [...config.groups, ...joined];
  if (all.length > groupsMax) return badRequest(`There would be ${all.length} groups; ${groupsMax} are allowed.`);
  const shared = sharedServer(all);
  if (shared !== undefined) return badRequest(shared);
  joined.sort((a, b) => a.gid - b.gid);
  return { joined, gone: [], moved: handovers(config, all) };
}

function otherGroup(there: Group, given: Group): string {
  return `Group ${given.gid} was given with ${groupText(given)}, and is present with ${groupText(there)}; it has to leave before another one joins under its number.`;
}

function decideLeave({ gids }: Leave, config: Config): Decision {
  const leaving = new Set(gids);
  const gone = config.groups.map(({ gid }) => gid).filter((gid) => leaving.has(gid));
  if (gone.length === 0) return "no change";
  const rest = config.groups.filter(({ gid }) => !leaving.has(gid));
  return { joined: [], gone, moved: handovers(config, rest) };
}

function decideMove({ shard, gid }: Move, { number, groups, shards }: Config): Decision {
  const owned = shards[shard];
  if (owned === undefined) return badRequest(`Shard ${shard} was given; shards are numbered from 0 to ${shards.length - 1}.`);
  if (!groups.some((group) => group.gid === gid))
    return badRequest(
      `Shard ${shard} was given to group ${gid}; it can be given to a group of configuration ${number}, which group ${gid} is not.`,
    );
  return owned.gid === gid ? "no change" : { joined: [], gone: [], moved: [{ shard, gid }] };
}

/** Who gets what when `groups` share the shards. */
function handovers({ shards }: Config, groups: readonly Group[]): Handover[] {
  const owners: GroupId[] = shards.map(({ gid }) => gid);
  const balanced = rebalance(
    owners,
    groups.map(({ gid }) => gid),
  );
  const moved: Handover[] = [];
  balanced.forEach((gid, shard) => {
    if (gid !== owners[shard]) moved.push({ shard, gid });
  });
  return moved;
}
