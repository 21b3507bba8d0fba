import { putU32 } from "../base/bytes.ts";

/*
 * The rows of the machine, told apart by their first byte. Numbers are big-endian, so that bytewise order is numeric order.
 *
 *   b  shard (u16)   ->  see births.ts         who has begun the shard
 *   c  number (u32)  ->  see history.ts        what makes this configuration out of the one before it
 *   f  number (u32)  ->  see config-bytes.ts   this configuration as a whole
 *   g  gid (u32)     ->  a list                the replicas that have registered, where groups are known from the start
 *   h                ->  see shape.ts          the cluster's shape
 *   l                ->  see history.ts        the latest configuration
 *   s  client id     ->  a session             the replica's, which adds the client id
 *
 * (Keys that begin with 00 are the replica's own: `ownRows` in rsm/state/state.ts.) Every configuration has either a row `c` or a row
 * `f`; these, `b` and `h` are written once. Only `l`, `g` and sessions change.
 */
const kinds = { birth: 0x62, change: 0x63, full: 0x66, registered: 0x67, shape: 0x68, latest: 0x6c, session: 0x73 } as const;

export const shapeKey: Uint8Array = Uint8Array.of(kinds.shape);
export const latestKey: Uint8Array = Uint8Array.of(kinds.latest);
/** What stands before the client's id in the key of a session row. */
export const sessionRows: Uint8Array = Uint8Array.of(kinds.session);

export function birthKey(shard: number): Uint8Array {
  return Uint8Array.of(kinds.birth, shard >>> 8, shard & 0xff);
}

export function changeKey(number: number): Uint8Array {
  return numbered(kinds.change, number);
}

export function fullKey(number: number): Uint8Array {
  return numbered(kinds.full, number);
}

export function registeredKey(gid: number): Uint8Array {
  return numbered(kinds.registered, gid);
}

function numbered(kind: number, number: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = kind;
  putU32(key, 1, number);
  return key;
}
