import type { Client } from "../client/client.ts";
import { bytes, text } from "../client/encoding.ts";
import { ConfigCache } from "../client/config-cache.ts";
import { KvCaller } from "../client/kv-caller.ts";
import { MasterCaller } from "../client/master-caller.ts";
import { RoutedCaller } from "../client/routed-caller.ts";
import { KvClient, type StoreCaller } from "../client/kv-client.ts";
import { callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClients } from "../rsm/caller/group-clients.ts";
import { kvOptions } from "../shardkv/options.ts";
import { partitioner } from "../shardmaster/partitioner.ts";
import { type ConnectOptions, connectSettings } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { latin1 } from "./latin1.ts";

/**
 * A client of a group of servers, or of a store that a shardmaster divides among groups. It waits for nothing: connections are made when calls need them, and made anew for as long as calls
 * want them. Each client has a session of its own; one is enough for a process.
 */
export function connect(options: ConnectOptions & { readonly as?: "text" | "latin1" | undefined }): Client;
export function connect(options: ConnectOptions & { readonly as: "bytes" }): Client<Uint8Array>;
export function connect(options: ConnectOptions): Client | Client<Uint8Array> {
  const settings = connectSettings(options);
  const connection = new Connection(settings);
  const { calls } = connection;
  const caller = settings.isSharded ? routedCaller(connection) : groupCaller(connection);
  const parts = { caller, limits: kvOptions(), calls, close: () => connection.close() };
  if (settings.as === "bytes") return new KvClient({ ...parts, encoding: bytes });
  return new KvClient({ ...parts, encoding: settings.as === "text" ? text : latin1 });
}

function groupCaller({ group, session }: Connection): StoreCaller {
  const { shards, partitioner: spec } = kvOptions();
  return new KvCaller(group, session, partitioner(spec, shards));
}

/** The connection's group is the shardmaster's; the others are met as its configurations name them. */
function routedCaller({ env, host, group, session, links }: Connection): StoreCaller {
  const cache = new ConfigCache(new MasterCaller(group, session));
  const groups = new GroupClients({ ...env, rng: env.rng.fork("groups") }, host, callerOptions({ callsMax: Infinity }));
  links.onLost = (server) => groups.lost(server);
  links.onMet = (server) => groups.welcomed(server);
  links.onRefused = (server) => groups.barred(server, (gid, servers) => links.sentenceOf(gid, servers));
  return new RoutedCaller({ clock: env.clock, rng: env.rng.fork("routes"), cache, groups }, session);
}
