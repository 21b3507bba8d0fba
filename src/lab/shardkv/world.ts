import type { ShardGroup } from "../../check/master/words.ts";
import type { ServerSizes } from "../group/sizes.ts";
import type { KvClient } from "../kv/world.ts";
import type { MasterClient } from "../shardmaster/world.ts";
import type { LabWorld, Unreliability } from "../world.ts";

/** What a cluster is made of. */
export interface ShardedShape {
  /** How many servers every group has, the shardmaster's among them. */
  readonly servers: number;
  /** The groups whose servers run. Whether they have joined is up to the case. */
  readonly gids: readonly number[];
  /** A group's log is dropped when it is longer: the labs' `maxraftstate`. Undefined for more than any case fills. */
  readonly logBytesMax: number | undefined;
  /** The rows that one chunk of a shard on the move may hold; what production has by default. */
  readonly chunkRowsMax?: number;
  /** How many shardmasters there are that know nothing of each other: one by default. */
  readonly masters?: number;
}

/** The servers of one group, as production runs them. They are numbered from 0. */
export interface ServerGroup extends Pick<LabWorld, "size" | "sleep" | "state" | "crash" | "isAlive"> {
  /** As a shardmaster knows it. */
  readonly name: ShardGroup;
  /** Its servers' places among all of the world, by which clients are told whom they reach. */
  readonly places: readonly number[];
  /** Starts the server on its disk, after a crash if it lives, and waits until it has read it. */
  restart(server: number): Promise<void>;
  /** Cuts the server off from all other servers, both ways; clients reach it. */
  disconnect(server: number): Promise<void>;
  connect(server: number): Promise<void>;
  isConnected(server: number): boolean;
  /** By servers. */
  sizes(): Promise<readonly ServerSizes[]>;
  /** By servers: the bytes of the snapshot that it would send now; 0 of a dead one. */
  snapshotSizes(): Promise<readonly number[]>;
  /** By servers: the bytes of JavaScript's memory that it holds after a collection of garbage; 0 where it has none of its own. */
  heaps(): Promise<readonly number[]>;
}

/** What a world can bear: virtual disks are this machine's memory, and real machines have more to do. */
export interface Scale {
  /** How many rows a large shard has, and the bytes of each. */
  readonly rows: number;
  readonly rowBytes: number;
  /** The longest that a client may wait for what concerns nothing that happens: two heartbeats where time is virtual, else an election. */
  readonly pauseMs: number;
}

/** A shardmaster, the groups of a store, and clients of both. */
export interface ShardedWorld extends Pick<LabWorld, "rng" | "now" | "sleep"> {
  readonly scale: Scale;
  /** The servers of a shardmaster. */
  masters(at?: number): ServerGroup;
  group(gid: number): ServerGroup;
  /** The name of a group that nobody has ever started. */
  unborn(gid: number): ShardGroup;
  /** A new client of the store, which asks a shardmaster who has what. */
  newClient(masters?: number): KvClient;
  /** A new client of a shardmaster. */
  newAdmin(masters?: number): MasterClient;
  /** Makes all that servers and clients say unreliable, or reliable again. */
  setUnreliable(model: Unreliability | undefined): Promise<void>;
}
