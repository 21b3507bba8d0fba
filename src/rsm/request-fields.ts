import { decode, Malformed } from "../base/codec.ts";
import type { WireLimits } from "../base/prescan.ts";
import { type Decoded, type Refused, refused } from "./state/state-machine.ts";

/*
 * For machines that check what clients ask: a request is a list whose first field is the number of an operation. Whatever is wrong
 * ends in one sentence that says what was given and what is allowed.
 */

/** The refusal of something that can never be done as it was asked; `detail` is a sentence. */
export function badRequest(detail: string): Refused {
  return refused("bad_request", detail);
}

/** The refusal of bytes that a decoder did not like. Any other error is our own, and goes on. */
export function refusalOf(error: unknown): Refused {
  if (error instanceof Malformed) return badRequest(error.message);
  throw error;
}

/** The fields of a request: a list whose first one says what is asked. `what` begins the sentences: "A command", "A query". */
export function requestFields(bytes: Uint8Array, wire: WireLimits, what: string): Decoded<readonly unknown[]> {
  let value: unknown;
  try {
    value = decode(bytes, wire);
  } catch (error) {
    return badRequest(`${what} cannot be read: ${refusalOf(error).detail}`);
  }
  if (!Array.isArray(value)) return badRequest(`${what} was given as ${kindOf(value)}; it is a list.`);
  if (value.length > 0) return { ok: true, value };
  return badRequest(`${what} was given as an empty list; its first field is the number of an operation.`);
}

/** Sees to it that a request has as many fields as its operation; `what` names both. */
export function expectFields(fields: readonly unknown[], count: number, what: string): void {
  if (fields.length === count) return;
  throw new Malformed(`${what}; ${fields.length - 1} fields were given behind the operation, and ${count - 1} are allowed.`);
}

/** The refusal of an operation that there is not; `known` says which there are. */
export function unknownOperation(operation: unknown, known: string): Malformed {
  const given = typeof operation === "number" ? `number ${operation}` : kindOf(operation);
  return new Malformed(`An operation was given as ${given}; there are ${known}.`);
}

/** A whole number, `low` or more. */
export function wholeField(value: unknown, name: string, low: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= low) return value;
  const given = typeof value === "number" ? String(value) : kindOf(value);
  throw new Malformed(`A ${name} was given as ${given}; it is a whole number, ${low} or more.`);
}

/** What a value is, for a sentence that refuses it. */
export function kindOf(value: unknown): string {
  if (value === null) return "nil";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "a boolean" : "a number";
}
