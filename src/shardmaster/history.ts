import { assert, present } from "../base/assert.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import type { GroupId } from "../base/ids.ts";
import { whole } from "../rsm/fields.ts";
import type { State, StateReader } from "../rsm/state/state.ts";
import { advance, type Change, configOf, draftOf, packChange, unpackChange } from "./change.ts";
import type { Config, Owned } from "./config.ts";
import { decodeConfig, encodeConfig } from "./config-bytes.ts";
import { shardsMax } from "./partitioner.ts";
import { changeKey, fullKey, latestKey } from "./rows.ts";

/*
 * All configurations, for ever. One is stored as a whole when the changes since the last one that was have taken as many bytes as it
 * would, or are `changesMax`: so whole ones at most double what the changes take, and to read any of them takes one whole one and few
 * changes. Besides, the latest one is there as a whole, for commands and for all who poll.
 */

/** The changes that are read for one configuration. */
const changesMax = 128;

/** A change names groups of two configurations and may move every shard. */
const wire = { depthMax: 2, elementsMax: 4 * 65_536 + 16 };

/** The latest configuration. */
export interface Latest {
  readonly number: number;
  /** The newest configuration that is stored as a whole, and the bytes of the changes behind it. */
  readonly base: number;
  readonly changeBytes: number;
  /** See `config-bytes.ts`. */
  readonly config: Uint8Array;
}

/** Undefined before the cluster was initialised. */
export function latestOf(state: StateReader): Latest | undefined {
  const row = state.get(latestKey);
  if (row === undefined) return undefined;
  const value = decode(row);
  if (!Array.isArray(value) || value.length !== 4) throw new Malformed("the row of the latest configuration has four parts");
  const [number, base, changeBytes, config]: unknown[] = value;
  if (!(config instanceof Uint8Array)) throw new Malformed("the latest configuration is bytes");
  return { number: whole(number), base: whole(base), changeBytes: whole(changeBytes), config };
}

function putLatest(state: State, { number, base, changeBytes, config }: Latest): void {
  state.put(latestKey, encode([number, base, changeBytes, config]));
}

/** Configuration 0: no groups, every shard parked. */
export function beginHistory(state: State, shards: number): void {
  assert(shards >= 1 && shards <= shardsMax, "a store has shards");
  const parked: Owned = { gid: 0 as GroupId, since: 0, holder: undefined };
  const config = encodeConfig({ number: 0, groups: [], shards: Array.from({ length: shards }, () => parked) });
  state.put(fullKey(0), config);
  putLatest(state, { number: 0, base: 0, changeBytes: 0, config });
}

/** A configuration that is about to be the latest one. */
export interface Next {
  readonly number: number;
  readonly config: Uint8Array;
}

/** The configuration that `change` makes out of another one. */
export function nextConfig(before: Config, change: Change): Next {
  const draft = draftOf(before);
  advance(draft, change);
  return { number: draft.number, config: encodeConfig(configOf(draft)) };
}

/** Writes the configuration that `change` makes out of the latest one. */
export function appendConfig(state: State, latest: Latest, { number, config }: Next, change: Change): void {
  const row = encode([latest.base, ...packChange(change)], wire);
  const changeBytes = latest.changeBytes + row.length;
  const isWhole = changeBytes >= config.length || number - latest.base > changesMax;
  if (isWhole) state.put(fullKey(number), config);
  else state.put(changeKey(number), row);
  putLatest(state, { number, base: isWhole ? number : latest.base, changeBytes: isWhole ? 0 : changeBytes, config });
}

/** The bytes of a configuration that is not above the latest one: the same whenever it is asked for. */
export function configBytes(state: StateReader, latest: Latest, number: number): Uint8Array {
  if (number === latest.number) return latest.config;
  const row = state.get(changeKey(number));
  if (row === undefined) return fullAt(state, number);
  const draft = draftOf(decodeConfig(fullAt(state, changeOf(row).base)));
  while (draft.number < number) {
    const next = present(state.get(changeKey(draft.number + 1)), "changes follow each other from a whole configuration on");
    advance(draft, changeOf(next).change);
  }
  return encodeConfig(configOf(draft));
}

function fullAt(state: StateReader, number: number): Uint8Array {
  return present(state.get(fullKey(number)), `configuration ${number} has a row`);
}

function changeOf(row: Uint8Array): { readonly base: number; readonly change: Change } {
  const value = decode(row, wire);
  if (!Array.isArray(value) || value.length !== 4) throw new Malformed("the row of a change has four parts");
  const [base, joined, gone, moved]: unknown[] = value;
  return { base: whole(base), change: unpackChange(joined, gone, moved) };
}
