import { unreachable } from "../../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../../base/codec.ts";
import type { ReplicaId } from "../../base/ids.ts";
import type { InstallSnapshot } from "../../raft/message.ts";
import type { Mark, Term } from "../../raft/types.ts";
import { place, whole } from "../fields.ts";
import { type StateRow, unpackMembership } from "../log/rows.ts";

/** One attempt to send one snapshot. A replica that has started anew draws another nonce, so that no two attempts are called the same. */
export interface TransferId {
  readonly nonce: number;
  /** Rises with every attempt of one life. */
  readonly count: number;
}

/** A part of a snapshot, from the leader of `term`. What a transfer's chunk of some number holds never changes. */
export interface Chunk {
  readonly kind: "chunk";
  readonly term: Term;
  readonly transfer: TransferId;
  /** From 1 on. */
  readonly number: number;
  /** The receiver has said that it has the chunks up to this one; if it has not, it has lost them. */
  readonly finished: number;
  readonly rows: readonly StateRow[];
  /** Comes with the last chunk: what the rows of all of them are the state at. */
  readonly mark: Mark | undefined;
}

/** The receiver's answer to chunks of a transfer that it knows, or that has only begun. */
export interface ChunkAck {
  readonly kind: "chunk_ack";
  readonly term: Term;
  readonly transfer: TransferId;
  /** Its storage has finished the chunks up to this one. */
  readonly finished: number;
  /** The chunk that should have come instead of a later one; 0 when none is missing. */
  readonly missing: number;
}

/** "I do not have what I said I have": the receiver has started anew, and so must the transfer. */
export interface ChunkLost {
  readonly kind: "chunk_lost";
  readonly term: Term;
  readonly transfer: TransferId;
}

/** What members say to each other about a snapshot under way. */
export type ChunkWord = Chunk | ChunkAck | ChunkLost;

/** What the last chunk says to the receiver's core; undefined for the others. */
export function installMessage(from: ReplicaId, to: ReplicaId, { term, mark }: Chunk): InstallSnapshot | undefined {
  return mark === undefined ? undefined : { kind: "snapshot", from, to, term, mark };
}

/** The bytes of keys and values, wherever those of a snapshot are counted. */
export function bytesOfRows(rows: readonly StateRow[]): number {
  let bytes = 0;
  for (const [key, value] of rows) bytes += key.length + value.length;
  return bytes;
}

/** How a packet names them. */
export const chunkKinds = { chunk: 8, chunk_ack: 9, chunk_lost: 10 } as const;

/** How many values a packet has for each, the kind included. */
export const chunkLengths: Readonly<Record<number, number>> = {
  [chunkKinds.chunk]: 8,
  [chunkKinds.chunk_ack]: 6,
  [chunkKinds.chunk_lost]: 4,
};

/** Puts the kind and what follows it behind a packet's header. */
export function packChunkWord(word: ChunkWord, values: Packable[]): void {
  values.push(chunkKinds[word.kind], word.term, word.transfer.nonce, word.transfer.count);
  switch (word.kind) {
    case "chunk":
      values.push(word.number, word.finished, word.rows.flat(), packMark(word.mark));
      return;
    case "chunk_ack":
      values.push(word.finished, word.missing);
      return;
    case "chunk_lost":
      return;
    default:
      unreachable(word);
  }
}

function packMark(mark: Mark | undefined): Packable {
  return mark === undefined ? null : [mark.index, mark.term, mark.chain, mark.membership.voters];
}

/** Reads what `packChunkWord` has written, the kind first; there are as many values as the kind has. Throws `Malformed`. */
export function unpackChunkWord(kind: number, values: readonly unknown[]): ChunkWord {
  const term = whole(values[1]);
  const transfer: TransferId = { nonce: whole(values[2]), count: whole(values[3]) };
  if (kind === chunkKinds.chunk) return unpackChunk(term, transfer, values);
  if (kind === chunkKinds.chunk_lost) return { kind: "chunk_lost", term, transfer };
  const [finished, missing] = [whole(values[4]), whole(values[5])];
  if (missing !== 0 && missing <= finished) throw new Malformed("what is finished is not missing");
  return { kind: "chunk_ack", term, transfer, finished, missing };
}

function unpackChunk(term: Term, transfer: TransferId, values: readonly unknown[]): Chunk {
  const number = whole(values[4]);
  const finished = whole(values[5]);
  if (term === 0) throw new Malformed("a chunk has a term");
  if (number <= finished) throw new Malformed("a chunk that is sent is not finished");
  return { kind: "chunk", term, transfer, number, finished, rows: rowsOf(values[6]), mark: unpackMark(values[7], term) };
}

/** Rows in one piece of memory. */
export function packRows(rows: readonly StateRow[]): Uint8Array {
  return encode(rows.flat());
}

/** What `packRows` has packed. */
export function unpackRows(packed: Uint8Array): StateRow[] {
  return rowsOf(decode(packed));
}

function rowsOf(packed: unknown): StateRow[] {
  if (!Array.isArray(packed) || packed.length % 2 !== 0) throw new Malformed("a chunk's rows are keys and values in turn");
  const rows: StateRow[] = [];
  for (let i = 0; i < packed.length; i += 2) {
    const key: unknown = packed[i];
    const value: unknown = packed[i + 1];
    if (!(key instanceof Uint8Array) || !(value instanceof Uint8Array)) throw new Malformed("a chunk's rows are bytes");
    rows.push([key, value]);
  }
  return rows;
}

function unpackMark(packed: unknown, term: Term): Mark | undefined {
  if (packed === null) return undefined;
  if (!Array.isArray(packed) || packed.length !== 4) throw new Malformed("a snapshot's mark has four fields");
  const [index, markTerm, chain, voters] = packed as unknown[];
  const mark: Mark = { index: place(index), term: whole(markTerm), chain: whole(chain), membership: unpackMembership(voters) };
  if (mark.index === 0 || mark.term === 0 || mark.term > term) throw new Malformed("a snapshot's mark has an impossible place");
  return mark;
}
