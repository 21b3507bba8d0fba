import { utf8 } from "../base/bytes.ts";
import { Malformed } from "../base/codec.ts";
import { type GroupId, groupIdMax, isGroupId, type ServerId, serverId } from "../base/ids.ts";
import { kindOf, wholeField } from "../rsm/request-fields.ts";
import type { Group } from "./config.ts";
import type { MasterLimits } from "./limits.ts";

/** The bytes of a server's name. */
const serverBytesMax = 255;
/** The servers that a sentence names. */
const namedMax = 8;

/** A real group's number: 0 stands for none. */
export function gidField(value: unknown): GroupId {
  if (isGroupId(value) && value > 0) return value;
  const given = typeof value === "number" ? String(value) : kindOf(value);
  throw new Malformed(`A group's number was given as ${given}; it is a whole number from 1 to ${groupIdMax}.`);
}

/** Several groups, three values each, none of them twice and no server twice; throws `Malformed` with a sentence. */
export function groupsField(value: unknown, limits: MasterLimits): readonly Group[] {
  if (!Array.isArray(value) || value.length % 3 !== 0)
    throw new Malformed(`Groups were given as ${kindOf(value)}; they are a list of numbers, creation ids and servers in turn.`);
  const groups: Group[] = [];
  for (let i = 0; i < value.length; i += 3) {
    const gid = gidField(value[i]);
    groups.push({ gid, creation: wholeField(value[i + 1], "creation id", 0), servers: serversField(gid, value[i + 2], limits) });
  }
  expectDistinct(groups.map(({ gid }) => gid));
  const twice = sharedServer(groups);
  if (twice !== undefined) throw new Malformed(twice);
  return groups;
}

/** Groups' numbers, none of them twice; throws `Malformed` with a sentence. */
export function gidsField(value: unknown): readonly GroupId[] {
  if (!Array.isArray(value)) throw new Malformed(`Groups were given as ${kindOf(value)}; they are a list of numbers.`);
  const gids = (value as readonly unknown[]).map(gidField);
  expectDistinct(gids);
  return gids;
}

function expectDistinct(gids: readonly GroupId[]): void {
  const seen = new Set<GroupId>();
  for (const gid of gids) {
    if (seen.has(gid)) throw new Malformed(`Group ${gid} was given twice; a group is named once in a call.`);
    seen.add(gid);
  }
}

function serversField(gid: GroupId, value: unknown, { serversMax }: MasterLimits): readonly ServerId[] {
  if (!Array.isArray(value)) throw new Malformed(`The servers of group ${gid} were given as ${kindOf(value)}; they are a list of texts.`);
  if (value.length >= 1 && value.length <= serversMax) return (value as readonly unknown[]).map((server) => serverField(gid, server));
  throw new Malformed(`Group ${gid} was given ${value.length} servers; a group has 1 to ${serversMax}.`);
}

/** Blanks and commas would be ambiguous where people list servers; what else a name means is the transport's business. */
function serverField(gid: GroupId, value: unknown): ServerId {
  if (typeof value !== "string") throw new Malformed(`A server of group ${gid} was given as ${kindOf(value)}; it is text.`);
  const isName = value.length >= 1 && value.length <= serverBytesMax && utf8(value).length <= serverBytesMax && !/[\s,\p{Cc}]/u.test(value);
  if (isName) return serverId(value);
  const given = value.length > 64 ? `text of ${utf8(value).length} bytes` : JSON.stringify(value);
  throw new Malformed(
    `A server of group ${gid} was given as ${given}; it is text of 1 to ${serverBytesMax} bytes without blanks and commas.`,
  );
}

/** The sentence for a server that would belong to two groups, or twice to one; undefined when there is none. */
export function sharedServer(groups: readonly Group[]): string | undefined {
  const owners = new Map<ServerId, GroupId>();
  for (const { gid, servers } of groups) {
    for (const server of servers) {
      const other = owners.get(server);
      if (other === gid) return `The server ${server} was given twice for group ${gid}; a group names each of its servers once.`;
      if (other !== undefined) return `The server ${server} was given for the groups ${other} and ${gid}; a server belongs to one group.`;
      owners.set(server, gid);
    }
  }
  return undefined;
}

/** Whether two groups are the same one: a number alone does not say it. A replica's number is its server's place, so their order counts. */
export function isSameGroup(a: Group, b: Group): boolean {
  return (
    a.gid === b.gid &&
    a.creation === b.creation &&
    a.servers.length === b.servers.length &&
    a.servers.every((server, at) => server === b.servers[at])
  );
}

/** Who a group is, for a sentence. */
export function groupText({ creation, servers }: Group): string {
  const more = servers.length > namedMax ? ` and ${servers.length - namedMax} more` : "";
  return `${servers.slice(0, namedMax).join(", ")}${more} (creation ${creation})`;
}
