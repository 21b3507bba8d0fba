import { unreachable } from "../base/assert.ts";
import { showBytes, showText } from "./byte-string.ts";
import type { KeyRange, Told, Value } from "./history.ts";
import type { ShardGroup, ShardMap } from "./master/words.ts";
import type { State } from "./model.ts";
import { isPending, type KeyOperation } from "./partition.ts";

/** An operation in words, without its key: what was asked, and what came out. */
export function operationText(operation: KeyOperation): string {
  const { command, scan, told } = operation;
  const asked = scan === undefined ? commandText(command) : `scan${rangeText(scan)}`;
  if (isPending(operation)) return `${asked}: outcome unknown`;
  const parts = [
    ...(told.value === undefined ? [] : [`${command.op === "get" ? "read" : "found"} ${valueText(told.value)}`]),
    ...(told.existed === undefined ? [] : [told.existed ? "it existed" : "it did not exist"]),
    ...(told.done === undefined ? [] : [told.done ? "done" : "refused"]),
    ...(told.refused === undefined ? [] : ["refused"]),
    ...(told.config === undefined ? [] : [`given ${configText(told.config)}`]),
    ...(told.version === undefined ? [] : [`version ${told.version}`]),
  ];
  return `${asked}: ${parts.length === 0 ? "done" : parts.join(", ")}`;
}

/** The same where there is little room: what a read read, or what a write wrote. */
export function briefText({ command, told }: KeyOperation): string {
  if (command.op === "get") return told.value === undefined ? "get" : `get ${valueText(told.value)}`;
  return told.done === false ? `${commandText(command)} refused` : commandText(command);
}

/** What was asked of a key, in words. */
export function commandText(command: KeyOperation["command"]): string {
  switch (command.op) {
    case "get":
    case "delete":
      return command.op;
    case "put":
    case "append":
    case "swap":
      return `${command.op} ${showBytes(command.value)}`;
    case "cas":
      return `cas ${valueText(command.expected)} to ${valueText(command.value)}`;
    case "put_version":
      return `put_version version ${command.version} ${showBytes(command.value)}`;
    case "join":
      return `join ${command.groups.map(groupText).join(", ")}`;
    case "leave":
      return `leave ${command.gids.join(", ")}`;
    case "move":
      return `move ${command.shard} to ${command.gid}`;
    case "query":
      return `query ${command.number}`;
    default:
      return unreachable(command);
  }
}

function groupText({ gid, servers }: ShardGroup): string {
  return `${gid} (${servers.map(clientText).join(" ")})`;
}

function configText({ number, groups, owners }: ShardMap): string {
  return `${number}: ${groups.map(groupText).join(", ")}; ${owners.join(" ")}`;
}

function rangeText({ from, after, to, before }: KeyRange): string {
  const ends = Object.entries({ from, after, to, before });
  return ends.map(([name, key]) => (key === undefined ? "" : ` ${name} ${showBytes(key)}`)).join("");
}

/** A value in words. */
export function valueText(value: Value): string {
  return value === null ? "nothing" : showBytes(value);
}

/** What a key holds, in words; its version only where versions are counted. */
export function stateText({ value, version, open }: State): string {
  if (version === 0) return valueText(value);
  return `${valueText(value)} (version ${version}${open === undefined ? "" : " or more"})`;
}

/** A client's name as it can be printed anywhere. */
export function clientText(client: string): string {
  return /^[\w.:@/-]+$/.test(client) ? client : showText(client);
}

/** Why an operation cannot have told what it told, when the key holds this; undefined when it can. */
export function whyNot(before: State, after: State | undefined, operation: KeyOperation): string | undefined {
  if (after !== undefined) return undefined;
  const { command, told, fault } = operation;
  if (fault !== undefined) return fault;
  return mismatch(before, command, told) ?? "the key's version is another one";
}

function mismatch(before: State, command: KeyOperation["command"], { value, existed, done, version }: Told): string | undefined {
  if (value !== undefined && value !== before.value) return `it ${command.op === "get" ? "read" : "found"} ${valueText(value)}`;
  if (existed !== undefined && existed !== (before.value !== null)) return existed ? "it found the key present" : "it found the key absent";
  const { open } = before;
  const holds =
    command.op === "cas" ? before.value === command.expected : command.op === "put_version" && before.version === command.version;
  if (done !== undefined && open === undefined && done !== holds)
    return done ? "its condition is not met" : "its condition is met, and it was refused";
  return version === undefined ? undefined : `it told version ${version}`;
}
