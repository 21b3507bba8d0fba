import { assert } from "../../base/assert.ts";
import { getU64, putU64 } from "../../base/bytes.ts";
import { Malformed } from "../../base/codec.ts";
import { pooled } from "../../base/pool.ts";
import type { Shard } from "../state/state-machine.ts";

/** The bytes that a client's id may have: enough to be never drawn twice, few enough to stand in a key. */
export const clientBytesMin = 16;
export const clientBytesMax = 32;

/** A shard is a number of 16 bits. */
export const shardMax = 0xffff;

/** What a client says once and for all attempts: its client makes the bytes, and everybody else passes them on as they are. */
export interface Request {
  /** Random, and never used again by anybody (rule S8). */
  readonly client: Uint8Array;
  /** Counts what this client asks of this shard, from 1. */
  readonly number: number;
  readonly shard: Shard;
  /** The lowest number that the client still waits for, or has allocated and not yet sent: at most `number` (rule S6). */
  readonly floor: number;
  /** The shard's log time, in milliseconds, up to which the command may be executed (rule S1). */
  readonly validUntil: number;
  readonly command: Uint8Array;
}

/*
 * | bytes | what |
 * | --- | --- |
 * | 1 | how many bytes the client's id has |
 * | 16 to 32 | the client's id |
 * | 8 | number |
 * | 2 | shard |
 * | 8 | floor |
 * | 8 | valid until |
 * | the rest | command |
 */
const fixedBytes = 27;

export function encodeRequest({ client, number, shard, floor, validUntil, command }: Request): Uint8Array {
  assert(client.length >= clientBytesMin && client.length <= clientBytesMax, "a client's id has 16 to 32 bytes");
  assert(number >= 1 && floor >= 1 && floor <= number, "a floor is at most the request's own number");
  assert(Number.isInteger(shard) && shard >= 0 && shard <= shardMax, "a shard is a number of 16 bits");
  const bytes = pooled(fixedBytes + client.length + command.length);
  bytes[0] = client.length;
  bytes.set(client, 1);
  const at = 1 + client.length;
  putU64(bytes, at, number);
  bytes[at + 8] = shard >>> 8;
  bytes[at + 9] = shard;
  putU64(bytes, at + 10, floor);
  putU64(bytes, at + 18, validUntil);
  bytes.set(command, at + 26);
  return bytes;
}

/** Checks bytes from anywhere, from `start` on; throws `Malformed`. What comes out are views into `bytes`. */
export function decodeRequest(bytes: Uint8Array, start = 0): Request {
  const idBytes = bytes[start] ?? 0;
  if (idBytes < clientBytesMin || idBytes > clientBytesMax) throw new Malformed("a client's id has 16 to 32 bytes");
  const at = start + 1 + idBytes;
  if (bytes.length < start + fixedBytes + idBytes) throw new Malformed("a request ends inside its head");
  const number = safe(getU64(bytes, at));
  const floor = safe(getU64(bytes, at + 10));
  if (floor === 0 || floor > number) throw new Malformed("a request's floor is from 1 to its own number");
  return {
    client: bytes.subarray(start + 1, at),
    number,
    shard: ((bytes[at + 8] as number) << 8) | (bytes[at + 9] as number),
    floor,
    validUntil: safe(getU64(bytes, at + 18)),
    command: bytes.subarray(at + 26),
  };
}

/** The bytes that name a request which was decoded from `start` on: client, number and shard. Every attempt has the same. */
export function nameOf(bytes: Uint8Array, start: number): Uint8Array {
  return bytes.subarray(start, start + 11 + (bytes[start] as number));
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Malformed("a request's numbers are within 53 bits");
  return value;
}
