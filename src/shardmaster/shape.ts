import { unreachable } from "../base/assert.ts";
import { compareBytes, utf8 } from "../base/bytes.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import { kindOf, wholeField } from "../rsm/request-fields.ts";
import { type PartitionerSpec, shardsMax } from "./partitioner.ts";

/** What is fixed for ever when a cluster begins. */
export interface ClusterShape {
  readonly cluster: string;
  readonly shards: number;
  readonly partitioner: PartitionerSpec;
}

/** The bytes of a cluster's name. */
const clusterBytesMax = 255;
/** The bytes of all split points together. */
const splitBytesMax = 1024 * 1024;

/** As many split points as there can be, and a little more. */
const wire = { depthMax: 2, elementsMax: shardsMax + 16 };

/** Numbers never change their meaning: they stand in rows. */
const kinds = { hash: 1, range: 2, "first-byte": 3, integer: 4 } as const;

/** A list: the cluster's name, the number of shards, the partitioner's number, and its split points or nil. The same shape gives the same bytes. */
export function encodeShape({ cluster, shards, partitioner }: ClusterShape): Uint8Array {
  return encode([cluster, shards, kinds[partitioner.kind], partitioner.kind === "range" ? partitioner.splits : null], wire);
}

/** Checks bytes from anywhere: what comes out is a shape that a cluster can have; throws `Malformed` with a sentence. */
export function decodeShape(bytes: Uint8Array): ClusterShape {
  const value = decode(bytes, wire);
  if (!Array.isArray(value) || value.length !== 4)
    throw new Malformed("A cluster's shape is a name, a number of shards, a partitioner and split points.");
  const [cluster, count, kind, splits]: unknown[] = value;
  const shards = shardsField(count);
  return { cluster: clusterField(cluster), shards, partitioner: partitionerField(kind, splits, shards) };
}

function clusterField(value: unknown): string {
  if (typeof value !== "string") throw new Malformed(`A cluster's name was given as ${kindOf(value)}; it is text.`);
  const length = utf8(value).length;
  if (length >= 1 && length <= clusterBytesMax) return value;
  throw new Malformed(`A cluster's name of ${length} bytes was given; it has 1 to ${clusterBytesMax}.`);
}

function shardsField(value: unknown): number {
  const shards = wholeField(value, "number of shards", 1);
  if (shards > shardsMax) throw new Malformed(`${shards} shards were given; a store has 1 to ${shardsMax}.`);
  return shards;
}

function partitionerField(kind: unknown, splits: unknown, shards: number): PartitionerSpec {
  if (kind === kinds.range) return { kind: "range", splits: splitsField(splits, shards) };
  if (splits !== null) throw new Malformed("Split points were given to a partitioner that has none; only range has them.");
  switch (kind) {
    case kinds.hash:
      return { kind: "hash" };
    case kinds["first-byte"]:
      return { kind: "first-byte" };
    case kinds.integer:
      return { kind: "integer" };
    default:
      throw new Malformed("A partitioner was given that is not known; there are 1 (hash), 2 (range), 3 (first-byte) and 4 (integer).");
  }
}

function splitsField(value: unknown, shards: number): readonly Uint8Array[] {
  if (!Array.isArray(value)) throw new Malformed(`Split points were given as ${kindOf(value)}; they are a list.`);
  if (value.length !== shards - 1)
    throw new Malformed(`${value.length} split points were given for ${shards} shards; there is one between each shard and the next.`);
  const splits: Uint8Array[] = [];
  let bytes = 0;
  for (const split of value as readonly unknown[]) {
    if (!(split instanceof Uint8Array)) throw new Malformed(`A split point was given as ${kindOf(split)}; it is bytes.`);
    const before = splits[splits.length - 1];
    if (before !== undefined && compareBytes(before, split) >= 0)
      throw new Malformed("A split point was given that does not stand behind the one before it; split points rise.");
    bytes += split.length;
    // Of its own memory: a shape lives long, and the packet it came in need not.
    splits.push(new Uint8Array(split));
  }
  if (bytes > splitBytesMax) throw new Malformed(`Split points of ${bytes} bytes were given; ${splitBytesMax} are allowed together.`);
  return splits;
}

/** A shape for a sentence. */
export function shapeText({ cluster, shards, partitioner }: ClusterShape): string {
  return `'${cluster}' with ${shards} shards by ${partitionerText(partitioner)}`;
}

function partitionerText(spec: PartitionerSpec): string {
  switch (spec.kind) {
    case "hash":
    case "first-byte":
    case "integer":
      return spec.kind;
    case "range": {
      const shown = spec.splits.slice(0, 3).map((split) => hex(split.subarray(0, 16)));
      return `range (${spec.splits.length} split points: ${shown.join(", ")}${spec.splits.length > 3 ? ", ..." : ""})`;
    }
    default:
      return unreachable(spec);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
