import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { utf8 } from "../../../src/base/bytes.ts";
import { connect } from "../../../src/real/connect.ts";
import { freePorts } from "../../../src/real/free-ports.ts";
import { kvOptions } from "../../../src/shardkv/options.ts";
import { partitioner } from "../../../src/shardmaster/partitioner.ts";
import { Children } from "./children.ts";
import type { LoadClient, Target } from "./target.ts";

const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Three replicas as users run them: `kvorum serve kv` as it was built, each with a directory of its own. */
export async function startKvorum(directory: string): Promise<Target> {
  const children = new Children();
  mkdirSync(directory, { recursive: true });
  const servers = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
  servers.forEach((_, at) => {
    const own = ["--replica", String(at), "--servers", servers.join(","), "--data", join(directory, String(at)), "--create"];
    children.start(program, ["serve", "kv", "--log-level", "warn", ...own]);
  });
  return {
    name: "kvorum",
    connect: () => connectTo(servers),
    cpuSeconds: () => children.cpuSeconds(),
    stop: () => children.stop(),
  };
}

function fail(error: unknown): void {
  throw error;
}

/** A client as users have it. It has a session in every shard before anything is measured. */
async function connectTo(servers: readonly string[]): Promise<LoadClient> {
  const client = connect({ group: servers });
  await Promise.all(oneKeyPerShard.map((key) => client.put(key, "")));
  return {
    put: (key, value, done) => void client.put(key, value).then(done, fail),
    get: (key, done) => void client.get(key).then(done, fail),
    close: () => client.close(),
  };
}

const oneKeyPerShard = keysOfAllShards();

function keysOfAllShards(): readonly string[] {
  const { shards, partitioner: spec } = kvOptions();
  const shardOf = partitioner(spec, shards);
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < shards; i += 1) keys.set(shardOf(utf8(`shard${i}`)), `shard${i}`);
  return [...keys.values()];
}
