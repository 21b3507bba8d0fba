import { decode, encode, Malformed } from "../../base/codec.ts";
import { flag, whole } from "../../rsm/fields.ts";
import { expectFields, refusalOf, requestFields, wholeField } from "../../rsm/request-fields.ts";
import type { Decoded } from "../../rsm/state/state-machine.ts";
import { packGroup, unpackGroup } from "../address.ts";
import type { Group } from "../config.ts";
import { gidField } from "../group-fields.ts";

/** A replica of a founding group says that it is there. */
export interface Register {
  readonly op: "register";
  readonly gid: Group["gid"];
  readonly creation: number;
  readonly replica: number;
  /** It knows that the first configuration had been made: a shardmaster without a disk may have forgotten it. */
  readonly begun: boolean;
}

/** Asks for the founding groups. */
export interface FoundingQuery {
  readonly op: "founding";
}

/** The groups of the first configuration, and how far it is with them. */
export interface Founding {
  readonly groups: readonly Group[];
  /** For each group: the replicas that have ever registered, in rising order. */
  readonly registered: readonly (readonly number[])[];
  /** Whether the first configuration is made. */
  readonly begun: boolean;
}

/** Apart from the operations and results of every shardmaster. */
const operation = 64;

/** Other requests may be larger; they are for somebody else. */
const wire = { depthMax: 1, elementsMax: 16 };

export function encodeRegister({ gid, creation, replica, begun }: Omit<Register, "op">): Uint8Array {
  return encode([operation, gid, creation, replica, begun]);
}

export function encodeFoundingQuery(): Uint8Array {
  return encode([operation]);
}

/** A client's bytes, if they are for this part of the shardmaster; undefined when they are for another. */
export function decodeRegister(bytes: Uint8Array): Decoded<Register> | undefined {
  const fields = ownFields(bytes);
  if (fields === undefined) return undefined;
  try {
    expectFields(fields, 5, "A registration has a group's number, its creation id, a replica and whether all had begun");
    const [, gid, creation, replica, begun] = fields;
    const who = { gid: gidField(gid), creation: wholeField(creation, "creation id", 0), replica: wholeField(replica, "replica", 0) };
    return { ok: true, value: { op: "register", ...who, begun: flag(begun) } };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Likewise. */
export function decodeFoundingQuery(bytes: Uint8Array): Decoded<FoundingQuery> | undefined {
  return ownFields(bytes) === undefined ? undefined : { ok: true, value: { op: "founding" } };
}

function ownFields(bytes: Uint8Array): readonly unknown[] | undefined {
  const fields = requestFields(bytes, wire, "A request");
  return fields.ok && fields.value[0] === operation ? fields.value : undefined;
}

export function encodeFounding({ groups, registered, begun }: Founding): Uint8Array {
  return encode([operation, begun, groups.map(packGroup), registered]);
}

/** For the client; throws `Malformed`. */
export function decodeFounding(bytes: Uint8Array): Founding {
  const value = decode(bytes);
  if (!Array.isArray(value) || value.length !== 4 || value[0] !== operation) throw new Malformed("A founding has three parts.");
  const [, begun, groups, registered] = value as unknown[];
  if (!Array.isArray(groups) || !Array.isArray(registered) || groups.length !== registered.length)
    throw new Malformed("A founding names groups, and who has registered of each.");
  return { begun: flag(begun), groups: groups.map(unpackGroup), registered: registered.map(replicasOf) };
}

/** The replicas in a row or in a founding; throws `Malformed`. */
export function replicasOf(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw new Malformed("Replicas are a list.");
  return value.map(whole);
}
