import { assert, present } from "../../base/assert.ts";
import { getU32, putU32 } from "../../base/bytes.ts";
import { Malformed, type Packable } from "../../base/codec.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import { type GroupName, isNamed, packGroup, unpackGroup } from "../../shardmaster/address.ts";
import type { Config, Group, Holder } from "../../shardmaster/config.ts";
import { list } from "./moves.ts";

/** A shard has another owner from a configuration on. */
export interface Change {
  readonly shard: Shard;
  /** Undefined when the shard is parked. */
  readonly owner: Group | undefined;
  readonly holder: Holder | undefined;
}

/** The group of that name in a configuration; undefined when it names none of that number and creation. */
export function memberOf(config: Config, name: GroupName): Group | undefined {
  return config.groups.find((group) => isNamed(group, name));
}

/** Who owns a shard in a configuration; undefined when it is parked. */
export function ownerOf(config: Config, shard: Shard): Group | undefined {
  const owned = present(config.shards[shard], "a configuration says something of every shard");
  return owned.gid === 0
    ? undefined
    : present(
        config.groups.find(({ gid }) => gid === owned.gid),
        "an owner is a member",
      );
}

/** The shards that change hands with a configuration and have to do with this group: they come here, or were here before. */
export function changesFor(config: Config, self: GroupName): Change[] {
  const changes: Change[] = [];
  const groups = new Map(config.groups.map((group) => [group.gid, group]));
  for (const [shard, { gid, since, holder }] of config.shards.entries()) {
    if (since !== config.number) continue;
    const owner = groups.get(gid);
    const comes = owner !== undefined && isNamed(owner, self);
    const goes = holder !== undefined && holder.left === config.number && isNamed(holder.group, self);
    if (comes || goes) changes.push({ shard, owner, holder });
  }
  return changes;
}

// ---- in entries: the groups once each, and twelve bytes for every shard, since an encoded value has not more than 65,536 elements

const changeBytes = 12;

export function packChanges(changes: readonly Change[]): Packable {
  const groups: Group[] = [];
  const places = new Map<string, number>();
  const placeOf = (group: Group | undefined): number => {
    if (group === undefined) return 0;
    const name = [group.gid, group.creation, ...group.servers].join(" ");
    const place = places.get(name) ?? groups.push(group);
    places.set(name, place);
    return place;
  };
  const packed = new Uint8Array(changeBytes * changes.length);
  for (const [at, { shard, owner, holder }] of changes.entries()) {
    const base = changeBytes * at;
    putU16(packed, base, shard);
    putU16(packed, base + 2, placeOf(owner));
    putU16(packed, base + 4, placeOf(holder?.group));
    putU32(packed, base + 8, holder?.left ?? 0);
  }
  return [groups.map(packGroup), packed];
}

/** Throws `Malformed`. */
export function unpackChanges(value: unknown): Change[] {
  const [first, packed] = list(value);
  const groups = list(first).map(unpackGroup);
  if (!(packed instanceof Uint8Array) || packed.length % changeBytes !== 0) throw new Malformed("changes have 12 bytes each");
  const groupAt = (place: number): Group | undefined => {
    if (place > groups.length) throw new Malformed("a change names a group that is not there");
    return place === 0 ? undefined : groups[place - 1];
  };
  return Array.from({ length: packed.length / changeBytes }, (_, at) => {
    const base = changeBytes * at;
    const group = groupAt(getU16(packed, base + 4));
    const holder = group && { group, left: getU32(packed, base + 8) };
    return { shard: getU16(packed, base), owner: groupAt(getU16(packed, base + 2)), holder };
  });
}

function putU16(into: Uint8Array, at: number, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, "a 16-bit number fits");
  into[at] = value >>> 8;
  into[at + 1] = value;
}

function getU16(from: Uint8Array, at: number): number {
  return ((from[at] as number) << 8) | (from[at + 1] as number);
}
