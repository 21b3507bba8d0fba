import { type Bytes, textBytes } from "../../src/check/byte-string.ts";
import type { Command, History, Operation, Outcome } from "../../src/check/history.ts";

export const key: Bytes = textBytes("k");

/** The bytes of a text, where it is clear that it is meant as such. */
export function b(text: string): Bytes {
  return textBytes(text);
}

/** An operation, from its call to its return; one that is unknown never returned. */
export function op(client: string, [call, returned]: readonly [number, number], command: Command, outcome: Outcome = {}): Operation {
  return { client, call, returned: outcome === "unknown" ? undefined : returned, command, outcome };
}

/** What was done to a store. */
export function store(...operations: Operation[]): History {
  return { model: "store", operations };
}

export function put(value: string, at: Bytes = key): Command {
  return { op: "put", key: at, value: b(value) };
}

export function get(at: Bytes = key): Command {
  return { op: "get", key: at };
}

/** What a get that read this told. */
export function read(value: string | null): Outcome {
  return { value: value === null ? null : b(value) };
}
