import { present } from "../../base/assert.ts";
import type { ShardMap } from "../../check/master/words.ts";
import type { ShardedRun } from "../case.ts";
import { servers } from "../checks.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import type { ClerkWorld } from "../group/world.ts";
import type { Clerk } from "../kv/clerk.ts";
import { Store } from "../kv/store.ts";
import type { KvAsk, KvReply } from "../kv/world.ts";
import type { AdminClerk } from "../shardmaster/clerk.ts";
import { Master } from "../shardmaster/master.ts";
import type { MasterAsk, MasterReply } from "../shardmaster/world.ts";
import { shardOf } from "./names.ts";
import type { ServerGroup, ShardedShape, ShardedWorld } from "./world.ts";

/** A cluster under test as the clerks of one of its shardmasters see it, and all that they have seen. */
export class Sharded {
  readonly world: ShardedWorld;
  readonly #clients: ClerkWorld<KvAsk, KvReply>;
  readonly #store: Store<ClerkWorld<KvAsk, KvReply>>;
  readonly #master: Master<ClerkWorld<MasterAsk, MasterReply>>;
  readonly #admin: AdminClerk;

  constructor(world: ShardedWorld, masters = 0, store?: Store<ClerkWorld<KvAsk, KvReply>>) {
    const time = { now: () => world.now(), sleep: (ms: number) => world.sleep(ms) };
    this.world = world;
    this.#clients = { ...time, newClient: () => world.newClient(masters) };
    this.#store = store ?? new Store(this.#clients);
    this.#master = new Master({ ...time, newClient: () => world.newAdmin(masters) });
    this.#admin = this.#master.newClerk();
  }

  /** The same cluster as the clerks of another shardmaster see it: the history of the store is one. */
  asSeenBy(masters: number): Sharded {
    return new Sharded(this.world, masters, this.#store);
  }

  /** Waits until the shardmaster has its cluster's shape. */
  begin(): Promise<void> {
    return this.#master.begin();
  }

  newClerk(options: ClerkOptions = {}): Clerk {
    return this.#store.newClerk(options, this.#clients);
  }

  newAdmin(options: ClerkOptions = {}): AdminClerk {
    return this.#master.newClerk(options);
  }

  // What an administrator does. It has been done when the shardmaster says so: the groups hear of it later.

  async join(...gids: readonly number[]): Promise<void> {
    await this.#admin.join(...gids.map((gid) => this.world.group(gid).name));
  }

  async leave(...gids: readonly number[]): Promise<void> {
    await this.#admin.leave(...gids);
  }

  async move(shard: number, gid: number): Promise<void> {
    await this.#admin.move(shard, gid);
  }

  config(): Promise<ShardMap> {
    return this.#admin.query();
  }

  /** Which group has the key's shard in the latest configuration. */
  async ownerOf(key: string): Promise<number> {
    const { owners } = await this.config();
    return present(owners[shardOf(key)], "every shard has a line in a configuration");
  }

  // What happens to servers.

  /** Ends all of a group's servers. */
  async crash(...gids: readonly number[]): Promise<void> {
    await each(this.#groups(gids), (group, server) => group.crash(server));
  }

  /** Starts all of a group's servers on their disks. */
  async restart(...gids: readonly number[]): Promise<void> {
    await each(this.#groups(gids), (group, server) => group.restart(server));
  }

  #groups(gids: readonly number[]): ServerGroup[] {
    return gids.map((gid) => this.world.group(gid));
  }

  /** Everything that clerks saw could have come from one map and one shardmaster. */
  async checkHistory(): Promise<void> {
    this.#store.checkHistory();
    await this.#master.checkHistory();
  }
}

async function each(groups: readonly ServerGroup[], act: (group: ServerGroup, server: number) => Promise<void>): Promise<void> {
  await Promise.all(groups.flatMap((group) => servers(group).map((server) => act(group, server))));
}

/** What differs from three servers each, as many as the MIT courses have. */
export interface ShardedOptions extends Omit<ShardedRun, "on" | "shape" | "run">, Partial<Omit<ShardedShape, "gids">> {
  readonly gids: readonly number[];
}

/** A run on a cluster. At its end, whatever it was about, all that clerks saw is as it has to be. */
export function onSharded(options: ShardedOptions, body: (sharded: Sharded) => Promise<void>): ShardedRun {
  const { gids, servers: size = 3, logBytesMax, chunkRowsMax, masters, ...rest } = options;
  return {
    ...rest,
    on: "sharded",
    shape: { servers: size, gids, logBytesMax, ...(chunkRowsMax && { chunkRowsMax }), ...(masters && { masters }) },
    run: async (world) => {
      const sharded = new Sharded(world);
      await sharded.begin();
      await body(sharded);
      await sharded.checkHistory();
    },
  };
}
