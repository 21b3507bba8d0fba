import { getU64, putU32, putU64 } from "../../base/bytes.ts";
import { encode, Malformed } from "../../base/codec.ts";
import { copyInto } from "../../base/copy.ts";
import { chainHash } from "../../base/hash.ts";
import { type GroupId, isReplicaId, type ReplicaId } from "../../base/ids.ts";
import { pooled } from "../../base/pool.ts";
import { membership } from "../../raft/membership.ts";
import type { Entry, LogIndex, Mark, Membership, Term } from "../../raft/types.ts";
import { fields, whole } from "../fields.ts";

/** What a group's rows hold. One letter stands behind the group's number in every key. */
const kinds = { applied: 0x61, hard: 0x68, log: 0x6c, mark: 0x6d, pin: 0x70, state: 0x73, admitted: 0x77 } as const;

/** The keys of one group's rows; several groups can share a storage. */
export class Keys {
  readonly #prefix = new Uint8Array(4);
  readonly applied: Uint8Array;
  readonly hard: Uint8Array;
  readonly mark: Uint8Array;
  readonly admitted: Uint8Array;
  readonly logPrefix: Uint8Array;
  readonly statePrefix: Uint8Array;
  /** The generation that was asked for last, nearly always the live one, and the prefix of its rows. */
  #generation = 0;
  #generationPrefix: Uint8Array;

