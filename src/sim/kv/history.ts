import { unreachable } from "../../base/assert.ts";
import { byteString } from "../../check/byte-string.ts";
import type { Command, History, KeyRange, Operation, Outcome, Told, Value } from "../../check/history.ts";
import type { KvOutcome } from "../../client/kv-caller.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import { decodeResult, type GetResult, type KvResult, type ScanResult } from "../../shardkv/results.ts";
import type { Bound } from "../../shardkv/rows.ts";
import type { Executed } from "./oracle/session-law.ts";

/** What is known of an operation that has been called. */
interface Recorded {
  /** Of a command: its name as a request, once there was an attempt. */
  readonly name: (() => string | undefined) | undefined;
  readonly client: string;
  readonly call: number;
  command: Command;
  returned: number | undefined;
  outcome: Outcome;
}

/** Ends an operation: tells what its client was told, at the time of the world. */
export type End<R> = (at: number, outcome: KvOutcome<R>) => void;

/** What clients of the store have seen, written down for the checker. An operation that never ends stays unknown. */
export class Recording {
  readonly #calls: Recorded[] = [];

  get size(): number {
    return this.#calls.length;
  }

  /**
   * A client calls. With `plain`, nothing is written down of versions: so appends alone can be judged in a second way. `name` is
   * that of the request, once there was an attempt.
   */
  command(client: string, at: number, command: KvCommand, plain: boolean, name: () => string | undefined): End<KvResult> {
    const recorded = this.#call(client, at, commandOf(command), name);
    return (returned, outcome) =>
      end(recorded, returned, outcome, command.op === "append", (result) =>
        result.op === "scan" || result.op === "figures" ? {} : toldOf(result, plain),
      );
  }

  get(client: string, at: number, key: Uint8Array, plain: boolean): End<GetResult> {
    const recorded = this.#call(client, at, { op: "get", key: byteString(key) });
    return (returned, outcome) => end(recorded, returned, outcome, false, (result) => toldOf(result, plain));
  }

  /** A page of a scan is a scan up to where it has looked. */
  scanPage(client: string, at: number, start: Bound | undefined, stop: Bound | undefined): End<ScanResult> {
    const recorded = this.#call(client, at, { op: "scan", ...rangeOf(start, stop) });
    return (returned, outcome) =>
      end(recorded, returned, outcome, false, ({ rows, cursor }) => {
        if (cursor !== undefined) recorded.command = { op: "scan", ...rangeOf(start, { key: cursor, inclusive: true }) };
        return { rows: rows.map(({ key, value }) => ({ key: byteString(key), value: byteString(value) })) };
      });
  }

  /**
   * What clients saw, and of what they do not know, what the log says. With `tight`, commands take effect one after the other as
   * they stand in the log, at the moment when the first replica executes them: that is stricter, and leaves only reads to be searched.
   */
  history(executed: (name: string) => Executed | undefined, tight = false): History {
    const operations = this.#calls.map((recorded): Operation => {
      const { client, call, returned, command, outcome } = recorded;
      const request = recorded.name?.();
      const found = request === undefined ? undefined : executed(request);
      if (outcome === "unknown" && recorded.name !== undefined) return { client, command, ...fromLog(call, found, tight) };
      if (!tight || found === undefined || outcome === "failed") return { client, call, returned, command, outcome };
      const moment = momentOf(call, found);
      return { client, call: moment, returned: moment, command, outcome };
    });
    return { model: "store", operations };
  }

  #call(client: string, call: number, command: Command, name?: Recorded["name"]): Recorded {
    const recorded: Recorded = { name, client, call, command, returned: undefined, outcome: "unknown" };
    this.#calls.push(recorded);
    return recorded;
  }
}

/**
 * How a command of unknown outcome has ended. It may take effect at any time, which makes the search long; the log says whether it did,
 * and by when.
 */
function fromLog(call: number, found: Executed | undefined, tight: boolean): Pick<Operation, "call" | "returned" | "outcome"> {
  if (found === undefined || found.isRefusal) return { call, returned: undefined, outcome: "failed" };
  const result = decodeResult(found.result);
  const moment = momentOf(call, found);
  return { call: tight ? moment : call, returned: moment, outcome: "done" in result ? { done: result.done } : {} };
}

/** When a command took effect; those of one moment follow each other as in the log. */
function momentOf(call: number, { atMs, index }: Executed): number {
  return Math.max(call, atMs + index * 1e-9);
}

/** `mayDecline`: what was executed can still have changed nothing. */
function end<R>(recorded: Recorded, returned: number, outcome: KvOutcome<R>, mayDecline: boolean, tell: (result: R) => Told): void {
  recorded.returned = returned;
  if (outcome.kind === "result") recorded.outcome = tell(outcome.result);
  else if (outcome.kind === "refused") recorded.outcome = "failed";
  else if (outcome.kind === "lost") recorded.outcome = mayDecline || isConditional(recorded.command) ? "unknown" : {};
}

function isConditional({ op }: Command): boolean {
  return op === "cas" || op === "put_version";
}

function commandOf(command: KvCommand): Command {
  const key = byteString(command.key);
  switch (command.op) {
    case "put":
    case "append":
    case "swap":
      return { op: command.op, key, value: byteString(command.value) };
    case "delete":
      return { op: "delete", key };
    case "cas":
      return { op: "cas", key, expected: valueOf(command.expected), value: valueOf(command.value) };
    case "put_version":
      return { op: "put_version", key, version: command.version, value: byteString(command.value) };
    default:
      return unreachable(command);
  }
}

/** What the result of an operation on one key tells. */
function toldOf(result: Exclude<KvResult, { readonly op: "scan" | "figures" }>, plain: boolean): Told {
  switch (result.op) {
    case "put":
      return { existed: result.existed, version: result.version };
    case "append":
    case "swap":
      return { value: valueOf(result.old), ...(plain ? {} : { version: result.version }) };
    case "delete":
      return { existed: result.existed };
    case "cas":
      return { done: result.done, version: result.version, ...(result.done ? {} : { value: valueOf(result.current) }) };
    case "put_version":
      return { done: result.done, version: result.version };
    case "get":
      return { value: valueOf(result.value), ...(plain ? {} : { version: result.version }) };
    default:
      return unreachable(result);
  }
}

function valueOf(value: Uint8Array | undefined): Value {
  return value === undefined ? null : byteString(value);
}

function rangeOf(start: Bound | undefined, stop: Bound | undefined): KeyRange {
  return {
    ...(start === undefined ? {} : { [start.inclusive ? "from" : "after"]: byteString(start.key) }),
    ...(stop === undefined ? {} : { [stop.inclusive ? "to" : "before"]: byteString(stop.key) }),
  };
}
