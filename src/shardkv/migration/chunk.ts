import { Malformed, type Packable } from "../../base/codec.ts";
import { whole } from "../../rsm/fields.ts";
import { list } from "./moves.ts";

/** A key of the store, or a client's id, and what belongs to it; as they stand in rows. */
export interface Item {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** What comes with a parcel's last page. */
export interface ChunkEnd {
  /** The shard's log time. */
  readonly time: number;
  readonly versionFloor: number;
}

/** A page of a parcel. A parcel never changes, so that every replica of its group cuts it in the same way. */
export interface ChunkBody {
  /** Where it begins; empty for the first. */
  readonly start: Uint8Array;
  readonly sessions: readonly Item[];
  /** Data rows, by their clients' keys. */
  readonly data: readonly Item[];
  /** Where the next one begins, or what ends the parcel. */
  readonly next: Uint8Array | ChunkEnd;
}

export function packBody({ start, sessions, data, next }: ChunkBody): Packable {
  return [start, flatten(sessions), flatten(data), next instanceof Uint8Array ? next : [next.time, next.versionFloor]];
}

/** Throws `Malformed`. */
export function unpackBody(value: unknown): ChunkBody {
  const [start, sessions, data, next] = list(value);
  if (!(start instanceof Uint8Array)) throw new Malformed("a chunk begins somewhere");
  return { start, sessions: pair(sessions), data: pair(data), next: next instanceof Uint8Array ? next : unpackEnd(next) };
}

function unpackEnd(value: unknown): ChunkEnd {
  const [time, versionFloor] = list(value);
  return { time: whole(time), versionFloor: whole(versionFloor) };
}

function flatten(items: readonly Item[]): Packable {
  return items.flatMap(({ name, value }) => [name, value]);
}

function pair(value: unknown): Item[] {
  const parts = list(value);
  if (parts.length % 2 !== 0) throw new Malformed("rows are names and values in turn");
  const items: Item[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const [name, item] = [parts[at], parts[at + 1]];
    if (!(name instanceof Uint8Array) || !(item instanceof Uint8Array)) throw new Malformed("rows are bytes");
    items.push({ name, value: item });
  }
  return items;
}
