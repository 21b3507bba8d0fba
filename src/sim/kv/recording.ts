import { unreachable } from "../../base/assert.ts";
import { byteString } from "../../check/byte-string.ts";
import type { Command, History, KeyRange, Outcome, StoreCommand, Told, Value } from "../../check/history.ts";
import type { CallOutcome } from "../../client/outcome.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import { decodeResult, type GetResult, type KvResult, type ScanResult } from "../../shardkv/results.ts";
import type { Bound } from "../../shardkv/rows.ts";
import type { Executed } from "../group/oracle/session-law.ts";
import { type RecordedCall, RecordedCalls } from "../group/recorded-calls.ts";

/** Ends an operation: tells what its client was told, at the time of the world. */
export type End<R> = (at: number, outcome: CallOutcome<R>) => void;

/** What clients of the store have seen, in the words of the checker. */
export class Recording {
  readonly #calls = new RecordedCalls("store", fromLog);

  /**
   * A client calls. With `plain`, nothing is written down of versions: so appends alone can be judged in a second way. `name` is
   * that of the request, once there was an attempt.
   */
  command(client: string, at: number, command: KvCommand, plain: boolean, name: () => string | undefined): End<KvResult> {
    const recorded = this.#calls.call(client, at, commandOf(command), name);
    return (returned, outcome) =>
      end(recorded, returned, outcome, command.op === "append", (result) =>
        result.op === "scan" || result.op === "figures" ? {} : toldOf(result, plain),
      );
  }

  get(client: string, at: number, key: Uint8Array, plain: boolean): End<GetResult> {
    const recorded = this.#calls.call(client, at, { op: "get", key: byteString(key) });
    return (returned, outcome) => end(recorded, returned, outcome, false, (result) => toldOf(result, plain));
  }

  /** A page of a scan is a scan up to where it has looked. */
  scanPage(client: string, at: number, start: Bound | undefined, stop: Bound | undefined): End<ScanResult> {
    const recorded = this.#calls.call(client, at, { op: "scan", ...rangeOf(start, stop) });
    return (returned, outcome) =>
      end(recorded, returned, outcome, false, ({ rows, cursor }) => {
        if (cursor !== undefined) recorded.command = { op: "scan", ...rangeOf(start, { key: cursor, inclusive: true }) };
        return { rows: rows.map(({ key, value }) => ({ key: byteString(key), value: byteString(value) })) };
      });
  }

  /** See `RecordedCalls`. */
  history(executed: (name: string) => Executed | undefined, tight: boolean): History {
    return this.#calls.history(executed, tight);
  }
}

/** A refusal changed nothing; of all else the log tells only whether it took effect. */
function fromLog({ result, isRefusal }: Executed): Outcome {
  if (isRefusal) return "failed";
  const decoded = decodeResult(result);
  return "done" in decoded ? { done: decoded.done } : {};
}

/** `mayDecline`: what was executed can still have changed nothing. */
function end<R>(recorded: RecordedCall, at: number, outcome: CallOutcome<R>, mayDecline: boolean, tell: (result: R) => Told): void {
  if (outcome.kind === "result") recorded.end(at, tell(outcome.result));
  else if (outcome.kind === "lost") recorded.end(at, mayDecline || isConditional(recorded.command) ? "unknown" : {});
  else recorded.end(at, outcome.kind === "refused" ? "failed" : "unknown");
}

function isConditional({ op }: Command): boolean {
  return op === "cas" || op === "put_version";
}

function commandOf(command: KvCommand): StoreCommand {
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
