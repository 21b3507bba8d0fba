import type { ReplicaOptions } from "../../rsm/options.ts";
import type { Replica } from "../../rsm/replica.ts";
import { startReplica } from "../../rsm/start.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import type { KvOptions } from "../../shardkv/options.ts";
import type { KvQuery } from "../../shardkv/queries.ts";
import type { Program } from "../cluster.ts";

/** A replica of a group that keeps keys and values. */
export type KvReplica = Replica<KvCommand, KvQuery>;

/** A replica of the store on each server; `started` gets it when a life has begun. */
export function kvProgram(options: ReplicaOptions, kv: KvOptions, started: (server: number, replica: KvReplica) => void): Program {
  return (env, identity) => {
    const replica = startReplica(env, identity, options, new KvMachine(kv));
    started(identity.replica, replica);
    return replica.member;
  };
}
