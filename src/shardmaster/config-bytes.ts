import { assert } from "../base/assert.ts";
import { getU32, putU32 } from "../base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import { groupIdMax, isGroupId, type GroupId, type ServerId } from "../base/ids.ts";
import type { Config, Group, Holder, Owned } from "./config.ts";
import { shardsMax } from "./partitioner.ts";

/*
 * A configuration as it stands in rows and in answers: a list of
 *
 *   its number
 *   how many groups it has
 *   a table of groups, three values each: number, creation id, servers with commas between them. First the configuration's own, in
 *     rising order; then those that are only holders, in the order in which shards name them. Nobody stands in it twice.
 *   and by shard, big-endian, as many as there are shards:
 *     the place of its owner in the table, counted from 1, or 0 when it is parked (u16)
 *     since when it is that owner's (u32)
 *     the place of its holder, or 0 (u32)
 *     the configuration at which it left its holder, or 0 (u32)
 *
 * The same configuration always gives the same bytes.
 */

/** Every shard may have a holder of its own, besides the groups that there are. */
const wire = { depthMax: 2, elementsMax: 3 * (shardsMax + 65_535) + 16 };

export function encodeConfig({ number, groups, shards }: Config): Uint8Array {
  const table = new Table(groups);
  const count = shards.length;
  const [owners, since, holders, left] = [
    new Uint8Array(2 * count),
    new Uint8Array(4 * count),
    new Uint8Array(4 * count),
    new Uint8Array(4 * count),
  ];
  const placeOf = new Map(groups.map(({ gid }, at) => [gid, at + 1]));
  placeOf.set(0 as GroupId, 0);
  for (let shard = 0; shard < count; shard += 1) {
    const owned = shards[shard] as Owned;
    const owner = placeOf.get(owned.gid);
    assert(owner !== undefined, "a shard belongs to a group of its configuration");
    owners[2 * shard] = owner >>> 8;
    owners[2 * shard + 1] = owner;
    putU32(since, 4 * shard, owned.since);
    if (owned.holder === undefined) continue;
    putU32(holders, 4 * shard, table.place(owned.holder.group));
    putU32(left, 4 * shard, owned.holder.left);
  }
  return encode([number, groups.length, table.values, owners, since, holders, left], wire);
}

/** The groups that a configuration names, each once. */
class Table {
  readonly values: Packable[] = [];
  readonly #places = new Map<string, number>();
  /** For the many shards that name one group by the same object. */
  readonly #known = new Map<Group, number>();

  constructor(groups: readonly Group[]) {
    for (const group of groups) this.place(group);
  }

  /** Counted from 1. */
  place(group: Group): number {
    const known = this.#known.get(group);
    if (known !== undefined) return known;
    const servers = group.servers.join(",");
    const text = `${group.gid}/${group.creation}/${servers}`;
    let place = this.#places.get(text);
    if (place === undefined) {
      this.values.push(group.gid, group.creation, servers);
      place = this.values.length / 3;
      this.#places.set(text, place);
    }
    this.#known.set(group, place);
    return place;
  }
}

/** Checks bytes from anywhere; throws `Malformed`. Groups and holders that are the same are the same objects. */
export function decodeConfig(bytes: Uint8Array): Config {
  const value = decode(bytes, wire);
  if (!Array.isArray(value) || value.length !== 7) throw new Malformed("A configuration has seven parts.");
  const [number, own, values, ...packed]: unknown[] = value;
  const table = tableOf(values);
  if (!isCount(own, table.length)) throw new Malformed("A configuration's groups stand in its table.");
  const groups = table.slice(0, own);
  if (groups.some(({ gid }, at) => at > 0 && gid <= (groups[at - 1] as Group).gid)) throw new Malformed("A configuration's groups rise.");
  return { number: numberOf(number), groups, shards: shardsOf(packed, groups, table) };
}

function numberOf(value: unknown): number {
  if (isCount(value, 0xffffffff)) return value;
  throw new Malformed("A configuration's number has 32 bits.");
}

function isCount(value: unknown, high: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= high;
}

function tableOf(values: unknown): readonly Group[] {
  if (!Array.isArray(values) || values.length % 3 !== 0) throw new Malformed("A configuration's table has three values for each group.");
  const groups: Group[] = [];
  for (let i = 0; i < values.length; i += 3) groups.push(unpackGroup(values[i], values[i + 1], values[i + 2]));
  return groups;
}

/** A group as it stands in a table; throws `Malformed`. */
export function unpackGroup(gid: unknown, creation: unknown, servers: unknown): Group {
  if (!isGroupId(gid) || gid === 0) throw new Malformed(`A group's number is from 1 to ${groupIdMax}.`);
  if (!Number.isSafeInteger(creation) || (creation as number) < 0) throw new Malformed("A creation id is a whole number, 0 or more.");
  const names = typeof servers === "string" ? servers.split(",") : [""];
  if (names.includes("")) throw new Malformed("A group's servers are names with commas between them.");
  return { gid, creation: creation as number, servers: names as ServerId[] };
}

function shardsOf(packed: readonly unknown[], groups: readonly Group[], table: readonly Group[]): readonly Owned[] {
  const count = packed[0] instanceof Uint8Array ? packed[0].length / 2 : 0;
  if (!isCount(count, shardsMax) || count === 0) throw new Malformed(`A configuration has 1 to ${shardsMax} shards.`);
  const [owners, since, holders, left] = [2, 4, 4, 4].map((each, at) => column(packed[at], each * count)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const holderAt = holdersOf(table);
  const shards: Owned[] = [];
  for (let shard = 0; shard < count; shard += 1) {
    const owner = ((owners[2 * shard] as number) << 8) | (owners[2 * shard + 1] as number);
    const gid = owner === 0 ? (0 as GroupId) : groups[owner - 1]?.gid;
    if (gid === undefined) throw new Malformed("A shard's owner is one of the configuration's groups.");
    const holder = holderAt(getU32(holders, 4 * shard), getU32(left, 4 * shard));
    shards.push({ gid, since: getU32(since, 4 * shard), holder });
  }
  return shards;
}

function column(value: unknown, size: number): Uint8Array {
  if (value instanceof Uint8Array && value.length === size) return value;
  throw new Malformed("A configuration says everything of every shard.");
}

/** Holders by the places of their groups. Many shards left one group together, and share what is made for the first of them. */
function holdersOf(table: readonly Group[]): (place: number, left: number) => Holder | undefined {
  const newest: (Holder | undefined)[] = [];
  return (place, left) => {
    if (place === 0) {
      if (left !== 0) throw new Malformed("A shard without a holder has left nobody.");
      return undefined;
    }
    const known = newest[place];
    if (known?.left === left) return known;
    const group = table[place - 1];
    if (group === undefined) throw new Malformed("A shard's holder stands in the table.");
    const holder = { group, left };
    newest[place] = holder;
    return holder;
  };
}
