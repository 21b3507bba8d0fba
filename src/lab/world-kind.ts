import type { Rng } from "../base/rng.ts";
import type { GroupShape } from "./group/world.ts";
import type { KvWorld, MemoryWorld } from "./kv/world.ts";
import type { ShardedShape, ShardedWorld } from "./shardkv/world.ts";
import type { MasterWorld } from "./shardmaster/world.ts";
import type { ClusterShape, LabWorld, Outcome } from "./world.ts";

/** A kind of world: the simulator, or real processes. */
export interface WorldKind {
  readonly name: string;
  /** Whether its time is the machine's own: then a seed decides a case's chance, but not the order of things. */
  readonly isRealTime: boolean;
  /** Brings up new servers, waits until all take part, runs `body` on them and ends them. Never rejects because of the case. */
  run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome>;
  /** As `run`, for servers that are a store. */
  runStore(shape: GroupShape, rng: Rng, body: (world: KvWorld) => Promise<void>): Promise<Outcome>;
  /** As `run`, for servers that are a shardmaster. */
  runMaster(shape: GroupShape, rng: Rng, body: (world: MasterWorld) => Promise<void>): Promise<Outcome>;
  /** As `run`, for a whole cluster: a shardmaster, and groups whose shards move. */
  runSharded(shape: ShardedShape, rng: Rng, body: (world: ShardedWorld) => Promise<void>): Promise<Outcome>;
  /** As `run`, for one server, which is a process in real time whatever this world is. */
  runProcess(rng: Rng, body: (world: MemoryWorld) => Promise<void>): Promise<Outcome>;
}
