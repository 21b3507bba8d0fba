import { utf8 } from "../base/bytes.ts";
import { Malformed } from "../base/codec.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import type { ReplicaOptionsGiven } from "../rsm/options.ts";
import type { PartitionerSpec } from "../shardmaster/partitioner.ts";
import { type ClusterShape, decodeShape, encodeShape } from "../shardmaster/shape.ts";
import type { LevelMemory } from "../real/level.ts";
import { BadSetting, type MemberFlags, type MemberSettings, memberSettings } from "./settings.ts";

/** How keys become shards. */
export const partitionerKinds: readonly PartitionerSpec["kind"][] = ["hash", "first-byte", "integer", "range"];

/** What a server of the shardmaster is told, as text. */
export interface MasterFlags extends MemberFlags {
  readonly shards?: number;
  readonly partitioner: PartitionerSpec["kind"];
  /** With commas; for `range` alone. */
  readonly splits?: string;
  /** The splits are bytes, in hexadecimal digits. */
  readonly hex?: boolean;
}

/** The shards of a cluster whose shardmaster is told nothing of it. */
export const defaultShards = 256;

/** A shardmaster's state is small, and nearly every read is of its newest row: it is content with less memory than a store. */
const masterMemory: LevelMemory = { writeBufferBytes: 1024 * 1024, cacheBytes: 1024 * 1024 };

/** What a replica of the shardmaster differs in from others. */
export const masterReplica: ReplicaOptionsGiven = {
  rowCacheBytesMax: 128 * 1024,
  member: { logBytesMax: 4 * 1024 * 1024, logTailBytes: 1024 * 1024 },
};

/** The settings of a server of the shardmaster, and the shape that its cluster is to have; throws a `BadSetting`. */
export function masterSettings(flags: MasterFlags): MemberSettings & { readonly shape: ClusterShape } {
  const member = memberSettings(flags, masterGroup);
  const settings = { ...member.settings, memory: masterMemory };
  return { ...member, settings, shape: checkedShape({ cluster: member.settings.cluster, ...dividing(flags) }) };
}

function dividing({ shards, partitioner: kind, splits, hex = false }: MasterFlags): Pick<ClusterShape, "shards" | "partitioner"> {
  if (kind !== "range") {
    if (splits !== undefined) throw new BadSetting(`Split points were given for the partitioner ${kind}; only range has them.`);
    return { shards: shards ?? defaultShards, partitioner: { kind } };
  }
  if (splits === undefined)
    throw new BadSetting("The partitioner range was given without split points; there is one between each shard and the next.");
  const points = splits.split(",").map((text) => (hex ? hexBytes(text) : textBytes(text)));
  return { shards: shards ?? points.length + 1, partitioner: { kind, splits: points } };
}

function textBytes(text: string): Uint8Array {
  if (text !== "") return utf8(text);
  throw new BadSetting("An empty split point was given; no key stands before it.");
}

function hexBytes(text: string): Uint8Array {
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  throw new BadSetting(`The split point '${text}' is not hexadecimal digits, two for each byte.`);
}

/** The shape, as a cluster can have it. */
function checkedShape(shape: ClusterShape): ClusterShape {
  try {
    return decodeShape(encodeShape(shape));
  } catch (error) {
    if (error instanceof Malformed) throw new BadSetting(error.message);
    throw error;
  }
}
