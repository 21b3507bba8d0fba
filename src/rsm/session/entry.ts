import { getU64, putU64 } from "../../base/bytes.ts";
import { decode, encode, Malformed } from "../../base/codec.ts";
import { Pool } from "../../base/pool.ts";
import { whole } from "../fields.ts";
import { clientBytesMax, clientBytesMin, decodeRequest, nameOf, type Request, shardMax } from "./request.ts";
import { packLimits, type SessionLimits, unpackLimits } from "./session-limits.ts";
import type { Shard } from "../state/state-machine.ts";

/** A client's session on one shard. */
export interface SessionName {
  readonly shard: Shard;
  readonly client: Uint8Array;
}

/** What stands in a log entry of a group with sessions. */
export type Logged =
  /** The first of every term: it commits what the leader inherited, and says by which limits sessions are kept from here on. */
  | { readonly kind: "opening"; readonly stamp: number; readonly limits: SessionLimits }
  | { readonly kind: "request"; readonly stamp: number; readonly request: Request }
  /** Sessions that may be dropped: whoever applies it looks again. */
  | { readonly kind: "expire"; readonly stamp: number; readonly sessions: readonly SessionName[] }
  /** A command that the machine itself has logged. */
  | { readonly kind: "machine"; readonly stamp: number; readonly body: Uint8Array };

const kinds = { opening: 0, request: 1, expire: 2, machine: 3 } as const;

/** Kind and stamp stand before everything else. */
const headBytes = 9;

/** Entries stay for as long as the log does. */
const pool = new Pool();

function entryBytes(kind: number, stamp: number, body: Uint8Array): Uint8Array {
  const data = pool.take(headBytes + body.length);
  data[0] = kind;
  putU64(data, 1, stamp);
  data.set(body, headBytes);
  return data;
}

export function openingEntry(stamp: number, limits: SessionLimits): Uint8Array {
  return entryBytes(kinds.opening, stamp, encode(packLimits(limits)));
}

/** `request` as its client made it. */
export function requestEntry(stamp: number, request: Uint8Array): Uint8Array {
  return entryBytes(kinds.request, stamp, request);
}

export function expireEntry(stamp: number, sessions: readonly SessionName[]): Uint8Array {
  return entryBytes(kinds.expire, stamp, encode(sessions.flatMap(({ shard, client }) => [shard, client])));
}

/** `command` as the machine made it. */
export function machineEntry(stamp: number, command: Uint8Array): Uint8Array {
  return entryBytes(kinds.machine, stamp, command);
}

/** The log time at which a leader made the entry. */
export function stampOf(data: Uint8Array): number {
  if (data.length < headBytes) throw new Malformed("an entry ends inside its head");
  const stamp = getU64(data, 1);
  if (!Number.isSafeInteger(stamp)) throw new Malformed("a log time is within 53 bits");
  return stamp;
}

/** Reads an entry; throws `Malformed` for one that no leader of this version makes: nobody can go on behind it. */
export function decodeEntry(data: Uint8Array): Logged {
  const stamp = stampOf(data);
  const kind = data[0] as number;
  switch (kind) {
    case kinds.opening:
      return { kind: "opening", stamp, limits: unpackLimits(decode(data.subarray(headBytes))) };
    case kinds.request:
      return { kind: "request", stamp, request: decodeRequest(data, headBytes) };
    case kinds.expire:
      return { kind: "expire", stamp, sessions: unpackNames(decode(data.subarray(headBytes))) };
    case kinds.machine:
      return { kind: "machine", stamp, body: data.subarray(headBytes) };
    default:
      throw new Malformed(`an unknown kind of entry: ${kind}`);
  }
}

/** What names the request that a request's entry holds: a view of it. */
export function nameOfRequest(data: Uint8Array): Uint8Array {
  return nameOf(data, headBytes);
}

function unpackNames(values: unknown): SessionName[] {
  if (!Array.isArray(values) || values.length % 2 !== 0) throw new Malformed("sessions are shards and clients in turn");
  const names: SessionName[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const shard = whole(values[i]);
    const client: unknown = values[i + 1];
    if (shard > shardMax) throw new Malformed("a shard is a number of 16 bits");
    if (!(client instanceof Uint8Array) || client.length < clientBytesMin || client.length > clientBytesMax)
      throw new Malformed("a client's id has 16 to 32 bytes");
    names.push({ shard, client });
  }
  return names;
}
