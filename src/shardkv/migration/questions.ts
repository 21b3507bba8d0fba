import { unreachable } from "../../base/assert.ts";
import { encode, Malformed, type Packable } from "../../base/codec.ts";
import { isGroupId } from "../../base/ids.ts";
import type { Decoded, Shard } from "../../rsm/state/state-machine.ts";
import type { GroupName } from "../../shardmaster/address.ts";
import { expectFields, refusalOf, unknownOperation, wholeField } from "../../rsm/request-fields.ts";
import { shardField } from "../checks.ts";

/** Asks a group that had a shard for a page of its parcel. */
export interface Pull {
  readonly op: "pull";
  readonly shard: Shard;
  /** The configuration at which the shard left the group that is asked. */
  readonly left: number;
  /** The run of ownership for which it is asked, and whose that is. */
  readonly since: number;
  readonly asker: GroupName;
  /** Where the page begins. */
  readonly cursor: Uint8Array;
  /** It may be as large as so many, from 1 to `pullPagesMax`. */
  readonly pages: number;
}

/** Larger pages would keep clients of other shards waiting. */
export const pullPagesMax = 4;

/** Asks the addressee of a granted parcel whether it has the shard. */
export interface Have {
  readonly op: "have";
  readonly shard: Shard;
  readonly since: number;
}

/** Asks for the latest run of ownership for which a group got the shard. */
export interface AskAcquired {
  readonly op: "acquired";
  readonly shard: Shard;
}

/** Asks where a group is, what is not settled there and why, and how much it holds. */
export interface Status {
  readonly op: "status";
}

/** What groups, and those who look after them, ask a group. All is answered from what was applied. */
export type GroupQuestion = Pull | Have | AskAcquired | Status;

/** A question to the group of that name alone: another one at the same servers does not answer it. */
export interface Addressing {
  readonly op: "group";
  readonly to: GroupName;
  readonly question: GroupQuestion;
}

/** They stand behind the numbers of a client's queries. */
const operations = { pull: 16, have: 17, acquired: 18, status: 19 } as const;
const known = "16 (pull), 17 (have), 18 (acquired) and 19 (status)";

/** Whether a query of that operation is one between groups. */
export function isGroupQuestion(operation: unknown): boolean {
  return typeof operation === "number" && operation >= operations.pull;
}

export function encodeQuestion({ to, question }: Omit<Addressing, "op">): Uint8Array {
  return encode([operations[question.op], to.gid, to.creation, ...pack(question)]);
}

function pack(question: GroupQuestion): Packable[] {
  switch (question.op) {
    case "pull":
      return [question.shard, question.left, question.since, question.asker.gid, question.asker.creation, question.cursor, question.pages];
    case "have":
      return [question.shard, question.since];
    case "acquired":
      return [question.shard];
    case "status":
      return [];
    default:
      return unreachable(question);
  }
}

/** Checks a question of anybody's, for a store of so many shards. */
export function decodeQuestion(fields: readonly unknown[], shards: number): Decoded<Addressing> {
  try {
    return { ok: true, value: { op: "group", to: nameField(fields[1], fields[2]), question: unpack(fields, shards) } };
  } catch (error) {
    return refusalOf(error);
  }
}

function unpack(fields: readonly unknown[], shards: number): GroupQuestion {
  switch (fields[0]) {
    case operations.pull:
      expectFields(fields, 10, "A pull names a group, a shard, two configurations, another group, a cursor and a size");
      return {
        op: "pull",
        shard: shardField(fields[3], shards),
        left: wholeField(fields[4], "configuration", 0),
        since: wholeField(fields[5], "configuration", 0),
        asker: nameField(fields[6], fields[7]),
        cursor: cursorField(fields[8]),
        pages: pagesField(fields[9]),
      };
    case operations.have:
      expectFields(fields, 5, "A question of this kind names a group, a shard and a configuration");
      return { op: "have", shard: shardField(fields[3], shards), since: wholeField(fields[4], "configuration", 0) };
    case operations.acquired:
      expectFields(fields, 4, "A question of this kind names a group and a shard");
      return { op: "acquired", shard: shardField(fields[3], shards) };
    case operations.status:
      expectFields(fields, 3, "A question of this kind names a group");
      return { op: "status" };
    default:
      throw unknownOperation(fields[0], known);
  }
}

function nameField(gid: unknown, creation: unknown): GroupName {
  if (!isGroupId(gid)) throw new Malformed("A group's number is a whole number of 32 bits.");
  return { gid, creation: wholeField(creation, "creation id", 0) };
}

function pagesField(value: unknown): number {
  const pages = wholeField(value, "size", 1);
  if (pages > pullPagesMax) throw new Malformed(`A size is a whole number from 1 to ${pullPagesMax}, and this one is ${pages}.`);
  return pages;
}

function cursorField(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed("A cursor is bytes.");
  return value;
}
