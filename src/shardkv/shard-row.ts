import { assert } from "../base/assert.ts";
import { getU32, getU64, putU32, putU64, utf8, utf8Text } from "../base/bytes.ts";

/** A shard that this group serves. */
export interface Serving {
  readonly phase: "serving";
  /** The configuration with which this group acquired the shard; 0 in a group that owns every shard from its beginning. */
  readonly epoch: number;
  /** The shard's log time is the group's plus this; it may be negative. */
  readonly timeOffset: number;
  /**
   * No key of this shard was ever deleted at a higher version. A key that appears begins above it: so a pair of key and version
   * is never there twice, and a write that expects a version cannot take a new life of its key for the one it knew. It goes
   * with the shard when the shard moves.
   */
  readonly versionFloor: number;
}

/** A shard that is on its way here. */
export interface Arriving {
  readonly phase: "arriving";
  readonly epoch: number;
  /** Where it comes from, as a client is told. */
  readonly source: string;
}

/** What a group says of a shard. One that it has never had, or has given away, has no row. */
export type ShardRow = Serving | Arriving;

/** A shard that is served from the beginning, before anything was written to its row. */
export const servedFromBirth: Serving = Object.freeze({ phase: "serving", epoch: 0, timeOffset: 0, versionFloor: 0 });

const phases = { serving: 1, arriving: 2 } as const;
const servingBytes = 21;
/** Stored times are not negative. */
const offsetBias = 2 ** 52;

// It is read for every command, so its parts stand at fixed places instead of in a list.

/** Phase (u8), epoch (u32); then the biased time offset (u64) and the version floor (u64), or the source's text. */
export function encodeShardRow(row: ShardRow): Uint8Array {
  if (row.phase === "arriving") {
    const source = utf8(row.source);
    const bytes = new Uint8Array(5 + source.length);
    bytes[0] = phases.arriving;
    putU32(bytes, 1, row.epoch);
    bytes.set(source, 5);
    return bytes;
  }
  assert(Math.abs(row.timeOffset) < offsetBias, "a time offset is small");
  const bytes = new Uint8Array(servingBytes);
  bytes[0] = phases.serving;
  putU32(bytes, 1, row.epoch);
  putU64(bytes, 5, row.timeOffset + offsetBias);
  putU64(bytes, 13, row.versionFloor);
  return bytes;
}

export function decodeShardRow(bytes: Uint8Array): ShardRow {
  const epoch = getU32(bytes, 1);
  if (bytes[0] === phases.arriving) return { phase: "arriving", epoch, source: utf8Text(bytes.subarray(5)) };
  assert(bytes[0] === phases.serving && bytes.length === servingBytes, "a shard row has a phase and what belongs to it");
  return { phase: "serving", epoch, timeOffset: getU64(bytes, 5) - offsetBias, versionFloor: getU64(bytes, 13) };
}
