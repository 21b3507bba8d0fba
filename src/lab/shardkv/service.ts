import type { ServerId } from "../../base/ids.ts";
import { ConfigCache } from "../../client/config-cache.ts";
import { MasterCaller } from "../../client/master-caller.ts";
import { RoutedCaller } from "../../client/routed-caller.ts";
import type { Env } from "../../env/env.ts";
import { callerOptions } from "../../rsm/caller/caller-options.ts";
import { GroupClient } from "../../rsm/caller/group-client.ts";
import { GroupClients } from "../../rsm/caller/group-clients.ts";
import type { ClientSession } from "../../rsm/caller/operation.ts";
import { Host } from "../../rsm/host.ts";
import type { Unusable } from "../../rsm/identity.ts";
import { type Identity, replicaOptions } from "../../rsm/options.ts";
import { startShardKv } from "../../shardkv/start.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import { clerkOptions, replicaOf, type StartedService } from "../group/service.ts";

/** What the labs' servers of a sharded store differ in from production's; undefined for what production has. */
export interface ShardedSettings {
  readonly logBytesMax: number | undefined;
  readonly chunkRowsMax: number | undefined;
  /** The servers of the shardmaster. */
  readonly masters: readonly ServerId[];
}

/** The whole program of a server of a group whose shards move. */
export function startSharded(
  env: Env,
  identity: Identity,
  settings: ShardedSettings,
  unusable?: (found: Unusable) => void,
): StartedService {
  const { masters, chunkRowsMax } = settings;
  const kv = chunkRowsMax === undefined ? {} : { chunkRowsMax };
  const options = { replica: replicaOptions(replicaOf(settings)), kv, masters };
  return startShardKv(env, identity, options, unusable === undefined ? {} : { unusable });
}

/** What a client asks with: a shardmaster, and the groups that it names. */
export interface ShardedCallers {
  readonly master: MasterCaller;
  readonly store: RoutedCaller;
}

/** A client's half, as production's is put together. */
export function shardedCallers(
  env: Pick<Env, "clock" | "transport" | "rng" | "trace">,
  masters: readonly ServerId[],
  newSession: () => ClientSession,
): ShardedCallers {
  const { clock, rng } = env;
  const host = new Host(env);
  const options = callerOptions(clerkOptions);
  const group = new GroupClient(env, { group: masterGroup, servers: masters }, options);
  host.addCaller(masterGroup, group);
  const master = new MasterCaller(group, newSession());
  const groups = new GroupClients({ ...env, rng: rng.fork("groups") }, host, options);
  const cache = new ConfigCache(master);
  return { master, store: new RoutedCaller({ clock, rng: rng.fork("routes"), cache, groups }, newSession()) };
}
