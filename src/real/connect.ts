import type { Client } from "../client/client.ts";
import { bytes, text } from "../client/encoding.ts";
import { KvCaller } from "../client/kv-caller.ts";
import { KvClient } from "../client/kv-client.ts";
import { kvOptions } from "../shardkv/options.ts";
import { partitioner } from "../shardmaster/partitioner.ts";
import { type ConnectOptions, connectSettings } from "./connect-options.ts";
import { Connection } from "./connection.ts";

/**
 * A client of a group of servers. It waits for nothing: connections are made when calls need them, and made anew for as long as calls
 * want them. Each client has a session of its own; one is enough for a process.
 */
export function connect(options: ConnectOptions & { readonly as?: "text" | undefined }): Client;
export function connect(options: ConnectOptions & { readonly as: "bytes" }): Client<Uint8Array>;
export function connect(options: ConnectOptions): Client | Client<Uint8Array> {
  const settings = connectSettings(options);
  const connection = new Connection(settings);
  const { group, session, calls } = connection;
  const { shards, partitioner: spec, ...limits } = kvOptions();
  const caller = new KvCaller(group, session, partitioner(spec, shards));
  const parts = { caller, limits, calls, close: () => connection.close() };
  return settings.as === "text" ? new KvClient({ ...parts, encoding: text }) : new KvClient({ ...parts, encoding: bytes });
}
