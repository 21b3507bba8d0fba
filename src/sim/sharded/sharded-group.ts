import type { ServerId } from "../../base/ids.ts";
import type { GroupClient } from "../../rsm/caller/group-client.ts";
import { type ReplicaOptionsGiven, replicaOptions } from "../../rsm/options.ts";
import type { StateMachine } from "../../rsm/state/state-machine.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import { startShardKv } from "../../shardkv/start.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import type { ClusterName } from "../cluster.ts";
import type { GroupKind } from "../group/group-kind.ts";
import type { ShardedPlan } from "./plan.ts";

/** A group whose shards come and go: the whole program of its servers. */
export function shardedGroup(given: ReplicaOptionsGiven, kv: ShardedPlan["kv"], masters: readonly ServerId[]): GroupKind<GroupClient> {
  const replica = replicaOptions(given);
  return {
    start: (env, identity) => startShardKv(env, identity, { replica, kv, masters }).replica,
    caller: (group) => group,
  };
}

/** What its replicas run, when the cluster's shape is known. */
export function shardedMachine(name: ClusterName, kv: ShardedPlan["kv"], shape: ClusterShape): StateMachine<unknown, unknown> {
  const group = { gid: name.group, creation: name.creation };
  return new KvMachine({ ...kv, ...shape, ownership: "configured", group });
}
