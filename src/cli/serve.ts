import { Command, Option } from "commander";
import type { Unusable } from "../rsm/identity.ts";
import { replicaOptions } from "../rsm/options.ts";
import { startReplica } from "../rsm/start.ts";
import { growWhileSmall } from "../server/heap.ts";
import { type MasterFlags, defaultShards, masterReplica, masterSettings, partitionerKinds } from "../server/master-settings.ts";
import { refuseDirectory } from "../server/run.ts";
import { type ReplicaFlags, replicaSettings } from "../server/settings.ts";
import { KvMachine } from "../shardkv/kv-machine.ts";
import { startShardKv } from "../shardkv/start.ts";
import { shardsMax } from "../shardmaster/partitioner.ts";
import type { ClusterShape } from "../shardmaster/shape.ts";
import { startShardMaster } from "../shardmaster/start.ts";
import { wholeNumber } from "./arguments.ts";
import { runReplica, type ServeFlags, serverCommand, understood } from "./serve-command.ts";

/** `kvorum serve`: runs one server until it is told to end. */
export function serveCommand(): Command {
  return new Command("serve").description("run a server, until SIGTERM").addCommand(kvCommand()).addCommand(masterCommand());
}

/** `kvorum serve kv`: one replica of a group that keeps keys and values. */
function kvCommand(): Command {
  const command = serverCommand("kv", "one replica of a group that keeps keys and values, on a disk, until SIGTERM").addOption(
    new Option("--group <number>", "the group's number").argParser(wholeNumber({ min: 1 })).default(1),
  );
  command.option(
    "--masters <addresses>",
    "the shardmaster's servers, in their order, with commas: it says which shards the group has (default: it has them all)",
  );
  return command.action(async (flags: ServeFlags & ReplicaFlags) => {
    const { masters, ...member } = understood(command, () => replicaSettings(flags));
    growWhileSmall();
    await runReplica(member, flags, (env, { log, stop }) => {
      const unusable = (found: Unusable): void => refuseDirectory(found, stop);
      if (masters === undefined) return startReplica(env, member.identity, replicaOptions(), new KvMachine(), unusable);
      const shaped = ({ shards, partitioner }: ClusterShape): void =>
        log.info("The cluster's shape is known.", { shards, partitioner: partitioner.kind });
      return startShardKv(
        env,
        member.identity,
        { replica: replicaOptions(), kv: {}, masters },
        { shaped, unusable, otherShape: (why) => stop("shape_differs", why) },
      );
    });
  });
}

/** `kvorum serve master`: one replica of the shardmaster. */
function masterCommand(): Command {
  const command = serverCommand("master", "one replica of the shardmaster, which says which group owns which keys, until SIGTERM")
    .addOption(
      new Option("--shards <count>", `how many shards the cluster has, for ever (default: ${defaultShards})`).argParser(
        wholeNumber({ min: 1, max: shardsMax }),
      ),
    )
    .addOption(new Option("--partitioner <kind>", "how keys become shards, for ever").choices(partitionerKinds).default("hash"))
    .option("--splits <keys>", "for the partitioner range: where each shard but the first begins, with commas")
    .option("--hex", "the splits are bytes, given as hexadecimal digits");
  return command.action(async (flags: ServeFlags & MasterFlags) => {
    const { shape, ...member } = understood(command, () => masterSettings(flags));
    await runReplica(member, flags, (env, { log, stop }) =>
      startShardMaster(
        env,
        member.identity,
        { replica: replicaOptions(masterReplica), shape },
        {
          otherShape: (why) => stop("shape_differs", why),
          agreed: () => log.info("The cluster is begun.", { shards: shape.shards, partitioner: shape.partitioner.kind }),
          unusable: (found) => refuseDirectory(found, stop),
        },
      ),
    );
  });
}
