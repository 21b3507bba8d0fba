import { encode, Malformed, type Packable } from "../../base/codec.ts";
import { fields, flag, whole } from "../../rsm/fields.ts";
import { type Address, type Addressed, packAddress, packGroup, unpackAddress, unpackGroup } from "../../shardmaster/address.ts";
import type { Holder } from "../../shardmaster/config.ts";

/** A shard that comes here. */
export interface Arrival {
  /** The first configuration of the run of ownership that it comes for, by which everything about it is fenced. */
  readonly since: number;
  /** Who really owned it last before; undefined when nobody did. */
  readonly holder: Holder | undefined;
  /** Where the next chunk begins; empty before the first. */
  readonly cursor: Uint8Array;
  /**
   * The address of the parcel that it will be, when a later configuration has taken it away: then it is *passing*, goes on
   * arriving and never serves.
   */
  readonly taken: Address | undefined;
}

/** What is known of a copy of a shard besides its rows. */
export interface Copy {
  /** Stands in the keys of its rows. */
  readonly epoch: number;
  /** The shard's log time when the copy was frozen. */
  readonly time: number;
  readonly versionFloor: number;
}

/** A shard that has left: a copy that nobody changes any more, until it is delivered. */
export interface Parcel extends Copy, Addressed {
  /** The configuration at which it left. */
  readonly left: number;
}

/** What of a shard is on its way. */
export interface Moves {
  /** By rising `since`; all but the last are passing. */
  readonly arrivals: readonly Arrival[];
  /** By rising `left`; all but the last are granted. */
  readonly parcels: readonly Parcel[];
  /** Epochs of copies that count no more, whose rows are still to be cleared. */
  readonly dead: readonly number[];
}

export const noMoves: Moves = Object.freeze({ arrivals: [], parcels: [], dead: [] });

export function isAnything({ arrivals, parcels, dead }: Moves): boolean {
  return arrivals.length + parcels.length + dead.length > 0;
}

export function encodeMoves({ arrivals, parcels, dead }: Moves): Uint8Array {
  return encode([arrivals.map(packArrival), parcels.map(packParcel), dead]);
}

/** Throws `Malformed`. */
export function decodeMoves(bytes: Uint8Array): Moves {
  const [arrivals, parcels, dead] = fields(bytes, 3, "moves").map(list) as [unknown[], unknown[], unknown[]];
  return { arrivals: arrivals.map(unpackArrival), parcels: parcels.map(unpackParcel), dead: dead.map(whole) };
}

export function packHolder(holder: Holder | undefined): Packable {
  return holder === undefined ? null : [holder.left, packGroup(holder.group)];
}

/** Throws `Malformed`. */
export function unpackHolder(value: unknown): Holder | undefined {
  if (value === null) return undefined;
  const [left, group] = list(value);
  return { left: whole(left), group: unpackGroup(group) };
}

function packArrival({ since, holder, cursor, taken }: Arrival): Packable {
  return [since, packHolder(holder), cursor, taken === undefined ? null : packAddress(taken)];
}

function unpackArrival(value: unknown): Arrival {
  const [since, holder, cursor, taken] = list(value);
  if (!(cursor instanceof Uint8Array)) throw new Malformed("a cursor is bytes");
  return {
    since: whole(since),
    holder: unpackHolder(holder),
    cursor: new Uint8Array(cursor),
    taken: taken === null ? undefined : unpackAddress(taken),
  };
}

function packParcel({ left, epoch, time, versionFloor, address, granted }: Parcel): Packable {
  return [left, epoch, time, versionFloor, packAddress(address), granted];
}

function unpackParcel(value: unknown): Parcel {
  const [left, epoch, time, versionFloor, address, granted] = list(value);
  return {
    left: whole(left),
    epoch: whole(epoch),
    time: whole(time),
    versionFloor: whole(versionFloor),
    address: unpackAddress(address),
    granted: flag(granted),
  };
}

/** The value, if it is a list; throws `Malformed` otherwise. */
export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Malformed("a list is a list");
  return value as unknown[];
}
