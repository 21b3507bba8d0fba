import { unreachable } from "../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import { type GroupId, isGroupId, isReplicaId, type ReplicaId } from "../base/ids.ts";
import type { Append, AppendReply, InstallSnapshot, Message } from "../raft/message.ts";
import type { Term } from "../raft/types.ts";
import { chunkKinds, chunkLengths, type ChunkWord, packChunkWord, unpackChunkWord } from "./snapshot/chunk.ts";
import { flag, place, whole } from "./fields.ts";
import { packEntries, unpackEntries } from "./log/rows.ts";

/** The version of everything in this file. A packet of another one is refused. */
export const protocolVersion = 1;

/** Which life of which replica of which group says this to whom. */
export interface Header {
  readonly group: GroupId;
  /** The group's creation id, so that groups with one number are told apart. */
  readonly creation: number;
  readonly from: ReplicaId;
  /** The sender's directory; a wiped one is another. */
  readonly incarnation: number;
  readonly to: ReplicaId;
}

/** "This is my incarnation: pin it." */
export interface Hello {
  readonly kind: "hello";
}
/** "I have durably pinned that incarnation of yours." */
export interface Pinned {
  readonly kind: "pinned";
  readonly incarnation: number;
}
/** "I have pinned another incarnation of yours, and keep it." */
export interface Unknown {
  readonly kind: "unknown";
  readonly incarnation: number;
}
/** What members of a group send each other: the core's messages and what belongs to the store around it. A snapshot comes in chunks. */
export type Payload = { readonly kind: "raft"; readonly message: Exclude<Message, InstallSnapshot> } | ChunkWord | Hello | Pinned | Unknown;

export interface Packet {
  readonly header: Header;
  readonly payload: Payload;
}

const kinds = {
  pre_vote: 1,
  pre_vote_reply: 2,
  vote: 3,
  vote_reply: 4,
  append: 5,
  accepted: 6,
  rejected: 7,
  ...chunkKinds,
  timeout_now: 11,
  transfer_vote: 12,
  hello: 16,
  pinned: 17,
  unknown: 18,
} as const;
const headerFields = 6;

export function encodePacket(header: Header, payload: Payload): Uint8Array {
  const { group, creation, from, incarnation, to } = header;
  const values: Packable[] = [protocolVersion, group, creation, from, incarnation, to];
  packPayload(payload, values);
  return encode(values);
}

/** Puts the kind and what follows it behind the header. */
function packPayload(payload: Payload, values: Packable[]): void {
  switch (payload.kind) {
    case "raft":
      packMessage(payload.message, values);
      return;
    case "chunk":
    case "chunk_ack":
    case "chunk_lost":
      packChunkWord(payload, values);
      return;
    case "hello":
      values.push(kinds.hello);
      return;
    case "pinned":
      values.push(kinds.pinned, payload.incarnation);
      return;
    case "unknown":
      values.push(kinds.unknown, payload.incarnation);
      return;
    default:
      unreachable(payload);
  }
}

function packMessage(message: Exclude<Message, InstallSnapshot>, values: Packable[]): void {
  const { term } = message;
  switch (message.kind) {
    case "pre_vote":
      values.push(kinds.pre_vote, term, message.lastIndex, message.lastTerm);
      return;
    case "vote":
      values.push(message.transfer ? kinds.transfer_vote : kinds.vote, term, message.lastIndex, message.lastTerm);
      return;
    case "pre_vote_reply":
    case "vote_reply":
      values.push(kinds[message.kind], term, message.granted);
      return;
    case "append":
      values.push(kinds.append, term, message.prevIndex, message.prevTerm, message.commit, message.round, packEntries(message.entries));
      return;
    case "append_reply":
      if (message.accepted) values.push(kinds.accepted, term, message.round, message.match);
      else values.push(kinds.rejected, term, message.round, message.prevIndex, message.hintIndex, message.hintTerm);
      return;
    case "timeout_now":
      values.push(kinds.timeout_now, term);
      return;
    default:
      unreachable(message);
  }
}

/** Checks bytes from anywhere once and for all; throws `Malformed` with a sentence. What comes out is trusted in shape. */
export function decodePacket(bytes: Uint8Array): Packet {
  const values = decode(bytes);
  if (!Array.isArray(values) || values.length <= headerFields) throw new Malformed("a packet is a list with a header");
  const [version, group, creation, from, incarnation, to] = values as unknown[];
  if (version !== protocolVersion) throw new Malformed(`a packet of protocol version ${printed(version)}, not ${protocolVersion}`);
  if (!isGroupId(group) || !isReplicaId(from) || !isReplicaId(to)) throw new Malformed("a header names a group and two replicas");
  const header: Header = { group, creation: whole(creation), from, incarnation: whole(incarnation), to };
  return { header, payload: unpackPayload(header, values) };
}

