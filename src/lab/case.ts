import type { GroupShape } from "./group/world.ts";
import type { KvWorld, MemoryWorld } from "./kv/world.ts";
import type { ShardedShape, ShardedWorld } from "./shardkv/world.ts";
import type { MasterWorld } from "./shardmaster/world.ts";
import type { LabWorld } from "./world.ts";

interface RunBase {
  /** What tells several runs of one case apart; it stands before the reason of a failure. */
  readonly name?: string;
  /** The most milliseconds of the world's time that it may take: the MIT tester allows 120 seconds. */
  readonly limitMs?: number;
}

/** What is done to the members of one fresh group, which have a log and nothing else. */
export interface MemberRun extends RunBase {
  readonly on?: undefined;
  readonly servers: number;
  /** Whether every server requests compaction as the course's tester does: up to entry i when i + 1 is a multiple of ten. */
  readonly compacts?: boolean;
  run(world: LabWorld): Promise<void>;
}

/** What is done to one fresh group that is a store. */
export interface KvRun extends RunBase {
  readonly on: "store";
  readonly shape: GroupShape;
  run(world: KvWorld): Promise<void>;
}

/** What is done to one fresh group that is a shardmaster. */
export interface MasterRun extends RunBase {
  readonly on: "master";
  readonly shape: GroupShape;
  run(world: MasterWorld): Promise<void>;
}

/** What is done to one fresh cluster of a shardmaster and groups whose shards move. */
export interface ShardedRun extends RunBase {
  readonly on: "sharded";
  readonly shape: ShardedShape;
  run(world: ShardedWorld): Promise<void>;
}

/** What is done to one fresh server, in a process of its own in every world, to see how much memory it takes. */
export interface MemoryRun extends RunBase {
  readonly on: "process";
  run(world: MemoryWorld): Promise<void>;
}

/** What is done to one fresh world. */
export type Run = MemberRun | KvRun | MasterRun | ShardedRun | MemoryRun;

/** One numbered test. Each of its runs has a world of its own, and the case passes when all of them do. */
export interface Case {
  readonly number: number;
  readonly title: string;
  readonly runs: readonly Run[];
}

export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** In the order of their numbers. */
  readonly cases: readonly Case[];
}
