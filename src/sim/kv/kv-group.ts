import { KvCaller } from "../../client/kv-caller.ts";
import { type ReplicaOptionsGiven, replicaOptions } from "../../rsm/options.ts";
import { startReplica } from "../../rsm/start.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import { type KvOptions, kvOptions } from "../../shardkv/options.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import type { GroupKind } from "../group/group-kind.ts";

/** A group that keeps keys and values, and owns every shard. */
export function kvGroup(givenReplica: ReplicaOptionsGiven = {}, givenKv: Partial<KvOptions> = {}): GroupKind<KvCaller> {
  const [replica, kv] = [replicaOptions(givenReplica), kvOptions(givenKv)];
  return {
    start: (env, identity) => startReplica(env, identity, replica, new KvMachine(kv)),
    caller: (group, session) => new KvCaller(group, session, partitioner(kv.partitioner, kv.shards)),
  };
}