function printed(value: unknown): string {
  return typeof value === "number" ? String(value) : `of type ${typeof value}`;
}

/** How many values follow each kind. */
const lengths: Readonly<Record<number, number>> = {
  [kinds.pre_vote]: 4,
  [kinds.pre_vote_reply]: 3,
  [kinds.vote]: 4,
  [kinds.vote_reply]: 3,
  [kinds.append]: 7,
  [kinds.accepted]: 4,
  [kinds.rejected]: 6,
  ...chunkLengths,
  [kinds.timeout_now]: 2,
  [kinds.transfer_vote]: 4,
  [kinds.hello]: 1,
  [kinds.pinned]: 2,
  [kinds.unknown]: 2,
};

/** Where the kind stands; the rest of the payload follows it. */
const at = headerFields;

function unpackPayload(header: Header, values: readonly unknown[]): Payload {
  const kind = values[at];
  const length = values.length - headerFields;
  if (typeof kind !== "number" || lengths[kind] === undefined) throw new Malformed(`an unknown kind of packet: ${printed(kind)}`);
  if (length !== lengths[kind]) throw new Malformed(`a packet of kind ${kind} has ${lengths[kind]} values, not ${length}`);
  if (kind === kinds.hello) return { kind: "hello" };
  if (kind === kinds.pinned) return { kind: "pinned", incarnation: whole(values[at + 1]) };
  if (kind === kinds.unknown) return { kind: "unknown", incarnation: whole(values[at + 1]) };
  if (chunkLengths[kind] !== undefined) return unpackChunkWord(kind, values.slice(at));
  return { kind: "raft", message: unpackMessage(header, kind, values) };
}

function unpackMessage(header: Header, kind: number, values: readonly unknown[]): Exclude<Message, InstallSnapshot> {
  const { from, to } = header;
  const term = whole(values[at + 1]);
  switch (kind) {
    case kinds.pre_vote:
      return { kind: "pre_vote", from, to, term, lastIndex: whole(values[at + 2]), lastTerm: whole(values[at + 3]) };
    case kinds.vote:
    case kinds.transfer_vote: {
      const transfer = kind === kinds.transfer_vote;
      return { kind: "vote", from, to, term, lastIndex: whole(values[at + 2]), lastTerm: whole(values[at + 3]), transfer };
    }
    case kinds.timeout_now:
      return { kind: "timeout_now", from, to, term };
    case kinds.pre_vote_reply:
      return { kind: "pre_vote_reply", from, to, term, granted: flag(values[at + 2]) };
    case kinds.vote_reply:
      return { kind: "vote_reply", from, to, term, granted: flag(values[at + 2]) };
    case kinds.append:
      return unpackAppend(header, term, values);
    default:
      return unpackReply(header, term, kind, values);
  }
}

function unpackAppend({ from, to }: Header, term: Term, values: readonly unknown[]): Append {
  const prevIndex = place(values[at + 2]);
  const prevTerm = whole(values[at + 3]);
  const entries = unpackEntries(values[at + 6], prevIndex + 1);
  let before = prevTerm;
  for (const entry of entries) {
    if (entry.term < before || entry.term > term) throw new Malformed("terms of entries rise, up to the message's");
    before = entry.term;
  }
  if (prevTerm > term || (prevIndex === 0) !== (prevTerm === 0)) throw new Malformed("the place before an append has an impossible term");
  return { kind: "append", from, to, term, prevIndex, prevTerm, commit: whole(values[at + 4]), round: whole(values[at + 5]), entries };
}

function unpackReply({ from, to }: Header, term: Term, kind: number, values: readonly unknown[]): AppendReply {
  const round = whole(values[at + 2]);
  if (kind === kinds.accepted) return { kind: "append_reply", from, to, term, round, accepted: true, match: whole(values[at + 3]) };
  const [prevIndex, hintIndex, hintTerm] = [whole(values[at + 3]), whole(values[at + 4]), whole(values[at + 5])];
  if (hintIndex > prevIndex || hintTerm > term) throw new Malformed("a hint lies behind the question or its term");
  return { kind: "append_reply", from, to, term, round, accepted: false, prevIndex, hintIndex, hintTerm };
}
