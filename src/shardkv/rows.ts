import { assert } from "../base/assert.ts";
import { emptyBytes, getU32, putU32 } from "../base/bytes.ts";
import { Pool, pooled } from "../base/pool.ts";
import type { KeyRange } from "../env/storage.ts";
import type { Shard } from "../rsm/state/state-machine.ts";

/*
 * The rows of a group's machine, told apart by their first byte. Numbers are big-endian, so that bytewise order is numeric order.
 *
 *   a  shard (u16)                           ->  see migration/acquired-row  until when the shard was acquired and left
 *   c                                        ->  see migration/group-row   the group's configuration, and what it has
 *   d  escaped key, 00 00, epoch (u32)       ->  version, value            one ordered space of all shards
 *   h  shard (u16)                           ->  see shard-row.ts          who serves the shard, since when
 *   i  shard (u16), epoch (u32), key         ->  nothing                   the keys of one shard; derived from the rows of `d`
 *   m  shard (u16)                           ->  see migration/moves.ts    what of the shard is on its way
 *   p                                        ->  see shardmaster/shape.ts  what the cluster of the group has for ever
 *   s  shard (u16), epoch (u32), client id   ->  a session                 the replica's, which adds the client id
 *
 * (Keys that begin with 00 are the replica's own: `ownRows` in rsm/state/state.ts.)
 *
 * The epoch is the number of the configuration with which this group acquired the shard. Two copies of a shard that this group
 * had at different times never mix, and the rows of a dead one may stay until somebody clears them.
 *
 * The escape: a byte 00 of the key is written as 00 ff, and 00 00 ends the key. No escaped key holds 00 00, so it is seen where a
 * key ends; and where one key ends and another goes on, 00 00 stands before whatever the other has there, be it 00 ff or a byte
 * above 00. So rows stand in bytewise order of their keys, the rows of one key in order of their epochs, and nothing between
 * them. A key of n bytes takes at most 2n; one without 00 stays as it is.
 */
const kinds = { acquired: 0x61, group: 0x63, data: 0x64, shard: 0x68, index: 0x69, moves: 0x6d, shape: 0x70, session: 0x73 } as const;

/** What stands behind an escaped key in a row: the terminator and the epoch. */
const tailBytes = 6;
/** A version takes as many bytes as it needs, since most are small: seven bits each, the lowest first, and a bit that says that more follow. */
const follows = 0x80;

// ---- data rows

/** The key of the row that holds what `key` has in the copy `epoch` of its shard. */
export function dataKey(key: Uint8Array, epoch: number): Uint8Array {
  const zeros = zerosIn(key);
  const row = pooled(1 + key.length + zeros + tailBytes);
  const at = escapeInto(row, key, zeros);
  // The two bytes of the terminator are zero already.
  putU32(row, at + 2, epoch);
  return row;
}

/** The key that a data row is about; a view of the row where nothing was escaped. */
export function keyOfData(row: Uint8Array): Uint8Array {
  const end = row.length - tailBytes;
  assert(isData(row) && end >= 1, "a data row's key has all its parts");
  for (let i = 1; i < end; i += 1) {
    if (row[i] === 0) return unescaped(row, i, end);
  }
  return row.subarray(1, end);
}

/** The copy of its shard that a data row belongs to. */
export function epochOfData(row: Uint8Array): number {
  return getU32(row, row.length - 4);
}

/** Whether this is the key of a data row. */
export function isData(row: Uint8Array): boolean {
  return row[0] === kinds.data;
}

/** What rows hold stays in memory for a while. */
const values = new Pool();

/** What a data row holds: `value`, and behind it `rest`, in new memory. */
export function dataValue(version: number, value: Uint8Array, rest: Uint8Array = emptyBytes): Uint8Array {
  assert(Number.isSafeInteger(version) && version >= 0, "a version is a safe integer, zero or more");
  let head = 1;
  for (let high = version; high >= follows; high = Math.floor(high / follows)) head += 1;
  const row = values.take(head + value.length + rest.length);
  let high = version;
  for (let i = 0; i < head - 1; i += 1) {
    row[i] = follows + (high % follows);
    high = Math.floor(high / follows);
  }
  row[head - 1] = high;
  row.set(value, head);
  if (rest.length > 0) row.set(rest, head + value.length);
  return row;
}

export function versionOfData(value: Uint8Array): number {
  const last = versionEnd(value) - 1;
  let version = value[last] as number;
  for (let i = last - 1; i >= 0; i -= 1) version = version * follows + ((value[i] as number) - follows);
  return version;
}

/** The client's value in a data row; a view of it. */
export function valueOfData(value: Uint8Array): Uint8Array {
  return value.subarray(versionEnd(value));
}

function versionEnd(value: Uint8Array): number {
  let at = 0;
  while ((value[at] as number) >= follows) at += 1;
  assert(at < value.length, "a data row has a version");
  return at + 1;
}

/** One end of a range of keys. */
export interface Bound {
  readonly key: Uint8Array;
  readonly inclusive: boolean;
}

/** The data rows of the keys between two bounds, of all shards and epochs; an open end has none. It may end before it begins. */
export function dataRange(start: Bound | undefined, end: Bound | undefined): KeyRange {
  return {
    from: start === undefined ? Uint8Array.of(kinds.data) : cut(start.key, !start.inclusive),
    to: end === undefined ? Uint8Array.of(kinds.data + 1) : cut(end.key, end.inclusive),
  };
}

