import { MasterCaller } from "../../client/master-caller.ts";
import { type ReplicaOptionsGiven, replicaOptions } from "../../rsm/options.ts";
import { masterGroup as number } from "../../shardmaster/master-group.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import { startShardMaster } from "../../shardmaster/start.ts";
import type { ClusterName } from "../cluster.ts";
import type { GroupKind } from "../group/group-kind.ts";

/** The group of the shardmaster, as production numbers it. */
export const masterName: ClusterName = { group: number, creation: 1, servers: "s" };

/** A group that keeps configurations, each server of which was started with this shape. */
export function masterGroup(given: ReplicaOptionsGiven, shape: ClusterShape): GroupKind<MasterCaller> {
  const replica = replicaOptions(given);
  return {
    start: (env, identity) => startShardMaster(env, identity, { replica, shape }, { otherShape }).replica,
    caller: (group, session) => new MasterCaller(group, session),
  };
}

/** All servers were started with the same shape. */
function otherShape(why: string): never {
  throw new Error(why);
}
