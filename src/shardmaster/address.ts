import { Malformed, type Packable } from "../base/codec.ts";
import { isGroupId, type ServerId } from "../base/ids.ts";
import { whole } from "../rsm/fields.ts";
import type { Group } from "./config.ts";

/** Who may have a parcel, the data of a shard that has left its owner. It only rises in `since`. */
export interface Address {
  /** The first configuration of the run of ownership that the data goes to; of a parked shard, the one at which it was parked. */
  readonly since: number;
  /** The owner in that configuration; undefined when the shard was parked: then nobody may have it yet. */
  readonly group: Group | undefined;
}

/** What of a parcel decides about those who ask for it. */
export interface Addressed {
  readonly address: Address;
  /** The last page may leave for the address, which is final from then on. */
  readonly granted: boolean;
}

/** A group's name: the same number with another creation id is another group. */
export type GroupName = Pick<Group, "gid" | "creation">;

/**
 * What somebody is who asks for a parcel: its addressee, who gets it; above its address, so that it may be re-addressed to him; or
 * refused, as one who has been passed over, or who comes when the parcel is granted to another.
 */
export type Standing = "addressee" | "above" | "refused";

/** What a group is to a parcel that asks for it on behalf of its run of ownership from `since` on. */
export function standingOf({ address, granted }: Addressed, since: number, asker: GroupName): Standing {
  if (since > address.since) return granted ? "refused" : "above";
  if (since < address.since || address.group === undefined) return "refused";
  return isNamed(address.group, asker) ? "addressee" : "refused";
}

/** Whether a group has that name; its servers may have changed. */
export function isNamed(one: GroupName, other: GroupName): boolean {
  return one.gid === other.gid && one.creation === other.creation;
}

// ---- in rows and packets

export function packAddress({ since, group }: Address): Packable {
  return [since, group === undefined ? null : packGroup(group)];
}

/** Throws `Malformed`. */
export function unpackAddress(value: unknown): Address {
  if (!Array.isArray(value) || value.length !== 2) throw new Malformed("An address is a configuration and a group.");
  return { since: whole(value[0]), group: value[1] === null ? undefined : unpackGroup(value[1]) };
}

export function packGroup({ gid, creation, servers }: Group): Packable {
  return [gid, creation, ...servers];
}

/** Throws `Malformed`. */
export function unpackGroup(value: unknown): Group {
  if (!Array.isArray(value) || value.length < 2) throw new Malformed("A group is a number, a creation id and servers.");
  const [gid, creation, ...servers] = value as unknown[];
  if (!isGroupId(gid)) throw new Malformed("A group's number has 32 bits.");
  if (!servers.every(isServer)) throw new Malformed("A server is a text that is not empty.");
  return { gid, creation: whole(creation), servers };
}

function isServer(value: unknown): value is ServerId {
  return typeof value === "string" && value.length > 0;
}
