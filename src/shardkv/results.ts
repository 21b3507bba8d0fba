import { assert, unreachable } from "../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import { flag, whole } from "../rsm/fields.ts";
import type { Refused, Shard } from "../rsm/state/state-machine.ts";
import { badRequest } from "../rsm/request-fields.ts";

/** The value of a key; nothing for one that is absent. */
export type Value = Uint8Array | undefined;

/** What became of a put; `version` is the key's from here on. */
export interface PutResult {
  readonly ok: true;
  readonly op: "put";
  readonly existed: boolean;
  readonly version: number;
}

/** What the key had before an append or a swap. */
export interface OldValueResult {
  readonly ok: true;
  readonly op: "append" | "swap";
  readonly old: Value;
  readonly version: number;
}

export interface DeleteResult {
  readonly ok: true;
  readonly op: "delete";
  readonly existed: boolean;
}

/** Whether the key had what was expected. `version` is the key's from here on, 0 if it is absent. */
export type CasResult =
  | { readonly ok: true; readonly op: "cas"; readonly done: true; readonly version: number }
  | { readonly ok: true; readonly op: "cas"; readonly done: false; readonly version: number; readonly current: Value };

/** Whether the key was at the version that was expected. `version` is the key's from here on, 0 if it is absent. */
export interface PutVersionResult {
  readonly ok: true;
  readonly op: "put_version";
  readonly done: boolean;
  readonly version: number;
}

/** What a key has; an absent one is at version 0. */
export interface GetResult {
  readonly ok: true;
  readonly op: "get";
  readonly value: Value;
  readonly version: number;
}

export interface ScanRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: number;
}

/** A page of a scan, in bytewise order of the keys. It may be short, or empty, and not be the last one. */
export interface ScanResult {
  readonly ok: true;
  readonly op: "scan";
  readonly rows: readonly ScanRow[];
  /** To go on with: the last key that was looked at, of whatever shard. Nothing when the end of the range was seen. */
  readonly cursor: Uint8Array | undefined;
}

/** How many keys of a shard a page of counting saw, and the bytes of these keys and their values. */
export interface ShardFigures {
  readonly shard: Shard;
  readonly keys: number;
  readonly bytes: number;
}

/** A page of counting: only shards of which it saw something, by their numbers. `cursor` is as in a scan. */
export interface FiguresResult {
  readonly ok: true;
  readonly op: "figures";
  readonly shards: readonly ShardFigures[];
  readonly cursor: Uint8Array | undefined;
}

/** What commands and queries end in, besides refusals. */
export type KvResult = PutResult | OldValueResult | DeleteResult | CasResult | PutVersionResult | GetResult | ScanResult | FiguresResult;

/** Nothing here is ever given a new meaning: results are kept in sessions. */
const kinds = { refused: 0, put: 1, append: 2, swap: 3, delete: 4, cas_done: 5, cas_not: 6, put_version: 7, get: 8, scan: 9, figures: 10 };

/** A list: the kind of result, and its fields. */
export function encodeResult(result: KvResult | Refused): Uint8Array {
  if (!result.ok) return encodeRefusal(result);
  switch (result.op) {
    case "put":
      return encode([kinds.put, result.existed, result.version]);
    case "append":
    case "swap":
      return encode([kinds[result.op], result.old ?? null, result.version]);
    case "delete":
      return encode([kinds.delete, result.existed]);
    case "cas":
      if (result.done) return encode([kinds.cas_done, result.version]);
      return encode([kinds.cas_not, result.version, result.current ?? null]);
    case "put_version":
      return encode([kinds.put_version, result.done, result.version]);
    case "get":
      return encode([kinds.get, result.value ?? null, result.version]);
    case "scan":
      return encode([kinds.scan, result.cursor ?? null, packRows(result.rows)]);
    case "figures":
      return encode([kinds.figures, result.cursor ?? null, result.shards.flatMap(({ shard, keys, bytes }) => [shard, keys, bytes])]);
    default:
      return unreachable(result);
  }
}

/** A refusal that is decided when a command is executed is its result, and is kept like one: it has to be one that is for ever. */
function encodeRefusal({ why, detail }: Refused): Uint8Array {
  assert(why === "bad_request", "what is executed is refused for ever");
  return encode([kinds.refused, detail]);
}

/** Keys, values and versions in turn. */
function packRows(rows: readonly ScanRow[]): Packable[] {
  const packed: Packable[] = [];
  for (const { key, value, version } of rows) packed.push(key, value, version);
  return packed;
}

/**
 * For the client: what `encodeResult` was given; throws `Malformed` for bytes that it did not make. Keys and values are views into the
 * memory of `bytes`, and keep all of it alive: whoever keeps one copies it.
 */
export function decodeResult(bytes: Uint8Array): KvResult | Refused {
  const value = decode(bytes);
  if (!Array.isArray(value)) throw new Malformed("A result is a list.");
  const [kind, first, second]: unknown[] = value;
  if (typeof kind !== "number" || lengths[kind] !== value.length) throw new Malformed("A result has a kind and its fields.");
  switch (kind) {
    case kinds.refused:
      return badRequest(textField(first));
    case kinds.put:
      return { ok: true, op: "put", existed: flag(first), version: whole(second) };
    case kinds.append:
    case kinds.swap:
      return { ok: true, op: kind === kinds.append ? "append" : "swap", old: valueField(first), version: whole(second) };
    case kinds.delete:
      return { ok: true, op: "delete", existed: flag(first) };
    case kinds.cas_done:
      return { ok: true, op: "cas", done: true, version: whole(first) };
    case kinds.cas_not:
      return { ok: true, op: "cas", done: false, version: whole(first), current: valueField(second) };
    case kinds.put_version:
      return { ok: true, op: "put_version", done: flag(first), version: whole(second) };
    case kinds.get:
      return { ok: true, op: "get", value: valueField(first), version: whole(second) };
    case kinds.scan:
      return { ok: true, op: "scan", cursor: valueField(first), rows: unpackRows(second) };
    default:
      return { ok: true, op: "figures", cursor: valueField(first), shards: unpackFigures(second) };
  }
}

/** How many elements each kind of result has, itself included. */
const lengths: readonly number[] = [2, 3, 3, 3, 2, 2, 3, 3, 3, 3, 3];

function textField(value: unknown): string {
  if (typeof value !== "string") throw new Malformed("A refusal says why.");
  return value;
}

function valueField(value: unknown): Value {
  if (value === null) return undefined;
  return bytesField(value);
}

function bytesField(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed("A value is bytes.");
  return value;
}

function unpackRows(packed: unknown): ScanRow[] {
  const values = triples(packed);
  const rows: ScanRow[] = [];
  for (let i = 0; i < values.length; i += 3) {
    rows.push({ key: bytesField(values[i]), value: bytesField(values[i + 1]), version: whole(values[i + 2]) });
  }
  return rows;
}

function unpackFigures(packed: unknown): ShardFigures[] {
  const values = triples(packed);
  const figures: ShardFigures[] = [];
  for (let i = 0; i < values.length; i += 3) {
    figures.push({ shard: whole(values[i]), keys: whole(values[i + 1]), bytes: whole(values[i + 2]) });
  }
  return figures;
}

function triples(packed: unknown): readonly unknown[] {
  if (!Array.isArray(packed) || packed.length % 3 !== 0) throw new Malformed("The rows of a page have three fields each.");
  return packed;
}
