import { Malformed } from "../base/codec.ts";
import { pooledCopy } from "../base/pool.ts";
import { kindOf, wholeField } from "../rsm/request-fields.ts";
import type { Shard } from "../rsm/state/state-machine.ts";

/** How long a client's keys and values may be. */
export interface ByteLimits {
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
}

export function keyField(value: unknown, limits: ByteLimits): Uint8Array {
  return bytesField(value, "key", limits.keyBytesMax);
}

export function valueField(value: unknown, limits: ByteLimits): Uint8Array {
  return bytesField(value, "value", limits.valueBytesMax);
}

/** A value, or nil for the absence of one. */
export function optionalValueField(value: unknown, limits: ByteLimits): Uint8Array | undefined {
  return value === null ? undefined : valueField(value, limits);
}

/** The refusal of a shard that this store does not have. */
export function noSuchShard(shard: Shard, shards: number): string {
  return `Shard ${shard} was given; there are the shards 0 to ${shards - 1}.`;
}

export function shardField(value: unknown, shards: number): Shard {
  const shard = wholeField(value, "shard", 0);
  if (shard >= shards) throw new Malformed(noSuchShard(shard, shards));
  return shard;
}

function bytesField(value: unknown, name: string, bytesMax: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed(`A ${name} was given as ${kindOf(value)}; it is bytes.`);
  if (value.length > bytesMax) throw new Malformed(tooLong(name, value.length, bytesMax));
  return lean(value);
}

/** The sentence for a key or value beyond its limit. */
export function tooLong(name: string, length: number, bytesMax: number): string {
  return `A ${name} of ${length} bytes was given; ${bytesMax} are allowed.`;
}

/** Memory up to this size is kept alive without a thought: the codec's pool and small packets are not larger. */
const smallMemoryBytes = 8192;

/**
 * Decoded bytes are views into the packet that they came in. Where that would keep more than twice their own memory alive, and
 * not just a little, they get memory of their own.
 */
export function lean(bytes: Uint8Array): Uint8Array {
  const kept = bytes.buffer.byteLength;
  return kept <= smallMemoryBytes || kept <= 2 * bytes.length ? bytes : pooledCopy(bytes);
}
