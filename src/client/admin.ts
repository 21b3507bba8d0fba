import type { ReplicaReport } from "../rsm/inquiry.ts";
import type { ClusterShape } from "../shardmaster/commands.ts";
import type { Config } from "../shardmaster/config.ts";
import type { CallOptions } from "./client.ts";
import type { ClusterStatus } from "./status.ts";

/** A group that is to own shards. */
export interface GroupToJoin {
  /** A whole number, 1 or more. */
  readonly gid: number;
  /** Each as `host:port`, in the order in which the servers themselves were given them. */
  readonly servers: readonly string[];
  /** The creation id that its servers were given; default: 1. `identify` asks them for it. */
  readonly creation?: number | undefined;
}

/** A group whose servers have said which one they are. */
export interface IdentifiedGroup extends GroupToJoin {
  readonly creation: number;
}

/** What became of a change. */
export interface Changed {
  /** The latest configuration from here on. */
  readonly number: number;
  /** Whether this call has made it; if not, everything was already as it asked. */
  readonly changed: boolean;
}

/** A change that is to be planned. */
export type ChangeToPlan =
  | { readonly join: readonly GroupToJoin[] }
  | { readonly leave: readonly number[] }
  | { readonly move: { readonly shard: number; readonly gid: number } };

/** A shard that changes hands. Group 0 is nobody. */
export interface ShardMove {
  readonly shard: number;
  readonly from: number;
  readonly to: number;
}

/** How many shards a group has before a change and behind it. */
export interface ShardCount {
  readonly gid: number;
  readonly before: number;
  readonly after: number;
}

/** What a change would come to if nobody made another one first. */
export interface Plan {
  /** The configuration that it begins with. */
  readonly number: number;
  /** Whether there would be another one. */
  readonly changes: boolean;
  /** By the groups' numbers, those that come and those that go among them; group 0 when it has, or would have, shards. */
  readonly groups: readonly ShardCount[];
  /** By the shards' numbers. */
  readonly moves: readonly ShardMove[];
}

/** What a question for the status takes. */
export interface StatusOptions extends CallOptions {
  readonly groups?: readonly GroupToJoin[] | undefined;
}

/** What a server says of its replicas; or why it says nothing. */
export type ServerReport =
  | { readonly server: string; readonly answered: true; readonly replicas: readonly ReplicaReport[] }
  | { readonly server: string; readonly answered: false; readonly why: string };

/**
 * An administrator's client of a cluster: it asks the shardmaster, which says which group owns which shards. Every change takes effect
 * at one instant between the call and its end, and once, however often it had to be sent.
 *
 * A call that does not succeed rejects with a `KvorumError`, whose `outcome` says whether it took effect. Without a timeout it is tried
 * until it succeeds. What can never be done - an unknown shard, other servers for a group that is there - is refused as `invalid`.
 */
export interface Admin {
  /** Adds groups, which get their share of the shards. Those that are there already, the same in every respect, stay as they are. */
  join(groups: readonly GroupToJoin[], options?: CallOptions): Promise<Changed>;

  /** Takes groups away; their shards go to the others. Those that are not there are away already. */
  leave(gids: readonly number[], options?: CallOptions): Promise<Changed>;

  /** Gives one shard to a group; the next join or leave may give it to another one. */
  move(shard: number, gid: number, options?: CallOptions): Promise<Changed>;

  /** The configuration of that number; the latest one without a number, or with one above it. It reflects every change that has ended. */
  query(number?: number, options?: CallOptions): Promise<Config>;

  /** What was fixed when the cluster began; undefined as long as it has not begun. */
  shape(options?: CallOptions): Promise<ClusterShape | undefined>;

  /** What a change would come to now; it does not make it. */
  plan(change: ChangeToPlan, options?: CallOptions): Promise<Plan>;

  /**
   * Asks the servers of groups who they are, for at most 3 seconds, and gives the groups with the creation ids that they say. Rejects as
   * `invalid` when one of them does not answer, or is not that replica of that group of this cluster, or when another group of that number
   * and creation id has had shards: it says which, and why.
   */
  identify(groups: readonly GroupToJoin[], options?: CallOptions): Promise<readonly IdentifiedGroup[]>;

  /** What servers say of their replicas at this moment, in the order in which they are given. They are waited for for at most 3 seconds. */
  inspect(servers: readonly string[], options?: CallOptions): Promise<readonly ServerReport[]>;

  /** As `inspect`, of the shardmaster's servers. */
  masters(options?: CallOptions): Promise<readonly ServerReport[]>;

  /**
   * How the cluster is: its shardmaster, its latest configuration, the groups in it and those that may still have something of its
   * shards, and every shard that is not settled, with the reason and with those for whom it waits. It asks everybody once, and says what
   * is known within `timeoutMs`, or 5 seconds: nobody who is silent makes it fail. `groups` are asked besides, wherever they belong.
   */
  status(options?: StatusOptions): Promise<ClusterStatus>;

  /** Ends every call that is under way, and all connections. Later calls are refused as `closed`. Closing twice is closing once. */
  close(): Promise<void>;

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
