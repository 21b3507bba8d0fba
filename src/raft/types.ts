import type { ReplicaId } from "../base/ids.ts";

/**
 * Terms and positions are plain numbers in here: they are compared and counted on nearly every line. The gateway lets only safe
 * integers in, and the log's own assertions hold the rest.
 */
/** Raft's logical clock: it only rises, and each term has at most one leader. 0 is before the first election. */
export type Term = number;
/** A position in the replicated log; the first entry stands at 1, and 0 is before it. */
export type LogIndex = number;

/** One slot of the log. The core never looks into `data`. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly data: Uint8Array;
}

/** What must be on disk before anything that depends on it leaves (Raft, figure 2: persistent state). */
export interface HardState {
  readonly term: Term;
  readonly vote: ReplicaId | undefined;
}

/** Who belongs to the group. Quorums are computed from it alone: a majority of `voters`. */
export interface Membership {
  readonly voters: readonly ReplicaId[];
}

/** Where a log begins: everything up to `index` is in the state or in a snapshot of it. */
export interface Mark {
  readonly index: LogIndex;
  /** The term of the entry at `index`; 0 when `index` is 0. */
  readonly term: Term;
  /** The log store's hash over all entries up to `index`; the core carries it and does not look at it. */
  readonly chain: number;
  readonly membership: Membership;
}

/** The bytes an entry counts for wherever bytes are limited: its data and a flat share for its place. */
export function entryBytes(entry: Entry): number {
  return entry.data.length + 16;
}
