import { assert, unreachable } from "../base/assert.ts";
import { encode, Malformed, type Packable } from "../base/codec.ts";
import type { Decoded, Shard } from "../rsm/state/state-machine.ts";
import { expectFields, kindOf, refusalOf, requestFields, unknownOperation, wholeField } from "../rsm/request-fields.ts";
import { type ByteLimits, keyField, shardField } from "./checks.ts";
import { shardsMax } from "../shardmaster/partitioner.ts";
import type { Bound } from "./rows.ts";
import { type Addressing, decodeQuestion, encodeQuestion, isGroupQuestion } from "./migration/questions.ts";

/** Which shards a query is about: rising numbers, or every shard that there is. All of them must be served, or it is refused. */
export type Shards = readonly Shard[] | "all";

export interface Get {
  readonly op: "get";
  /** The key's shard, as its client computed it. */
  readonly shard: Shard;
  readonly key: Uint8Array;
}

/** Asks for a page of the keys between two bounds, in bytewise order. A bound that is not there is open. */
export interface Scan {
  readonly op: "scan";
  readonly shards: Shards;
  readonly start: Bound | undefined;
  readonly end: Bound | undefined;
  /** The most rows that the client still wants; a page may hold fewer for reasons of its own. */
  readonly limit: number | undefined;
  /** From the page before: this one goes on behind it. */
  readonly cursor: Uint8Array | undefined;
}

/** Asks how many keys shards have, and how many bytes: a page of counting, to be added up by the caller. */
export interface Figures {
  readonly op: "figures";
  readonly shards: Shards;
  readonly cursor: Uint8Array | undefined;
}

/** What leaves no trace. */
export type KvQuery = Get | Scan | Figures | Addressing;

const operations = { get: 1, scan: 2, figures: 3 } as const;
const known = "1 (get), 2 (scan) and 3 (figures)";
const wire = { depthMax: 2, elementsMax: 16 };

/** A list: the number of the operation and its fields. */
export function encodeQuery(query: KvQuery): Uint8Array {
  switch (query.op) {
    case "get":
      return encode([operations.get, query.shard, query.key]);
    case "scan": {
      const { start, end, limit, cursor } = query;
      return encode([operations.scan, packShards(query.shards), packBound(start), packBound(end), limit ?? null, cursor ?? null]);
    }
    case "figures":
      return encode([operations.figures, packShards(query.shards), query.cursor ?? null]);
    case "group":
      return encodeQuestion(query);
    default:
      return unreachable(query);
  }
}

/** Checks a client's bytes once and for all, for a store of so many shards. */
export function decodeQuery(bytes: Uint8Array, limits: ByteLimits, shards: number): Decoded<KvQuery> {
  const fields = requestFields(bytes, wire, "A query");
  if (!fields.ok) return fields;
  if (isGroupQuestion(fields.value[0])) return decodeQuestion(fields.value, shards);
  try {
    return { ok: true, value: unpack(fields.value, limits, shards) };
  } catch (error) {
    return refusalOf(error);
  }
}

function unpack(fields: readonly unknown[], limits: ByteLimits, shards: number): KvQuery {
  switch (fields[0]) {
    case operations.get:
      expectFields(fields, 3, "A get has a shard and a key");
      return { op: "get", shard: shardField(fields[1], shards), key: keyField(fields[2], limits) };
    case operations.scan:
      expectFields(fields, 6, "A scan has shards, a start, an end, a limit and a cursor");
      return {
        op: "scan",
        shards: shardsField(fields[1], shards),
        start: boundField(fields[2], limits),
        end: boundField(fields[3], limits),
        limit: fields[4] === null ? undefined : wholeField(fields[4], "limit", 1),
        cursor: fields[5] === null ? undefined : keyField(fields[5], limits),
      };
    case operations.figures:
      expectFields(fields, 3, "A question for figures has shards and a cursor");
      return {
        op: "figures",
        shards: shardsField(fields[1], shards),
        cursor: fields[2] === null ? undefined : keyField(fields[2], limits),
      };
    default:
      throw unknownOperation(fields[0], known);
  }
}

// ---- bounds

/** Nil, or whether the key belongs to the range, and the key. */
function packBound(bound: Bound | undefined): Packable {
  return bound === undefined ? null : [bound.inclusive, bound.key];
}

function boundField(value: unknown, limits: ByteLimits): Bound | undefined {
  if (value === null) return undefined;
  const [inclusive, key]: unknown[] = Array.isArray(value) && value.length === 2 ? value : [];
  if (typeof inclusive === "boolean") return { key: keyField(key, limits), inclusive };
  throw new Malformed(`A bound was given as ${kindOf(value)}; it is nil, or a list of a boolean (inclusive or not) and a key.`);
}

// ---- shards

/** Nil for all, or two big-endian bytes for each: a list of 65,536 numbers would be as many elements. */
function packShards(shards: Shards): Packable {
  if (shards === "all") return null;
  const packed = new Uint8Array(2 * shards.length);
  let before = -1;
  shards.forEach((shard, at) => {
    assert(Number.isInteger(shard) && shard > before && shard < shardsMax, "the shards of a query are numbers that rise");
    before = shard;
    packed[2 * at] = shard >>> 8;
    packed[2 * at + 1] = shard;
  });
  return packed;
}

function shardsField(value: unknown, shards: number): Shards {
  if (value === null) return "all";
  if (!(value instanceof Uint8Array)) {
    throw new Malformed(`Shards were given as ${kindOf(value)}; they are nil for all, or bytes, two for each.`);
  }
  if (value.length === 0 || value.length % 2 !== 0) {
    throw new Malformed(`Shards were given in ${value.length} bytes; there is one shard or more, with two bytes for each.`);
  }
  const list: Shard[] = [];
  let before = -1;
  for (let at = 0; at < value.length; at += 2) {
    const shard = shardField(((value[at] as number) << 8) | (value[at + 1] as number), shards);
    if (shard <= before) throw new Malformed(`Shard ${shard} was given behind shard ${before}; shards rise.`);
    list.push(shard);
    before = shard;
  }
  return list;
}
