import { encode } from "../../base/codec.ts";
import { fields, flag, whole } from "../../rsm/fields.ts";

/** How much a group has, over all shards. */
export interface Holdings {
  readonly serving: number;
  /** Without those that are passing. */
  readonly arriving: number;
  readonly passing: number;
  readonly parcels: number;
}

/** Where a group as a whole is. */
export interface GroupRow extends Holdings {
  /** The configuration that was applied last. */
  readonly number: number;
  /** Whether it names this group. */
  readonly isMember: boolean;
}

export const groupAtFirst: GroupRow = Object.freeze({ number: 0, isMember: false, serving: 0, arriving: 0, passing: 0, parcels: 0 });

export function encodeGroupRow({ number, isMember, serving, arriving, passing, parcels }: GroupRow): Uint8Array {
  return encode([number, isMember, serving, arriving, passing, parcels]);
}

/** Throws `Malformed`. */
export function decodeGroupRow(bytes: Uint8Array): GroupRow {
  const [number, isMember, ...holdings] = fields(bytes, 6, "group");
  const [serving, arriving, passing, parcels] = holdings.map(whole) as [number, number, number, number];
  return { number: whole(number), isMember: flag(isMember), serving, arriving, passing, parcels };
}

/** Whether a group owns, holds and awaits nothing, so that no configuration can be of interest to it that gives it no shard (rule 2). */
export function isIdle({ serving, arriving, passing, parcels }: Holdings): boolean {
  return serving + arriving + passing + parcels === 0;
}

/** Whether nobody will miss a group whose servers stop for ever (rule 13), as of the configuration that it has applied. */
export function isSafeToStop({ isMember, passing, parcels }: GroupRow): boolean {
  return !isMember && passing + parcels === 0;
}
