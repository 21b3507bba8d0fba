import { unreachable } from "../base/assert.ts";
import { type Bytes, bytesText } from "./byte-string.ts";
import { Fields } from "./fields.ts";
import type { Command, History, Operation, Outcome, Row, StoreCommand, Told } from "./history.ts";
import { masterCommandOf, masterJson, masterToldOf } from "./master/json-master.ts";
import { isMasterCommand, masterOps } from "./master/words.ts";
import { refuse } from "./refusal.ts";

const ops = ["get", "put", "append", "swap", "delete", "cas", "put_version", "scan"] as const;

/**
 * Reads our own format: one operation of the store, or of the shardmaster, on each line, in any order, as a JSON object.
 *
 *     {"client":"a","call":1,"return":4,"op":"put","key":"k","value":"1","result":{"existed":false}}
 *     {"client":"b","call":2,"return":5,"op":"get","key":"k","result":{"value":null}}
 *     {"client":"c","call":3,"op":"append","key64":"aw==","value":"2","result":"unknown"}
 *
 * - `client`: a string. `call`, `return`: numbers, in any unit; `return` is left out when nothing came back.
 * - `op`: `get`, `delete` (with `key`); `put`, `append`, `swap` (`key`, `value`); `cas` (`key`, `expected`, `value`; null expects
 *   nothing, and deletes); `put_version` (`key`, `version`, `value`); `scan` (`from` or `after`, `to` or `before`, `limit`, all optional).
 * - `result`: `"failed"` (it certainly changed nothing), `"unknown"`, or an object with what was told: `value` (what the key held just
 *   before; null is nothing), `existed` (whether it held anything just before), `version` (the key's just after, 0 is nothing),
 *   `done` (of a `cas` or `put_version`), `rows` (of a scan: objects with `key`, `value` and perhaps `version`). What was not told
 *   is left out, but a get tells a `value`, a `cas` and a `put_version` tell `done`, and a scan tells `rows`. Without `return`
 *   the result is unknown and may be left out.
 * - Of the shardmaster, `op` is `join` (with `groups`: objects with `gid`, `servers` and perhaps `creation`, which is 1 otherwise), `leave`
 *   (`gids`), `move` (`shard`, `gid`) or `query` (`number`; -1 is the latest). The `result` of a query has the `number`, `groups` and
 *   `owners` (by shard) of the configuration, and perhaps `latest`, the number of the latest one; that of the others has `number` (of the
 *   latest one) and `changed` (whether they made it), both optional, or is `{"refused":true}`: what was asked is wrong as things are.
 * - Each string of bytes is text under its name, or base64 under its name with `64` behind it.
 */
export function readJsonLines(lines: readonly string[]): History {
  const operations: Operation[] = [];
  for (const [at, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const operation = operationOf(text, at + 1);
    const [first = operation] = operations;
    const isMaster = isMasterCommand(first.command);
    if (isMasterCommand(operation.command) !== isMaster)
      refuse(at + 1, `an operation of the ${isMaster ? "shardmaster" : "store"}, as those before it`, operation.command.op);
    operations.push(operation);
  }
  const [first] = operations;
  return { model: first !== undefined && isMasterCommand(first.command) ? "shardmaster" : "store", operations };
}

function operationOf(text: string, line: number): Operation {
  const fields = new Fields(parsed(text, line), line, "a JSON object");
  const client = fields.text("client");
  const call = fields.number("call");
  const returned = fields.optionalNumber("return");
  if (returned !== undefined && returned < call) refuse(line, "a return at or after the call", String(returned));
  const name = fields.text("op");
  const command = masterCommandOf(name, fields, line) ?? commandOf(name, fields, line);
  const outcome = outcomeOf(fields.take("result"), command.op, returned, line);
  fields.end(`a ${command.op}`);
  return { client, call, returned, command, outcome };
}

function parsed(text: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(line, "a JSON object", text);
    throw error;
  }
}

