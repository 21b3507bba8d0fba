import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Admin, GroupToJoin } from "../../../src/client/admin.ts";
import { connect } from "../../../src/real/connect.ts";
import { connectAdmin } from "../../../src/real/connect-admin.ts";
import { freePorts } from "../../../src/real/free-ports.ts";
import { partitioner, type ShardOf } from "../../../src/shardmaster/partitioner.ts";
import { Children } from "../group/children.ts";
import type { LoadClient, Target } from "../group/target.ts";

const program = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Three servers in processes. */
interface Trio {
  readonly servers: readonly string[];
  readonly children: Children;
}

/** A store as users run it: three shardmasters and groups of three, each server a process with a directory of its own. */
export class BenchStore {
  readonly masters: readonly string[];
  readonly admin: Admin;
  readonly shards: number;
  readonly shardOf: ShardOf;
  readonly #trios: readonly Trio[];
  /** One key of each shard. */
  readonly #probes: readonly string[];

  /** For `startStore`: the first of them are the shardmasters. */
  constructor(trios: readonly Trio[], shards: number) {
    this.#trios = trios;
    this.masters = (trios[0] as Trio).servers;
    this.admin = connectAdmin({ masters: this.masters });
    this.shards = shards;
    this.shardOf = partitioner({ kind: "hash" }, shards);
    this.#probes = Array.from({ length: shards }, (_, shard) => this.keysOf(new Set([shard]), 1, "probe")[0] as string);
  }

  /** What a join says of a group. */
  group(gid: number): GroupToJoin {
    return { gid, servers: (this.#trios[gid] as Trio).servers, creation: gid };
  }

  /** The first keys that lie in those shards. */
  keysOf(shards: ReadonlySet<number>, count: number, stem: string): string[] {
    const keys: string[] = [];
    for (let i = 0; keys.length < count; i += 1) {
      const key = `${stem} ${String(i).padStart(9, "0")}`;
      if (shards.has(this.shardOf(utf8(key)))) keys.push(key);
    }
    return keys;
  }

  /** The shards of a group, as the latest configuration has it. */
  async shardsOf(gid: number): Promise<ReadonlySet<number>> {
    const { shards } = await this.admin.query();
    return new Set(shards.flatMap((owned, shard) => (owned.gid === gid ? [shard] : [])));
  }

  /** The store as a load's target, whose servers are the shardmaster's and those of the first `groups` groups. */
  target(groups: number): Target {
    const measured = this.#trios.slice(0, groups + 1);
    return {
      name: `${groups} of ${this.#trios.length - 1} groups`,
      connect: () => this.#client(),
      cpuSeconds: () => measured.reduce((sum, { children }) => sum + children.cpuSeconds(), 0),
      stop: () => this.stop(),
    };
  }

  /** Resolves when every shard is served. */
  async served(): Promise<void> {
    const client = connect({ masters: this.masters });
    await Promise.all(this.#probes.map((key) => client.put(key, "")));
    await client.close();
  }

  async stop(): Promise<void> {
    await this.admin.close();
    await Promise.all(this.#trios.map(({ children }) => children.stop()));
  }

  /** A client as users have it. It has a session in every shard before anything is measured. */
  async #client(): Promise<LoadClient> {
    const client = connect({ masters: this.masters });
    await Promise.all(this.#probes.map((key) => client.put(key, "")));
    return {
      put: (key, value, done) => void client.put(key, value).then(done, fail),
      get: (key, done) => void client.get(key).then(done, fail),
      close: () => client.close(),
    };
  }
}

function fail(error: unknown): void {
  throw error;
}

/** Starts a store in `directory`; no group has joined. */
export async function startStore(directory: string, shards: number, groups: number): Promise<BenchStore> {
  const ports = await freePorts(3 * (groups + 1));
  const trios = Array.from({ length: groups + 1 }, (_, number): Trio => {
    const servers = ports.slice(3 * number, 3 * number + 3).map((port) => `127.0.0.1:${port}`);
    return { servers, children: new Children() };
  });
  const masters = (trios[0] as Trio).servers.join(",");
  for (const [gid, { servers, children }] of trios.entries()) {
    const kind =
      gid === 0 ? ["master", "--shards", String(shards)] : ["kv", "--group", String(gid), "--creation", String(gid), "--masters", masters];
    servers.forEach((_, at) => {
      const data = join(directory, `${gid}-${at}`);
      mkdirSync(data, { recursive: true });
      const own = ["--replica", String(at), "--servers", servers.join(","), "--data", data, "--create", "--log-level", "warn"];
      children.start(program, ["serve", ...kind, ...own]);
    });
  }
  return new BenchStore(trios, shards);
}