  constructor(group: GroupId) {
    putU32(this.#prefix, 0, group);
    this.applied = this.#key(kinds.applied);
    this.hard = this.#key(kinds.hard);
    this.mark = this.#key(kinds.mark);
    this.admitted = this.#key(kinds.admitted);
    this.logPrefix = this.#key(kinds.log);
    this.statePrefix = this.#key(kinds.state);
    this.#generationPrefix = this.#key(kinds.state, 4);
  }

  #key(kind: number, tail = 0): Uint8Array {
    const key = new Uint8Array(5 + tail);
    key.set(this.#prefix);
    key[4] = kind;
    return key;
  }

  /** The log row whose first entry stands at `first`. */
  log(first: LogIndex): Uint8Array {
    const key = this.#key(kinds.log, 8);
    putU64(key, 5, first);
    return key;
  }

  pin(replica: ReplicaId): Uint8Array {
    const key = this.#key(kinds.pin, 1);
    key[5] = replica;
    return key;
  }

  /** Before the rows of one generation of the state. */
  generation(generation: number): Uint8Array {
    if (generation !== this.#generation) {
      const prefix = this.#key(kinds.state, 4);
      putU32(prefix, 5, generation);
      this.#generation = generation;
      this.#generationPrefix = prefix;
    }
    return this.#generationPrefix;
  }

  /** The state row that the machine calls `key`. */
  state(generation: number, key: Uint8Array): Uint8Array {
    const row = pooled(stateKeyOffset + key.length);
    copyInto(row, this.generation(generation));
    copyInto(row, key, stateKeyOffset);
    return row;
  }
}

/** The bytes before the machine's own key in the key of a state row. */
export const stateKeyOffset = 9;

export function firstOfLogRow(key: Uint8Array): LogIndex {
  if (key.length !== 13) throw new Malformed("a log row's key has another length");
  return getU64(key, 5);
}

/** Term, vote, and what the log promised when they were written. */
export interface HardRow {
  readonly term: Term;
  readonly vote: ReplicaId | undefined;
  /** Everything up to here was durable before this batch: a log that ends earlier has lost something. */
  readonly acknowledged: LogIndex;
  /** The term of the last batch that took entries back (rule P9). */
  readonly truncatedIn: Term;
}

/** What the state holds, and which generation of rows it is. */
export interface AppliedRow {
  readonly index: LogIndex;
  readonly term: Term;
  readonly chain: number;
  readonly generation: number;
}

/** A state row as a snapshot carries it: the machine's own key, without group and generation. */
export type StateRow = readonly [key: Uint8Array, value: Uint8Array];

/** A run of entries, and the hash of everything before it. */
export interface LogRow {
  readonly chainBefore: number;
  readonly entries: readonly Entry[];
}

/** A vote as bytes hold it: 0 for none. */
export const packVote = (vote: ReplicaId | undefined): number => (vote === undefined ? 0 : vote + 1);

export function unpackVote(value: unknown): ReplicaId | undefined {
  if (value === 0) return undefined;
  const vote = typeof value === "number" ? value - 1 : -1;
  if (!isReplicaId(vote)) throw new Malformed("a vote names a replica");
  return vote;
}

export const encodeHard = (row: HardRow): Uint8Array => encode([row.term, packVote(row.vote), row.acknowledged, row.truncatedIn]);

export function decodeHard(bytes: Uint8Array): HardRow {
  const [term, vote, acknowledged, truncatedIn] = fields(bytes, 4, "hard state");
  return { term: whole(term), vote: unpackVote(vote), acknowledged: whole(acknowledged), truncatedIn: whole(truncatedIn) };
}

export const encodeApplied = (row: AppliedRow): Uint8Array => encode([row.index, row.term, row.chain, row.generation]);

export function decodeApplied(bytes: Uint8Array): AppliedRow {
  const [index, term, chain, generation] = fields(bytes, 4, "applied");
  // Four bytes of a state row's key hold it.
  if (whole(generation) > 0xffffffff) throw new Malformed("a generation has four bytes");
  return { index: whole(index), term: whole(term), chain: whole(chain), generation: whole(generation) };
}

export const encodeMark = (mark: Mark): Uint8Array => encode([mark.index, mark.term, mark.chain, mark.membership.voters]);

export function decodeMark(bytes: Uint8Array): Mark {
  const [index, term, chain, voters] = fields(bytes, 4, "mark");
  return { index: whole(index), term: whole(term), chain: whole(chain), membership: unpackMembership(voters) };
}

export function unpackMembership(voters: unknown): Membership {
  if (!Array.isArray(voters) || voters.length === 0 || !voters.every(isReplicaId)) throw new Malformed("a membership names its voters");
  if (new Set(voters).size !== voters.length) throw new Malformed("a membership names each voter once");
  return membership(voters);
}

/** Terms and data alternate: half the elements, and half the work, of a list of pairs. */
export function packEntries(entries: readonly Entry[]): (number | Uint8Array)[] {
  const packed: (number | Uint8Array)[] = [];
  for (const entry of entries) packed.push(entry.term, entry.data);
  return packed;
}

export function unpackEntries(packed: unknown, first: LogIndex): Entry[] {
  if (!Array.isArray(packed) || packed.length % 2 !== 0) throw new Malformed("entries are terms and data in turn");
  const entries: Entry[] = [];
  if (!Number.isSafeInteger(first + packed.length)) throw new Malformed("an entry's index is a safe integer");
  for (let i = 0; i < packed.length; i += 2) {
    const data: unknown = packed[i + 1];
    const term = whole(packed[i]);
    if (!(data instanceof Uint8Array)) throw new Malformed("an entry's data is bytes");
    if (term === 0) throw new Malformed("an entry has a term");
    entries.push({ index: first + i / 2, term, data });
  }
  return entries;
}

export const encodeLogRow = (row: LogRow): Uint8Array => encode([row.chainBefore, packEntries(row.entries)]);

export function decodeLogRow(bytes: Uint8Array, first: LogIndex): LogRow {
  const [chainBefore, packed] = fields(bytes, 2, "log row");
  return { chainBefore: whole(chainBefore), entries: unpackEntries(packed, first) };
}

/** The hash of the log up to and including `entry`, given the hash of everything before it. */
export function chainAfter(before: number, entry: Entry): number {
  return chainHash(before, entry.term, entry.data);
}
