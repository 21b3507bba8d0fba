import type { Amount, ClusterStatus, GroupStatus, ReplicaStatus, ShardWait } from "../client/status.ts";
import type { Config } from "../shardmaster/config.ts";
import { mastersText, shapeText } from "./shard-text.ts";
import { reasonMeanings, stateMeanings } from "./status-words.ts";
import { rangesText, tableText } from "./table.ts";

/** What is known of a cluster, for people. */
export function statusText({ masters, shape, config, failure, groups, waits, moreWaits }: ClusterStatus): string {
  const parts = [`shardmaster\n${mastersText(masters)}`];
  if (shape === undefined || config === undefined) {
    if (failure === undefined) parts.push("the cluster has not begun yet");
    return parts.join("\n\n");
  }
  parts.push(`${shapeText(shape)}, at configuration ${config.number}`);
  for (const group of groups) parts.push(groupText(group, config));
  parts.push(waitsText(waits));
  if (moreWaits > 0) parts.push(`and ${moreWaits} more kinds of waits, which groups had no room to tell`);
  return parts.join("\n\n");
}

function groupText(status: GroupStatus, config: Config): string {
  const lines = [`group ${status.group.gid}${status.isMember ? "" : ", which is not in it"}: ${sayingOf(status, config)}`];
  const held = heldText(status);
  if (held !== undefined) lines.push(`  ${held}`);
  if (!status.isMember) lines.push(`  ${stoppingText(status)}`);
  const table = tableText([["replica", "server", "role", "term", "applied", "lag"], ...status.replicas.map(replicaRow)]);
  return [...lines, table.replaceAll(/^/gm, "  ")].join("\n");
}

/** What a group serves, or why it does not say. */
function sayingOf({ state, row, serving }: GroupStatus, config: Config): string {
  if (row === undefined) return stateMeanings[state];
  const parts: string[] = [];
  if (row.number !== config.number) parts.push(`at configuration ${row.number}`);
  parts.push(`serves ${counted(row.serving, "shard")}${serving === undefined || serving.length === 0 ? "" : ` (${rangesText(serving)})`}`);
  if (row.arriving > 0) parts.push(`${row.arriving} arriving`);
  if (row.passing > 0) parts.push(`${row.passing} passing`);
  if (row.parcels > 0) parts.push(`${row.parcels} to be fetched`);
  return parts.join(", ");
}

/** A count younger than this is as good as one of this moment. */
const freshMs = 1000;

function heldText({ row, held }: GroupStatus): string | undefined {
  if (row === undefined) return undefined;
  if (held === undefined) return "what it holds is being counted";
  const besides = held.besides.keys === 0 ? "" : `, and ${amountText(held.besides)} in copies that are on their way or to be cleared`;
  const age = held.ageMs < freshMs ? "" : `, counted ${Math.round(held.ageMs / 1000)} s ago`;
  return `holds ${amountText(held.serving)}${besides}${age}`;
}

function amountText({ keys, bytes }: Amount): string {
  return `${counted(keys, "key")} in ${bytesText(bytes)}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Bytes in the largest unit that they fill. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit + 1 < units.length; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

function stoppingText({ isSafeToStop }: GroupStatus): string {
  if (isSafeToStop === undefined) return "whether it is safe to stop cannot be told";
  return isSafeToStop ? "safe to stop: nobody needs it any more" : "not safe to stop: it holds shards that others are to get";
}

function replicaRow(replica: ReplicaStatus): readonly string[] {
  const head = [String(replica.replica), replica.server];
  if (!replica.answered) return [...head, replica.why.startsWith("has ") ? replica.why : `does not answer (${replica.why})`];
  const { phase, role, term, applied, lag } = replica;
  return [...head, phase === "running" ? role : phase, String(term), String(applied), String(lag)];
}

function waitsText(waits: readonly ShardWait[]): string {
  if (waits.length === 0) return "every shard is settled";
  const head = ["shards", "group", "phase", "since", "why", "waits for"];
  const rows = waits.map((wait) => [
    rangesText(wait.shards),
    wait.gid === 0 ? "nobody" : String(wait.gid),
    wait.phase,
    String(wait.since),
    wait.why,
    partyText(wait.on),
  ]);
  const reasons = [...new Set(waits.map(({ why }) => why))].map((why) => [why, reasonMeanings[why]]);
  return `not settled\n${tableText([head, ...rows])}\n\n${tableText(reasons)}`;
}

function partyText(on: ShardWait["on"]): string {
  if (on === undefined) return "";
  if (on === "shardmaster") return "the shardmaster";
  const state = on.state === undefined ? "" : stateMeanings[on.state];
  return `group ${on.gid} at ${on.servers.join(",")}${state === "" ? "" : `, which ${state}`}`;
}
