import type { ServerReport } from "../client/admin.ts";
import type { ClusterShape } from "../shardmaster/commands.ts";
import type { Config, Group, Owned } from "../shardmaster/config.ts";
import { masterReplica } from "./shard-text.ts";

/*
 * What `--json` prints; docs/ADMIN.md describes it. What is absent is null, and names never change their meaning.
 */

export function configJson({ number, groups, shards }: Config): unknown {
  return { number, groups: groups.map(groupJson), shards: shards.map(ownedJson) };
}

function groupJson({ gid, creation, servers }: Group): object {
  return { gid, creation, servers };
}

function ownedJson({ gid, since, holder }: Owned): unknown {
  return { gid, since, holder: holder === undefined ? null : { ...groupJson(holder.group), left: holder.left } };
}

/** Split points are hexadecimal digits. */
export function shapeJson({ cluster, shards, partitioner }: ClusterShape): unknown {
  const splits = partitioner.kind === "range" ? partitioner.splits.map((split) => Buffer.from(split).toString("hex")) : null;
  return { cluster, shards, partitioner: partitioner.kind, splits };
}

export function masterJson(report: ServerReport): unknown {
  const { server, answered } = report;
  const replica = answered ? masterReplica(report) : undefined;
  const { phase = null, role = null, term = null, leader = null, applied = null } = replica ?? {};
  return { server, answered, phase, role, term, leader, applied, why: whyNot(report, replica !== undefined) };
}

function whyNot(report: ServerReport, isMaster: boolean): string | null {
  if (!report.answered) return report.why;
  return isMaster ? null : "it has no replica of the shardmaster";
}
