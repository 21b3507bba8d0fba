import { unreachable } from "../base/assert.ts";
import { encode, Malformed, type Packable } from "../base/codec.ts";
import type { GroupId } from "../base/ids.ts";
import { expectFields, kindOf, refusalOf, requestFields, unknownOperation, wholeField } from "../rsm/request-fields.ts";
import type { Decoded, Shard } from "../rsm/state/state-machine.ts";
import type { Group } from "./config.ts";
import { type BirthClaim, packBirths, unpackBirths } from "./births.ts";
import { gidField, gidsField, groupsField } from "./group-fields.ts";
import { type MasterLimits, masterLimits } from "./limits.ts";
import { type ClusterShape, decodeShape, encodeShape } from "./shape.ts";

export type { ClusterShape } from "./shape.ts";

/** Fixes the cluster's shape, once; a second one that agrees changes nothing, and another one is refused. */
export interface Init extends ClusterShape {
  readonly op: "init";
}

/** Adds groups, which get their share of the shards. Those that are there already, the same in every respect, stay as they are. */
export interface Join {
  readonly op: "join";
  readonly groups: readonly Group[];
}

/** Takes groups away; their shards go to the others. Those that are not there are away already. */
export interface Leave {
  readonly op: "leave";
  readonly gids: readonly GroupId[];
}

/** Gives one shard to a group; the next join or leave may give it to another one. */
export interface Move {
  readonly op: "move";
  readonly shard: Shard;
  readonly gid: GroupId;
}

/** A group claims shards that may begin with it; see `births.ts`. It makes no configuration. */
export interface Births {
  readonly op: "births";
  readonly group: Group;
  readonly claims: readonly BirthClaim[];
}

/** What changes who owns which shard. */
export type ConfigCommand = Join | Leave | Move;

export type MasterCommand = Init | ConfigCommand | Births;

const operations = { init: 1, join: 2, leave: 3, move: 4, births: 5 } as const;
const known = "1 (init), 2 (join), 3 (leave), 4 (move) and 5 (births)";
/** Enough for the most groups that limits allow with some servers each, and small beside the memory of a server. */
const wire = { depthMax: 3, elementsMax: 1024 * 1024 };

/** A list: the number of the operation, and what it takes. */
export function encodeMasterCommand(command: MasterCommand): Uint8Array {
  switch (command.op) {
    case "init":
      return encode([operations.init, encodeShape(command)], wire);
    case "join":
      return encode([operations.join, packGroups(command.groups)], wire);
    case "leave":
      return encode([operations.leave, command.gids], wire);
    case "move":
      return encode([operations.move, command.shard, command.gid], wire);
    case "births":
      return encode([operations.births, packGroups([command.group]), packBirths(command.claims)], wire);
    default:
      return unreachable(command);
  }
}

/** Number, creation id and servers of each group in turn. */
function packGroups(groups: readonly Group[]): readonly Packable[] {
  return groups.flatMap(({ gid, creation, servers }): Packable[] => [gid, creation, servers]);
}

const defaultLimits = masterLimits();

/** Checks a client's bytes once and for all. What depends on the latest configuration is seen when the command is applied. */
export function decodeMasterCommand(bytes: Uint8Array, limits: MasterLimits = defaultLimits): Decoded<MasterCommand> {
  const fields = requestFields(bytes, wire, "A command");
  if (!fields.ok) return fields;
  try {
    return { ok: true, value: unpack(fields.value, limits) };
  } catch (error) {
    return refusalOf(error);
  }
}

function unpack(fields: readonly unknown[], limits: MasterLimits): MasterCommand {
  switch (fields[0]) {
    case operations.init:
      expectFields(fields, 2, "An init has a shape");
      return { op: "init", ...shapeField(fields[1]) };
    case operations.join:
      expectFields(fields, 2, "A join has groups");
      return { op: "join", groups: groupsField(fields[1], limits) };
    case operations.leave:
      expectFields(fields, 2, "A leave has numbers of groups");
      return { op: "leave", gids: gidsField(fields[1]) };
    case operations.move:
      expectFields(fields, 3, "A move has a shard and a group's number");
      return { op: "move", shard: wholeField(fields[1], "shard", 0), gid: gidField(fields[2]) };
    case operations.births:
      expectFields(fields, 3, "A claim of births has a group and shards");
      return { op: "births", group: oneGroupField(fields[1], limits), claims: unpackBirths(fields[2]) };
    default:
      throw unknownOperation(fields[0], known);
  }
}

function oneGroupField(value: unknown, limits: MasterLimits): Group {
  const [group, ...others] = groupsField(value, limits);
  if (group === undefined || others.length > 0) throw new Malformed("A claim of births has one group.");
  return group;
}

function shapeField(value: unknown): ClusterShape {
  if (value instanceof Uint8Array) return decodeShape(value);
  throw new Malformed(`A cluster's shape was given as ${kindOf(value)}; it is bytes.`);
}
