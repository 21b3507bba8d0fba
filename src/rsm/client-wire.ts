import { assert, unreachable } from "../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import { type GroupId, isGroupId } from "../base/ids.ts";
import { whole } from "./fields.ts";
import { inquiryKind, reportsKind } from "./inquiry.ts";
import { shardMax } from "./session/request.ts";
import { refused, type RefusalCode, type Refused, type Shard } from "./state/state-machine.ts";

/*
 * What clients and groups say to each other. A packet is a list of three: what it is, the group, and a flat list of calls or of
 * answers, three values each. The first value tells it from members' packets, which begin with their protocol version, a number below
 * these; where the versions of what follows change, other numbers take their place.
 */
const callsKind = 0x21;
const answersKind = 0x22;

/** A list of three, with one byte for its head and one for its first value. */
const listOfThree = 0x93;

/** What a packet is, by its first two bytes. */
export function packetKind(bytes: Uint8Array): "calls" | "answers" | "inquiry" | "reports" | "member" {
  const list = bytes[0];
  const kind = bytes[1];
  if (list !== listOfThree) return "member";
  if (kind === callsKind) return "calls";
  if (kind === answersKind) return "answers";
  if (kind === inquiryKind) return "inquiry";
  return kind === reportsKind ? "reports" : "member";
}

/** What a client asks of a group. Its id is the client's choice, another one for every attempt. */
export type Call =
  /** To execute a command; `bytes` are a request's, see `request.ts`. */
  | { readonly kind: "request"; readonly id: number; readonly bytes: Uint8Array }
  /** To answer from the state; `bytes` are the machine's business. */
  | { readonly kind: "query"; readonly id: number; readonly bytes: Uint8Array }
  /** What the log time of a shard is. */
  | { readonly kind: "time"; readonly id: number; readonly shard: Shard };

/** What became of a call. */
export type Answer =
  | { readonly kind: "result"; readonly bytes: Uint8Array }
  /** The command was done once; what it came to is not known any more (rule S5). */
  | { readonly kind: "lost" }
  /** This attempt does nothing, and will do nothing. Another one of the same request may. */
  | { readonly kind: "refused"; readonly refusal: Refused }
  /** This attempt may still be executed, or not. */
  | { readonly kind: "unknown" };

export interface CallPacket {
  readonly group: GroupId;
  readonly calls: readonly Call[];
}

export interface AnswerPacket {
  readonly group: GroupId;
  readonly answers: readonly Answered[];
}

export interface Answered {
  readonly id: number;
  readonly answer: Answer;
}

/** A packet holds so many calls or answers: with three values each they stay below what a decoder counts. */
export const callsInPacketMax = 16_384;

const callKinds = { request: 1, query: 2, time: 3 } as const;
const answerKinds = { result: 1, lost: 2, unknown: 3 } as const;
/** A refusal's kind is this and the number of its code: an answer is always three values. */
const refusalKinds = 16;

/** A code's number never changes its meaning. */
const refusals: readonly RefusalCode[] = [
  "bad_request",
  "wrong_group",
  "shard_moving",
  "session_stale",
  "expired",
  "valid_too_long",
  "session_full",
  "not_leader",
  "overloaded",
];

// ---- calls

/** Adds a call to the values of a packet. */
export function packCall(call: Call, values: Packable[]): void {
  values.push(callKinds[call.kind], call.id, call.kind === "time" ? call.shard : call.bytes);
}

export function encodeCalls(group: GroupId, values: readonly Packable[]): Uint8Array {
  return encodeThree(callsKind, group, values);
}

/** Checks bytes from anywhere; throws `Malformed`. */
export function decodeCalls(bytes: Uint8Array): CallPacket {
  const { group, values } = decodeThree(bytes, callsKind);
  const calls: Call[] = [];
  for (let i = 0; i < values.length; i += 3) calls.push(unpackCall(values[i], whole(values[i + 1]), values[i + 2]));
  return { group, calls };
}

function unpackCall(kind: unknown, id: number, body: unknown): Call {
  if (kind === callKinds.time) {
    const shard = whole(body);
    if (shard > shardMax) throw new Malformed("a shard is a number of 16 bits");
    return { kind: "time", id, shard };
  }
  if (kind !== callKinds.request && kind !== callKinds.query) throw new Malformed("an unknown kind of call");
  if (!(body instanceof Uint8Array)) throw new Malformed("a call's body is bytes");
  return { kind: kind === callKinds.request ? "request" : "query", id, bytes: body };
}

// ---- answers

/** Adds the answer to the call `id` to the values of a packet. */
export function packAnswer(id: number, answer: Answer, values: Packable[]): void {
  switch (answer.kind) {
    case "result":
      values.push(id, answerKinds.result, answer.bytes);
      return;
    case "lost":
    case "unknown":
      values.push(id, answerKinds[answer.kind], null);
      return;
    case "refused":
      values.push(id, refusalKinds + refusals.indexOf(answer.refusal.why), answer.refusal.detail);
      return;
    default:
      unreachable(answer);
  }
}

export function encodeAnswers(group: GroupId, values: readonly Packable[]): Uint8Array {
  return encodeThree(answersKind, group, values);
}

/** Checks bytes from anywhere; throws `Malformed`. */
export function decodeAnswers(bytes: Uint8Array): AnswerPacket {
  const { group, values } = decodeThree(bytes, answersKind);
  const answers: Answered[] = [];
  for (let i = 0; i < values.length; i += 3) answers.push({ id: whole(values[i]), answer: unpackAnswer(values[i + 1], values[i + 2]) });
  return { group, answers };
}

function unpackAnswer(kind: unknown, body: unknown): Answer {
  switch (kind) {
    case answerKinds.result:
      if (!(body instanceof Uint8Array)) throw new Malformed("a result is bytes");
      return { kind: "result", bytes: body };
    case answerKinds.lost:
    case answerKinds.unknown:
      if (body !== null) throw new Malformed("an answer without a body has none");
      return { kind: kind === answerKinds.lost ? "lost" : "unknown" };
    default:
      return { kind: "refused", refusal: unpackRefusal(kind, body) };
  }
}

function unpackRefusal(kind: unknown, detail: unknown): Refused {
  const why = typeof kind === "number" ? refusals[kind - refusalKinds] : undefined;
  if (why === undefined) throw new Malformed("an unknown kind of answer");
  if (typeof detail !== "string") throw new Malformed("a refusal has a text");
  return refused(why, detail);
}

// ---- both

function encodeThree(kind: number, group: GroupId, values: readonly Packable[]): Uint8Array {
  assert(values.length > 0 && values.length <= 3 * callsInPacketMax, "a packet holds some calls or answers");
  return encode([kind, group, values]);
}

function decodeThree(bytes: Uint8Array, kind: number): { readonly group: GroupId; readonly values: readonly unknown[] } {
  const packet = decode(bytes);
  if (!Array.isArray(packet) || packet.length !== 3 || packet[0] !== kind) throw new Malformed("a packet is its kind, a group and a list");
  const [, group, values] = packet as unknown[];
  if (!isGroupId(group)) throw new Malformed("a packet names a group");
  if (!Array.isArray(values) || values.length % 3 !== 0 || values.length > 3 * callsInPacketMax)
    throw new Malformed("calls and answers have three values each");
  return { group, values };
}
