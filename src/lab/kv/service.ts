import { groupId } from "../../base/ids.ts";
import { KvCaller } from "../../client/kv-caller.ts";
import { replicaOptions } from "../../rsm/options.ts";
import { startReplica } from "../../rsm/start.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import { kvOptions } from "../../shardkv/options.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import { replicaOf, type Service } from "../group/service.ts";
import { askCaller } from "./ask.ts";
import type { KvAsk, KvReply } from "./world.ts";

/** A store all of whose keys are in one shard. */
export const storeService: Service<KvCaller, KvAsk, KvReply> = {
  name: "store",
  group: groupId(1),
  start: (env, identity, settings, unusable) => {
    const { valueBytesMax } = settings;
    const kv = kvOptions({ shards: 1, ...(valueBytesMax === undefined ? {} : { valueBytesMax }) });
    const replica = startReplica(env, identity, replicaOptions(replicaOf(settings)), new KvMachine(kv), unusable);
    return { replica, stop: () => replica.stop() };
  },
  caller: (group, session) => {
    const { partitioner: spec, shards } = kvOptions({ shards: 1 });
    return new KvCaller(group, session, partitioner(spec, shards));
  },
  ask: askCaller,
};
