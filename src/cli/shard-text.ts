import type { Changed, Plan, ServerReport } from "../client/admin.ts";
import type { ReplicaReport } from "../rsm/inquiry.ts";
import type { ClusterShape } from "../shardmaster/commands.ts";
import type { Config } from "../shardmaster/config.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import { rangesText, tableText } from "./table.ts";

/** What a change came to, in a line. */
export function changedText({ number, changed }: Changed): string {
  return `configuration ${number}${changed ? "" : ", nothing to change"}`;
}

/** A configuration, as a table with a line for each group. */
export function configText({ number, groups, shards }: Config): string {
  const owned = new Map<number, number[]>();
  for (const [shard, { gid }] of shards.entries()) {
    const own = owned.get(gid);
    if (own === undefined) owned.set(gid, [shard]);
    else own.push(shard);
  }
  const rows = groups.map(({ gid, creation, servers }) => [
    String(gid),
    String(creation),
    servers.join(","),
    ...ownText(owned.get(gid) ?? []),
  ]);
  const parked = owned.get(0);
  if (parked !== undefined) rows.push(["nobody", "", "", ...ownText(parked)]);
  return `configuration ${number}\n${tableText([["group", "creation", "servers", "shards", "which"], ...rows])}`;
}

/** How many shards, and which. */
function ownText(shards: readonly number[]): readonly string[] {
  return [String(shards.length), rangesText(shards)];
}

/** A plan: the groups before and after, and which shards would go where. */
export function planText({ number, changes, groups, moves }: Plan): string {
  if (!changes) return `configuration ${number} is already so; nothing would change`;
  const rows = groups.map(({ gid, before, after }) => [nameOf(gid), String(before), String(after)]);
  const ways = new Map<string, { readonly from: number; readonly to: number; readonly shards: number[] }>();
  for (const { shard, from, to } of moves) {
    const way = ways.get(`${from} ${to}`);
    if (way === undefined) ways.set(`${from} ${to}`, { from, to, shards: [shard] });
    else way.shards.push(shard);
  }
  const lines = [...ways.values()]
    .toSorted((a, b) => a.from - b.from || a.to - b.to)
    .map(({ from, to, shards }) => [nameOf(from), nameOf(to), String(shards.length), rangesText(shards)]);
  const total = groups.reduce((sum, { before }) => sum + before, 0);
  const summary = `${moves.length} of ${total} shards would move, from configuration ${number} on`;
  const parts = [tableText([["group", "shards now", "then"], ...rows]), summary];
  if (lines.length > 0) parts.push(tableText([["from", "to", "shards", "which"], ...lines]));
  return parts.join("\n\n");
}

function nameOf(gid: number): string {
  return gid === 0 ? "nobody" : String(gid);
}

/** What the shardmaster's servers say of themselves, a line for each. */
export function mastersText(reports: readonly ServerReport[]): string {
  const rows = reports.map((report) => {
    if (!report.answered) return [report.server, `does not answer (${report.why.replace(/\.$/, "")})`];
    const replica = masterReplica(report);
    if (replica === undefined) return [report.server, "has no replica of the shardmaster"];
    const { phase, role, term, applied } = replica;
    return [report.server, phase === "running" ? role : phase, String(term), String(applied)];
  });
  return tableText([["server", "role", "term", "applied"], ...rows]);
}

/** The shardmaster's replica of a server that has one. */
export function masterReplica(report: ServerReport & { readonly answered: true }): ReplicaReport | undefined {
  return report.replicas.find(({ group }) => group === masterGroup);
}

/** A cluster's shape, in a line. */
export function shapeText({ cluster, shards, partitioner }: ClusterShape): string {
  return `cluster ${cluster}: ${shards} shards by ${partitioner.kind}`;
}
