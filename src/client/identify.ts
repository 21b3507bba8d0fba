import type { GroupId, ServerId } from "../base/ids.ts";
import type { ReplicaReport } from "../rsm/inquiry.ts";
import { isNamed } from "../shardmaster/address.ts";
import type { Config, Group } from "../shardmaster/config.ts";
import type { ServerReport } from "./admin.ts";

/** A group as it was given; without a creation id, its servers are to say it. */
export interface GivenGroup {
  readonly gid: GroupId;
  readonly servers: readonly ServerId[];
  readonly creation: number | undefined;
}

/** The creation id of a group by what its servers say of themselves, in their order; or, in a sentence, why they are not that group. */
export function creationOf(group: GivenGroup, reports: readonly ServerReport[]): number | string {
  let creation = group.creation;
  let saidBy: ServerId | undefined;
  for (const [at, server] of group.servers.entries()) {
    const replica = replicaOf(group, at, server, reports[at]);
    if (typeof replica === "string") return replica;
    if (creation !== undefined && creation !== replica.creation) return otherCreation(group, server, replica.creation, saidBy, creation);
    creation = replica.creation;
    saidBy = server;
  }
  return creation ?? `Group ${group.gid} was given no servers.`;
}

/**
 * Why groups cannot join because of what was there before, in a sentence: whoever bears the number and the creation id of a group that had
 * shards is taken for that group, and asked for its data, wherever it is.
 */
export function reborn(groups: readonly Group[], { shards }: Pick<Config, "shards">): string | undefined {
  const holders = new Map(shards.flatMap(({ holder }) => (holder === undefined ? [] : [[holder.group, holder.left] as const])));
  for (const [before, left] of holders) {
    const again = groups.find((group) => isNamed(group, before) && group.servers.join() !== before.servers.join());
    if (again === undefined) continue;
    const { gid, creation, servers } = again;
    return (
      `Group ${gid} with the creation id ${creation} had shards until configuration ${left}, at ${before.servers.join(",")}, and was given ` +
      `with ${servers.join(",")}: another group has another creation id, which its servers are started with.`
    );
  }
  return undefined;
}

/** What a server says of its replica of the group; or why it is not the one that it should be. */
function replicaOf({ gid, servers }: GivenGroup, at: number, server: ServerId, report: ServerReport | undefined): ReplicaReport | string {
  if (report?.answered !== true)
    return `Server ${server} of group ${gid} does not answer${report === undefined ? "" : ` (${report.why.replace(/\.$/, "")})`}; a group whose servers do not all answer joins by force alone.`;
  const found = report.replicas.find(({ group }) => group === gid);
  if (found === undefined) return `Server ${server} has no replica of group ${gid}${othersOf(report.replicas)}.`;
  if (found.servers.join() !== servers.join())
    return `Server ${server} knows the servers of group ${gid} as ${found.servers.join(",")}, and they were given as ${servers.join(",")}.`;
  // A server is told which of them it is; two of them may have been told the same.
  if (found.replica !== at) return `Server ${server} is replica ${found.replica} of group ${gid}, and stands in the list as replica ${at}.`;
  return found;
}

function othersOf(replicas: readonly ReplicaReport[]): string {
  if (replicas.length === 0) return ", nor of any other";
  return `; it has ${replicas.map(({ group }) => (group === 0 ? "one of the shardmaster" : `one of group ${group}`)).join(" and ")}`;
}

function otherCreation(group: GivenGroup, server: ServerId, said: number, before: ServerId | undefined, creation: number): string {
  const other = before === undefined ? `it was given as ${creation}` : `server ${before} says ${creation}`;
  return `Server ${server} says that the creation id of group ${group.gid} is ${said}, and ${other}.`;
}
