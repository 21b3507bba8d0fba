import { unreachable } from "../base/assert.ts";
import { encode, Malformed } from "../base/codec.ts";
import { expectFields, kindOf, refusalOf, requestFields, unknownOperation } from "../rsm/request-fields.ts";
import type { Decoded } from "../rsm/state/state-machine.ts";

/** Asks for a configuration: `latestNumber`, or a number above the latest one, means the latest; any other number means exactly that one. */
export interface ConfigQuery {
  readonly op: "config";
  readonly number: number;
}

/** Asks for the shape of the cluster; there is none before it was initialised. */
export interface ShapeQuery {
  readonly op: "shape";
}

/** Asks for the latest configuration if its number is above `than`, as every number is above -1: who polls does not get again what he has. */
export interface NewerQuery {
  readonly op: "newer";
  readonly than: number;
}

/** What leaves no trace. */
export type MasterQuery = ConfigQuery | NewerQuery | ShapeQuery;

/** The number that always means the latest configuration. */
export const latestNumber = -1;

const operations = { config: 1, shape: 2, newer: 3 } as const;
const known = "1 (configuration), 2 (shape) and 3 (a newer configuration)";
const wire = { depthMax: 1, elementsMax: 4 };

/** A list: the number of the operation and its fields. */
export function encodeMasterQuery(query: MasterQuery): Uint8Array {
  switch (query.op) {
    case "config":
      return encode([operations.config, query.number]);
    case "newer":
      return encode([operations.newer, query.than]);
    case "shape":
      return encode([operations.shape]);
    default:
      return unreachable(query);
  }
}

/** Checks a client's bytes once and for all. */
export function decodeMasterQuery(bytes: Uint8Array): Decoded<MasterQuery> {
  const fields = requestFields(bytes, wire, "A query");
  if (!fields.ok) return fields;
  try {
    return { ok: true, value: unpack(fields.value) };
  } catch (error) {
    return refusalOf(error);
  }
}

function unpack(fields: readonly unknown[]): MasterQuery {
  switch (fields[0]) {
    case operations.config:
      expectFields(fields, 2, "A question for a configuration has its number");
      return { op: "config", number: numberField(fields[1]) };
    case operations.newer:
      expectFields(fields, 2, "A question for a newer configuration has a number");
      return { op: "newer", than: numberField(fields[1]) };
    case operations.shape:
      expectFields(fields, 1, "A question for the shape has nothing else");
      return { op: "shape" };
    default:
      throw unknownOperation(fields[0], known);
  }
}

function numberField(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= latestNumber) return value;
  const given = typeof value === "number" ? String(value) : kindOf(value);
  throw new Malformed(
    `A configuration's number was given as ${given}; it is a whole number, 0 or more, or ${latestNumber} for the latest.`,
  );
}