function commandOf(name: string, fields: Fields, line: number): StoreCommand {
  const op = ops.find((known) => known === name) ?? refuse(line, `one of ${[...ops, ...masterOps].join(", ")} as op`, name);
  switch (op) {
    case "get":
    case "delete":
      return { op, key: fields.bytes("key") };
    case "put":
    case "append":
    case "swap":
      return { op, key: fields.bytes("key"), value: fields.bytes("value") };
    case "cas": {
      const key = fields.bytes("key");
      const expected = fields.optionalValue("expected");
      if (expected === undefined) return refuse(line, "the field expected, a string or null, or expected64, a string in base64");
      const value = fields.optionalValue("value");
      if (value === undefined) return refuse(line, "the field value, a string or null, or value64, a string in base64");
      return { op, key, expected, value };
    }
    case "put_version": {
      const version = fields.optionalCount("version") ?? refuse(line, "the field version, a whole number");
      return { op, key: fields.bytes("key"), version, value: fields.bytes("value") };
    }
    case "scan":
      return scanOf(fields, line);
    default:
      return unreachable(op);
  }
}

function scanOf(fields: Fields, line: number): StoreCommand {
  const low = end(fields, "from") ?? end(fields, "after");
  const high = end(fields, "to") ?? end(fields, "before");
  if (hasBytes(fields, "after")) refuse(line, "from or after, not both");
  if (hasBytes(fields, "before")) refuse(line, "to or before, not both");
  const limit = fields.optionalCount("limit");
  return { op: "scan", ...low, ...high, ...(limit === undefined ? {} : { limit }) };
}

function end(fields: Fields, name: "from" | "after" | "to" | "before"): Partial<Record<typeof name, Bytes>> | undefined {
  const bytes = fields.optionalBytes(name);
  return bytes === undefined ? undefined : { [name]: bytes };
}

function hasBytes(fields: Fields, name: string): boolean {
  return fields.has(name) || fields.has(`${name}64`);
}

function outcomeOf(result: unknown, op: Command["op"], returned: number | undefined, line: number): Outcome {
  if (returned === undefined) {
    if (result === undefined || result === "unknown") return "unknown";
    if (result !== "failed") refuse(line, "a return beside a result, or the result unknown");
  }
  if (result === undefined) return refuse(line, "a result beside a return");
  if (result === "failed" || result === "unknown") return result;
  return toldOf(new Fields(result, line, '"failed", "unknown" or an object as result'), op, line);
}

function toldOf(fields: Fields, op: Command["op"], line: number): Told {
  const master = masterOps.find((known) => known === op);
  if (master !== undefined) return masterToldOf(fields, master, line);
  if (op === "scan") {
    const rows = rowsOf(fields.take("rows"), line);
    fields.end("the result of a scan");
    return { rows };
  }
  const value = fields.optionalValue("value");
  const existed = fields.optionalBoolean("existed");
  const version = fields.optionalCount("version");
  const conditional = op === "cas" || op === "put_version";
  const done = conditional ? fields.optionalBoolean("done") : undefined;
  fields.end(`the result of a ${op}`);
  if (op === "get" && value === undefined) refuse(line, "the field value, a string or null, in the result of a get");
  if (conditional && done === undefined) refuse(line, `the field done, true or false, in the result of a ${op}`);
  return {
    ...(value === undefined ? {} : { value }),
    ...(existed === undefined ? {} : { existed }),
    ...(version === undefined ? {} : { version }),
    ...(done === undefined ? {} : { done }),
  };
}

function rowsOf(rows: unknown, line: number): Row[] {
  if (!Array.isArray(rows)) return refuse(line, "the field rows, a list, in the result of a scan");
  return rows.map((row: unknown) => {
    const fields = new Fields(row, line, "an object as each of the rows");
    const key = fields.bytes("key");
    const value = fields.bytes("value");
    const version = fields.optionalCount("version");
    fields.end("a row");
    return version === undefined ? { key, value } : { key, value, version };
  });
}

/** The line that an operation is in our own format, without its end; `readJsonLines` reads the same from it. */
export function jsonLine({ client, call, returned, command, outcome }: Operation): string {
  const head = { client, call, ...(returned === undefined ? {} : { return: returned }) };
  if (isMasterCommand(command)) return JSON.stringify({ ...head, ...masterJson(command, outcome) });
  const { op, ...rest } = command;
  const result = typeof outcome === "string" ? outcome : jsonFields(outcome);
  return JSON.stringify({ ...head, op, ...jsonFields(rest), result });
}

/** The same fields, with bytes as text where they are text, or as base64 under the longer name. */
export function jsonFields(fields: object): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    const text = typeof value === "string" ? bytesText(value as Bytes) : undefined;
    if (typeof value === "string" && text === undefined) written[`${name}64`] = btoa(value);
    else if (Array.isArray(value)) written[name] = value.map((row: object) => jsonFields(row));
    else written[name] = text ?? value;
  }
  return written;
}
