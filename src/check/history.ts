import type { Bytes } from "./byte-string.ts";
import type { MasterCommand, ShardMap } from "./master/words.ts";

/** A value, or null where there is none. */
export type Value = Bytes | null;

/** Which keys a scan asks for. At most one of `from` and `after`, and one of `to` and `before`; without either that side is open. */
export interface KeyRange {
  readonly from?: Bytes;
  readonly after?: Bytes;
  readonly to?: Bytes;
  readonly before?: Bytes;
}

/** What a client asked of one key. */
export type KeyCommand =
  | { readonly op: "get" | "delete"; readonly key: Bytes }
  | { readonly op: "put" | "append" | "swap"; readonly key: Bytes; readonly value: Bytes }
  /** Puts `value` if the key holds `expected`. Null asks that it holds nothing; as the value, it deletes. */
  | { readonly op: "cas"; readonly key: Bytes; readonly expected: Value; readonly value: Value }
  /** Puts `value` if the key's version is `version`; 0 asks that it holds nothing. */
  | { readonly op: "put_version"; readonly key: Bytes; readonly version: number; readonly value: Bytes };

/** Reads the keys of a range; `limit` is the most rows that may come. */
export interface ScanCommand extends KeyRange {
  readonly op: "scan";
  readonly limit?: number;
}

/** What a client asked of a store, or of something simpler. */
export type StoreCommand = KeyCommand | ScanCommand;

/** What a client asked for. */
export type Command = StoreCommand | MasterCommand;

/** One row of a scan. */
export interface Row {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly version?: number;
}

/**
 * What the answer to an operation told. Each field means the same for every operation, and one that is missing was not told: then
 * nothing is checked. No operation tells more than its store does; a get that tells no `value` says nothing.
 */
export interface Told {
  /** What the key held just before: the value that a get read, the old one of an append or a swap. */
  readonly value?: Value;
  /** Whether the key held anything just before. */
  readonly existed?: boolean;
  /**
   * Of a `cas` or a `put_version`, which always tell it: whether its condition was met, so that it took effect. Of what asks the
   * shardmaster for a change: whether it made a configuration.
   */
  readonly done?: boolean;
  /** The key's version just after; 0 when it holds nothing then. Of the shardmaster: the number of its latest configuration. */
  readonly version?: number;
  /** Of a scan: what it found, in the order of the answer. */
  readonly rows?: readonly Row[];
  /** Of a query: the configuration that it was given. */
  readonly config?: ShardMap;
  /** What asked the shardmaster for a change was refused, for ever: it is wrong as things are. */
  readonly refused?: true;
}

/**
 * How an operation ended for its client. `failed` is a definite failure: it changed nothing, now or later. `unknown` is every other
 * end without an answer, and no end at all: a write may take effect at any time after its call, or never.
 */
export type Outcome = Told | "failed" | "unknown";

/** One operation of one client. */
export interface Operation {
  /** A name for whoever called. It is shown, and nothing else: a client may have several operations on the way. */
  readonly client: string;
  /** When it was called. Times are ordered numbers of any unit; of two equal ones, a call comes before a return. */
  readonly call: number;
  /** When its answer came; undefined where none did. Of an operation with an unknown outcome it means nothing. */
  readonly returned: number | undefined;
  readonly command: Command;
  readonly outcome: Outcome;
}

/** What the operations were done to: the store, the shardmaster, or one of the simpler things that public data tells of. */
export type ModelName = "store" | "shardmaster" | "register" | "kv";

/** What was observed, in any order. */
export interface History {
  readonly model: ModelName;
  readonly operations: readonly Operation[];
}

/** The time of a return that never came. */
export const never: number = Number.POSITIVE_INFINITY;
