import { shards } from "../shardmaster/steps.ts";

/** The creation id of a group of the labs: no two groups have the same. */
export function creationOf(gid: number): number {
  return 1_000 + gid;
}

/** The shard of a key, as in the courses: its first byte, modulo their number. */
export function shardOf(key: string): number {
  return key.charCodeAt(0) % shards;
}
