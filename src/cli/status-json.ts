import type { ClusterStatus, GroupStatus, ShardWait } from "../client/status.ts";
import { configJson, masterJson, shapeJson } from "./shard-json.ts";

/** What `kvorum status --json` prints; docs/ADMIN.md describes it. What is absent is null, and names never change their meaning. */
export function statusJson({ masters, shape, config, failure, groups, waits, moreWaits }: ClusterStatus): unknown {
  return {
    masters: masters.map(masterJson),
    shape: shape === undefined ? null : shapeJson(shape),
    configuration: config === undefined ? null : configJson(config),
    why: failure?.message ?? null,
    groups: groups.map(groupJson),
    waits: waits.map(waitJson),
    moreWaits,
  };
}

function groupJson({ group, isMember, state, replicas, row, serving, held, isSafeToStop }: GroupStatus): unknown {
  const { gid, creation, servers } = group;
  return {
    gid,
    creation,
    servers,
    member: isMember,
    state,
    safeToStop: isSafeToStop ?? null,
    configuration: row?.number ?? null,
    counts: row === undefined ? null : { serving: row.serving, arriving: row.arriving, passing: row.passing, parcels: row.parcels },
    serving: serving ?? null,
    held: held ?? null,
    replicas: replicas.map((replica) => ({ phase: null, role: null, term: null, applied: null, lag: null, why: null, ...replica })),
  };
}

function waitJson({ gid, phase, why, on, since, shards }: ShardWait): unknown {
  return { gid, phase, why, on: partyJson(on), since, shards };
}

function partyJson(on: ShardWait["on"]): unknown {
  if (on === undefined || on === "shardmaster") return on ?? null;
  const { gid, creation, servers, state = null } = on;
  return { gid, creation, servers, state };
}
