import { assert } from "../base/assert.ts";
import type { GroupName } from "../shardmaster/address.ts";
import { type PartitionerSpec, shardsMax } from "../shardmaster/partitioner.ts";

/** A machine's knobs. They decide what commands do: they are the same on every replica of a group, for as long as it lives. */
export interface KvOptions {
  /** How many shards the keys are divided into. */
  readonly shards: number;
  readonly partitioner: PartitionerSpec;
  /**
   * What a shard without a row means. `all`: this group owns every shard from its beginning, and serves it at epoch 0; nothing
   * has to be written for that. `configured`: it is not here; rows come with configurations.
   */
  readonly ownership: "all" | "configured";
  /** Which group this is, where shards move between groups; undefined where they do not. */
  readonly group: GroupName | undefined;
  /** The name of the cluster, with which the group keeps its shape for ever; undefined where it is not kept. */
  readonly cluster: string | undefined;
  readonly keyBytesMax: number;
  /** Also of a value that grows by appends. */
  readonly valueBytesMax: number;
  /** The rows that one page of a scan may hold. */
  readonly pageRowsMax: number;
  /** The bytes of keys and values that one page of a scan may hold; one row is always allowed. */
  readonly pageBytesMax: number;
  /** The rows that one chunk of a shard on the move may hold. */
  readonly chunkRowsMax: number;
  /** The bytes of keys and values that one chunk may hold; one row is always allowed. */
  readonly chunkBytesMax: number;
}

const defaults: KvOptions = {
  shards: 256,
  partitioner: { kind: "hash" },
  ownership: "all",
  group: undefined,
  cluster: undefined,
  keyBytesMax: 4096,
  valueBytesMax: 1024 * 1024,
  pageRowsMax: 1000,
  pageBytesMax: 1024 * 1024,
  chunkRowsMax: 250,
  chunkBytesMax: 128 * 1024,
};

/** A row of a chunk takes two elements of a packet, which has 65,536, and four chunks may go in one. */
const chunkRowsCeiling = 7_500;

/** A row of a page takes three elements of a packet, and a packet has 65,536. */
const pageRowsCeiling = 20_000;

/** The options with their defaults, checked and frozen. */
export function kvOptions(given: Partial<KvOptions> = {}): KvOptions {
  const options = { ...defaults, ...given };
  assert(isWithin(options.shards, 1, shardsMax), `shards is a whole number from 1 to ${shardsMax}`);
  assert(isWithin(options.keyBytesMax, 1), "keyBytesMax is a whole number, one or more");
  assert(isWithin(options.valueBytesMax, 1), "valueBytesMax is a whole number, one or more");
  assert(isWithin(options.pageRowsMax, 1, pageRowsCeiling), `pageRowsMax is a whole number from 1 to ${pageRowsCeiling}`);
  assert(isWithin(options.pageBytesMax, 1), "pageBytesMax is a whole number, one or more");
  assert(isWithin(options.chunkRowsMax, 1, chunkRowsCeiling), `chunkRowsMax is a whole number from 1 to ${chunkRowsCeiling}`);
  assert(isWithin(options.chunkBytesMax, 1), "chunkBytesMax is a whole number, one or more");
  assert(options.group === undefined || options.ownership === "configured", "shards move to a group whose shards come with configurations");
  return Object.freeze(options);
}

function isWithin(value: number, low: number, high: number = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && value >= low && value <= high;
}
