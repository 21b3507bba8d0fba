import { type Bytes, textBytes } from "./byte-string.ts";
import type { History, KeyCommand, Outcome, Value } from "./history.ts";
import { Processes } from "./processes.ts";
import { refuse } from "./refusal.ts";

/** The one register of a log has no name there. */
const register: Bytes = textBytes("register");

const eventForm = "a line such as 'INFO jepsen.util - 3 :invoke :write 4'";
const integer = /^-?\d+$/;

/** One event of the log, in words. */
interface Event {
  readonly line: number;
  readonly process: string;
  readonly type: string;
  readonly operation: string;
  readonly value: string;
}

/**
 * Reads a log of Jepsen's etcd test: one register, initially without a value, and one event on each line, in the order of their
 * times:
 *
 *     INFO  jepsen.util - <process> <:invoke|:ok|:fail|:info> <:read|:write|:cas> <value>
 *
 * A value is `nil` or an integer; that of a `:cas` is `[from to]`. `:fail :cas [1 2]` is an answer: the register did not hold 1. A
 * `:fail` of anything else is a definite failure, unless it timed out; `:info`, a time-out and no end at all are unknown outcomes. What
 * the nemesis does is passed over.
 */
export function readJepsen(lines: readonly string[]): History {
  const processes = new Processes();
  for (const [at, text] of lines.entries()) {
    const event = eventOf(text, at + 1);
    if (event === undefined) continue;
    if (event.type === ":invoke") processes.call(event.process, event.line, commandOf(event));
    else processes.end(event.process, event.line, outcomeOf(event, processes.called(event.process, event.line, opOf(event))));
  }
  return { model: "register", operations: processes.operations() };
}

function eventOf(text: string, line: number): Event | undefined {
  if (text.trim() === "") return undefined;
  const [, process, rest = ""] = /^INFO\s+jepsen\.util\s+-\s+(\d+|:nemesis)\s+(.*?)\s*$/.exec(text) ?? refuse(line, eventForm, text);
  if (process === undefined || process === ":nemesis") return undefined;
  const [, type, operation, value] =
    /^(:invoke|:ok|:fail|:info)\s+(:read|:write|:cas)\s+(\S+|\[.*\])$/.exec(rest) ?? refuse(line, eventForm, text);
  return { line, process, type: type as string, operation: operation as string, value: value as string };
}

function opOf({ operation }: Event): "get" | "put" | "cas" {
  return operation === ":read" ? "get" : operation === ":write" ? "put" : "cas";
}

function commandOf(event: Event): KeyCommand {
  const op = opOf(event);
  if (op === "put") return { op, key: register, value: number(event, event.value) };
  if (op === "get") return event.value === "nil" ? { op, key: register } : refuse(event.line, "nil behind the call of a read", event.value);
  const [expected, value] = pair(event);
  return { op, key: register, expected, value };
}

function outcomeOf(event: Event, command: KeyCommand): Outcome {
  if (event.type === ":info" || event.value === ":timed-out") {
    if (event.type === ":ok") refuse(event.line, "a value behind :ok", event.value);
    return "unknown";
  }
  if (command.op === "get") return event.type === ":fail" ? "failed" : { value: nilOrNumber(event, event.value) };
  const again = commandOf(event);
  if (JSON.stringify(again) !== JSON.stringify(command)) refuse(event.line, "the value that was called with", event.value);
  if (command.op === "cas") return { done: event.type === ":ok" };
  return event.type === ":ok" ? {} : "failed";
}

function number({ line }: Event, text: string): Bytes {
  if (!integer.test(text)) refuse(line, "an integer", text);
  return textBytes(text);
}

function nilOrNumber(event: Event, text: string): Value {
  if (text !== "nil" && !integer.test(text)) refuse(event.line, "nil or an integer", text);
  return text === "nil" ? null : textBytes(text);
}

function pair(event: Event): [Value, Bytes] {
  const [, from, to] = /^\[\s*(\S+)\s+(\S+)\s*\]$/.exec(event.value) ?? refuse(event.line, "a pair such as [1 2]", event.value);
  return [nilOrNumber(event, from as string), number(event, to as string)];
}