/** The place before all rows of `key`, or behind them all and before those of the next key. */
function cut(key: Uint8Array, behind: boolean): Uint8Array {
  const zeros = zerosIn(key);
  const place = new Uint8Array(1 + key.length + zeros + 2);
  const at = escapeInto(place, key, zeros);
  // 00 01 is behind the terminator, and before 00 ff and everything else that can go on here.
  if (behind) place[at + 1] = 1;
  return place;
}

function zerosIn(key: Uint8Array): number {
  const length = key.length;
  let zeros = 0;
  for (let i = 0; i < length; i += 1) {
    if (key[i] === 0) zeros += 1;
  }
  return zeros;
}

/** Writes the kind of a data row and the escaped key; the place behind them. */
function escapeInto(row: Uint8Array, key: Uint8Array, zeros: number): number {
  row[0] = kinds.data;
  if (zeros === 0) {
    row.set(key, 1);
    return 1 + key.length;
  }
  let at = 1;
  for (const byte of key) {
    row[at] = byte;
    at += 1;
    if (byte !== 0) continue;
    row[at] = 0xff;
    at += 1;
  }
  return at;
}

/** The key in `row` up to `end`, whose first zero stands at `zero`. */
function unescaped(row: Uint8Array, zero: number, end: number): Uint8Array {
  const key = new Uint8Array(end - 2);
  key.set(row.subarray(1, zero));
  let length = zero - 1;
  for (let i = zero; i < end; i += 1) {
    const byte = row[i] as number;
    key[length] = byte;
    length += 1;
    if (byte !== 0) continue;
    i += 1;
    assert(i < end && row[i] === 0xff, "a zero in a data row's key is escaped");
  }
  return key.subarray(0, length);
}

// ---- rows by shard

/** The keys of the shards' own rows, which every command asks for: they are made once. */
const shardKeys: (Uint8Array | undefined)[] = [];

/** The key of a shard's own row. */
export function shardKey(shard: Shard): Uint8Array {
  return (shardKeys[shard] ??= keyByShard(kinds.shard, shard));
}

/** The shard that a row with one for each shard is about. */
export function shardOfKey(row: Uint8Array): Shard {
  assert(row.length === 3, "the key of a row by shard has all its parts");
  return ((row[1] as number) << 8) | (row[2] as number);
}

/** The key of the row about the group as a whole. */
export const groupKey: Uint8Array = Uint8Array.of(kinds.group);

/** The row of the cluster's shape. */
export const shapeKey: Uint8Array = Uint8Array.of(kinds.shape);

export function acquiredKey(shard: Shard): Uint8Array {
  return keyByShard(kinds.acquired, shard);
}

export function movesKey(shard: Shard): Uint8Array {
  return keyByShard(kinds.moves, shard);
}

/** The rows of all shards of which something is on its way. */
export const movesRange: KeyRange = { from: Uint8Array.of(kinds.moves), to: Uint8Array.of(kinds.moves + 1) };

function keyByShard(kind: number, shard: Shard): Uint8Array {
  const row = new Uint8Array(3);
  row[0] = kind;
  row[1] = shard >>> 8;
  row[2] = shard;
  return row;
}

/** The rows of the shards from `first` to `last`, both included. */
export function shardRange(first: Shard, last: Shard): KeyRange {
  // The shortest place behind the last one: a key that begins with it and goes on.
  return { from: shardKey(first), to: Uint8Array.of(...shardKey(last), 0) };
}

/** The index row of a key: it is there exactly while the key's data row of this epoch is. */
export function indexKey(shard: Shard, epoch: number, key: Uint8Array): Uint8Array {
  const row = pooled(7 + key.length);
  putHead(row, kinds.index, shard, epoch);
  row.set(key, 7);
  return row;
}

/** What stands before the key in all index rows of one copy of a shard. */
export function indexPrefix(shard: Shard, epoch: number): Uint8Array {
  const prefix = new Uint8Array(7);
  putHead(prefix, kinds.index, shard, epoch);
  return prefix;
}

/** Where all index rows are: they are derived from others, so that a snapshot need not ship them. */
export const indexRows: KeyRange = { from: Uint8Array.of(kinds.index), to: Uint8Array.of(kinds.index + 1) };

/** What the keys of all session rows begin with. */
export const sessionRows: Uint8Array = Uint8Array.of(kinds.session);

/** For each shard the prefix of the epoch that was asked for last, which is the live one. */
const sessionPrefixes: (Uint8Array | undefined)[] = [];

/** What stands before the client's id in the keys of a shard's session rows. */
export function sessionPrefix(shard: Shard, epoch: number): Uint8Array {
  const last = sessionPrefixes[shard];
  if (last !== undefined && getU32(last, 3) === epoch) return last;
  const prefix = new Uint8Array(7);
  putHead(prefix, kinds.session, shard, epoch);
  sessionPrefixes[shard] = prefix;
  return prefix;
}

function putHead(row: Uint8Array, kind: number, shard: Shard, epoch: number): void {
  row[0] = kind;
  row[1] = shard >>> 8;
  row[2] = shard;
  putU32(row, 3, epoch);
}
