import { type Bytes, isWhole, textBytes } from "./byte-string.ts";
import { type Edn, readEdnMap } from "./edn.ts";
import type { History, KeyCommand, Outcome } from "./history.ts";
import { Processes } from "./processes.ts";
import { refuse } from "./refusal.ts";

/** One event, whose fields have been found. */
interface Event {
  readonly line: number;
  readonly process: string;
  readonly type: string;
  readonly op: "get" | "put" | "append";
  readonly key: Bytes;
  readonly value: Edn;
}

const names = [":process", ":type", ":f", ":key", ":value"];
const types = [":invoke", ":ok", ":fail", ":info"];
const operations: Readonly<Record<string, Event["op"]>> = { ":get": "get", ":put": "put", ":append": "append" };

/**
 * Reads the events of a key-value map whose keys all begin with the empty value, one EDN map on each line, in the order of their
 * times:
 *
 *     {:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
 *
 * `:type` is `:invoke`, `:ok`, `:fail` (a definite failure) or `:info` (an unknown outcome, as is no end at all); `:f` is `:get`, `:put`
 * or `:append`. The value of a get is `nil` when it is called, and what it read when it ends.
 */
export function readKv(lines: readonly string[]): History {
  const processes = new Processes();
  for (const [at, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const event = eventOf(text, at + 1);
    if (event.type === ":invoke") processes.call(event.process, event.line, commandOf(event));
    else processes.end(event.process, event.line, outcomeOf(event, processes.called(event.process, event.line, event.op)));
  }
  return { model: "kv", operations: processes.operations() };
}

function eventOf(text: string, line: number): Event {
  const fields = readEdnMap(text, line);
  const unknown = [...fields.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(line, `only the fields ${names.join(", ")}`, unknown);
  const field = (name: string): Edn => fields.get(name) ?? refuse(line, `the field ${name}`, text);
  const process = field(":process");
  const type = field(":type");
  const operation = field(":f");
  const key = field(":key");
  if (process.kind !== "integer") return refuse(line, "an integer behind :process", text);
  if (type.kind !== "keyword" || !types.includes(type.text)) return refuse(line, `one of ${types.join(", ")} behind :type`, text);
  const op = operation.kind === "keyword" ? operations[operation.text] : undefined;
  if (op === undefined) return refuse(line, `one of ${Object.keys(operations).join(", ")} behind :f`, text);
  if (key.kind !== "string") return refuse(line, "a string behind :key", text);
  return { line, process: process.text, type: type.text, op, key: bytesOf(key.text, line), value: field(":value") };
}

function commandOf(event: Event): KeyCommand {
  const { op, key, line, value } = event;
  if (op !== "get") return { op, key, value: stringOf(event) };
  if (value.kind !== "nil") refuse(line, "nil behind the :value of a get that is called");
  return { op, key };
}

function outcomeOf(event: Event, command: KeyCommand): Outcome {
  const { type, key, line, op } = event;
  if (key !== command.key) refuse(line, "the key that was called with", key);
  if (type === ":info") return "unknown";
  if (type === ":fail") return "failed";
  const value = stringOf(event);
  if (op === "get") return { value };
  if ("value" in command && command.value !== value) refuse(line, "the value that was called with", value);
  return {};
}

function stringOf({ value, line }: Event): Bytes {
  return value.kind === "string" ? bytesOf(value.text, line) : refuse(line, "a string behind :value");
}

function bytesOf(text: string, line: number): Bytes {
  return isWhole(text) ? textBytes(text) : refuse(line, "whole characters", text);
}
