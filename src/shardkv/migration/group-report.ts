import { assert } from "../../base/assert.ts";
import { getU32, getU64, putU32, putU64 } from "../../base/bytes.ts";
import { Malformed, type Packable } from "../../base/codec.ts";
import { flag, whole } from "../../rsm/fields.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import { packGroup, unpackGroup } from "../../shardmaster/address.ts";
import { decodeGroupRow, encodeGroupRow, type GroupRow } from "./group-row.ts";
import { list } from "./moves.ts";
import { waitPhases, type Waiting, waitReasons } from "./waits.ts";

/** What a copy of a shard is to its group. */
export const copyKinds = ["serving", "arriving", "parcel", "dead"] as const;
export type CopyKind = (typeof copyKinds)[number];

/** How much a copy of a shard holds. */
export interface CopyFigures {
  readonly shard: Shard;
  readonly kind: CopyKind;
  readonly keys: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** How much a group holds, as it was counted some time ago. */
export interface GroupFigures {
  /** Since the count began. */
  readonly ageMs: number;
  /** Only copies with keys in them, by shard. */
  readonly copies: readonly CopyFigures[];
}

/** What a group says to those who look after it. */
export interface GroupReport {
  readonly group: GroupRow;
  readonly waits: readonly Waiting[];
  /** Waits that found no room. */
  readonly moreWaits: number;
  /** Undefined until its leader has counted. */
  readonly figures: GroupFigures | undefined;
  /** Whether it is being counted anew. */
  readonly isCounting: boolean;
}

/** So many waits are told: each may name 64 servers, and a packet has 65,536 elements. */
const waitsMax = 512;

export function groupReport(
  group: GroupRow,
  waits: readonly Waiting[],
  { figures, isCounting }: Pick<GroupReport, "figures" | "isCounting">,
): GroupReport {
  return { group, waits: waits.slice(0, waitsMax), moreWaits: Math.max(0, waits.length - waitsMax), figures, isCounting };
}

// ---- bytes

export function packReport({ group, waits, moreWaits, figures, isCounting }: GroupReport): Packable {
  return [encodeGroupRow(group), waits.map(packWaiting), moreWaits, figures === undefined ? null : packFigures(figures), isCounting];
}

/** Throws `Malformed`. */
export function unpackReport(value: unknown): GroupReport {
  const [group, waits, moreWaits, figures, isCounting] = list(value);
  if (!(group instanceof Uint8Array)) throw new Malformed("a group's row is bytes");
  return {
    group: decodeGroupRow(group),
    waits: list(waits).map(unpackWaiting),
    moreWaits: whole(moreWaits),
    figures: figures === null ? undefined : unpackFigures(figures),
    isCounting: flag(isCounting),
  };
}

function packWaiting({ phase, why, on, since, shards }: Waiting): Packable {
  const packed = new Uint8Array(2 * shards.length);
  for (const [at, shard] of shards.entries()) {
    packed[2 * at] = shard >>> 8;
    packed[2 * at + 1] = shard;
  }
  const party = on === undefined ? null : on === "shardmaster" ? 0 : packGroup(on);
  return [waitPhases.indexOf(phase), waitReasons.indexOf(why), party, since, packed];
}

function unpackWaiting(value: unknown): Waiting {
  const [phase, why, party, since, packed] = list(value);
  if (!(packed instanceof Uint8Array) || packed.length % 2 !== 0) throw new Malformed("shards have two bytes each");
  const on = party === null ? undefined : party === 0 ? "shardmaster" : unpackGroup(party);
  const shards = Array.from({ length: packed.length / 2 }, (_, at) => ((packed[2 * at] as number) << 8) | (packed[2 * at + 1] as number));
  return { phase: named(waitPhases, phase), why: named(waitReasons, why), on, since: whole(since), shards };
}

/** A shard (u16), a kind (u8), nothing (u8), keys (u32), bytes (u64). */
const copyBytes = 16;
const keysMax = 2 ** 32 - 1;

function packFigures({ ageMs, copies }: GroupFigures): Packable {
  const packed = new Uint8Array(copyBytes * copies.length);
  for (const [at, { shard, kind, keys, bytes }] of copies.entries()) {
    assert(keys <= keysMax, "a shard has fewer keys than that");
    const base = copyBytes * at;
    packed[base] = shard >>> 8;
    packed[base + 1] = shard;
    packed[base + 2] = copyKinds.indexOf(kind);
    putU32(packed, base + 4, keys);
    putU64(packed, base + 8, bytes);
  }
  return [ageMs, packed];
}

function unpackFigures(value: unknown): GroupFigures {
  const [ageMs, packed] = list(value);
  if (!(packed instanceof Uint8Array) || packed.length % copyBytes !== 0) throw new Malformed("figures have 16 bytes each");
  const copies = Array.from({ length: packed.length / copyBytes }, (_, at) => {
    const base = copyBytes * at;
    return {
      shard: ((packed[base] as number) << 8) | (packed[base + 1] as number),
      kind: named(copyKinds, packed[base + 2]),
      keys: getU32(packed, base + 4),
      bytes: getU64(packed, base + 8),
    };
  });
  return { ageMs: whole(ageMs), copies };
}

function named<T extends string>(names: readonly T[], place: unknown): T {
  const name = names[whole(place)];
  if (name === undefined) throw new Malformed("a kind of wait, or of a copy, is a known one");
  return name;
}
