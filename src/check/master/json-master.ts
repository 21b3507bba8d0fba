import { unreachable } from "../../base/assert.ts";
import { Fields } from "../fields.ts";
import type { Outcome, Told } from "../history.ts";
import { refuse } from "../refusal.ts";
import { type MasterCommand, masterOps, type ShardGroup, type ShardMap } from "./words.ts";

/** What an operation on the shardmaster asks for; undefined where `name` is none. */
export function masterCommandOf(name: string, fields: Fields, line: number): MasterCommand | undefined {
  const op = masterOps.find((known) => known === name);
  switch (op) {
    case "join":
      return { op, groups: groupsOf(fields.take("groups"), line) };
    case "leave":
      return { op, gids: numbersOf(fields.take("gids"), "gids", line) };
    case "move":
      return { op, shard: fields.number("shard"), gid: fields.number("gid") };
    case "query":
      return { op, number: fields.number("number") };
    case undefined:
      return undefined;
    default:
      return unreachable(op);
  }
}

/** What it told; a result that is an object. */
export function masterToldOf(fields: Fields, op: MasterCommand["op"], line: number): Told {
  return op === "query" ? queryToldOf(fields, line) : changeToldOf(fields, op);
}

function queryToldOf(fields: Fields, line: number): Told {
  const latest = fields.optionalCount("latest");
  const number = fields.optionalCount("number") ?? refuse(line, "the field number, a whole number, in the result of a query");
  const groups = groupsOf(fields.take("groups"), line);
  const owners = numbersOf(fields.take("owners"), "owners", line);
  fields.end("the result of a query");
  return { config: { number, groups, owners }, ...(latest === undefined ? {} : { version: latest }) };
}

function changeToldOf(fields: Fields, op: MasterCommand["op"]): Told {
  const refused = fields.optionalBoolean("refused");
  const version = fields.optionalCount("number");
  const done = fields.optionalBoolean("changed");
  fields.end(`the result of a ${op}`);
  if (refused === true) return { refused };
  return { ...(version === undefined ? {} : { version }), ...(done === undefined ? {} : { done }) };
}

function groupsOf(groups: unknown, line: number): ShardGroup[] {
  if (!Array.isArray(groups)) return refuse(line, "the field groups, a list");
  return groups.map((group: unknown) => {
    const fields = new Fields(group, line, "an object as each of the groups");
    const gid = fields.number("gid");
    const creation = fields.optionalCount("creation") ?? 1;
    const servers = fields.take("servers");
    fields.end("a group");
    if (!Array.isArray(servers) || !servers.every((server) => typeof server === "string"))
      return refuse(line, "the field servers of a group, a list of strings");
    return { gid, creation, servers };
  });
}

function numbersOf(numbers: unknown, name: string, line: number): number[] {
  const areNumbers = Array.isArray(numbers) && numbers.every((each) => typeof each === "number");
  return areNumbers ? numbers : refuse(line, `the field ${name}, a list of numbers`);
}

/** The fields of a command and of a result in our own format. */
export function masterJson(command: MasterCommand, outcome: Outcome): Record<string, unknown> {
  return { ...command, result: typeof outcome === "string" ? outcome : resultJson(outcome) };
}

function resultJson({ config, version, done, refused }: Told): Record<string, unknown> {
  if (config !== undefined) return { ...(version === undefined ? {} : { latest: version }), ...mapJson(config) };
  if (refused === true) return { refused };
  return { ...(version === undefined ? {} : { number: version }), ...(done === undefined ? {} : { changed: done }) };
}

function mapJson({ number, groups, owners }: ShardMap): Record<string, unknown> {
  return { number, groups, owners };
}
