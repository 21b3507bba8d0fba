import { assert } from "../base/assert.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import { whole } from "./fields.ts";
import { shardMax } from "./session/request.ts";
import type { Shard } from "./state/state-machine.ts";

/** So many shards are told of together. */
const togetherMax = 256;

/**
 * The log times of neighbouring shards, as of one moment: a leader tells them to a client that asks for one of them (rule S7). So a
 * client that meets a group asks once, and not once for every shard that it ever writes to.
 */
export interface ShardTimes {
  /** The shard of the first time. */
  readonly first: Shard;
  /** One after another; nothing for a shard that the group does not serve. */
  readonly times: readonly (number | undefined)[];
}

/** The first of those that are told of together with `shard`. */
export function firstTogether(shard: Shard): Shard {
  return shard - (shard % togetherMax);
}

/** What is to be told to whoever asks for `shard`; `timeOf` gives nothing for a shard that is not served. */
export function timesAround(shard: Shard, timeOf: (shard: Shard) => number | undefined): ShardTimes {
  const first = firstTogether(shard);
  const times = Array.from({ length: togetherMax }, (_, at) => timeOf(first + at));
  return { first, times: times.slice(0, times.findLastIndex((time) => time !== undefined) + 1) };
}

/** A list: the first shard, a time, and how far each shard's is from it. Most shards of a group have the same. */
export function encodeShardTimes({ first, times }: ShardTimes): Uint8Array {
  const base = times.find((time) => time !== undefined);
  assert(base !== undefined, "who is told of times asks for a shard that is served");
  return encode([first, base, times.map((time) => (time === undefined ? null : time - base))]);
}

/** Throws `Malformed` for bytes that `encodeShardTimes` did not make. */
export function decodeShardTimes(bytes: Uint8Array): ShardTimes {
  const value = decode(bytes);
  if (!Array.isArray(value) || value.length !== 3) throw new Malformed("times of shards are a shard, a time and a list");
  const [given, base, offsets]: unknown[] = value;
  const first = whole(given);
  if (!Array.isArray(offsets) || offsets.length > togetherMax || first + offsets.length > shardMax + 1)
    throw new Malformed(`at most ${togetherMax} shards are told of together`);
  return { first, times: offsets.map((offset: unknown) => (offset === null ? undefined : ahead(whole(base), offset))) };
}

function ahead(base: number, offset: unknown): number {
  if (typeof offset !== "number") throw new Malformed("a shard's time is a number");
  return whole(base + offset);
}
