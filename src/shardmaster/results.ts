import { assert, unreachable } from "../base/assert.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import { flag, whole } from "../rsm/fields.ts";
import { badRequest } from "../rsm/request-fields.ts";
import type { Refused } from "../rsm/state/state-machine.ts";
import { type BirthAnswer, packBirths, unpackBirths } from "./births.ts";
import type { Config } from "./config.ts";
import { decodeConfig } from "./config-bytes.ts";
import { type ClusterShape, decodeShape } from "./shape.ts";

/** What a command came to. */
export interface ChangedResult {
  readonly ok: true;
  readonly op: "changed";
  /** The latest configuration after the command. */
  readonly number: number;
  /** Whether the command made it; without that everything was already as it asked. */
  readonly changed: boolean;
}

export interface ConfigResult {
  readonly ok: true;
  readonly op: "config";
  readonly config: Config;
  /** The number of the latest configuration. */
  readonly latest: number;
}

export interface NewerResult {
  readonly ok: true;
  readonly op: "newer";
  /** The latest configuration; undefined when who asked has it. */
  readonly config: Config | undefined;
  /** Its number. */
  readonly latest: number;
}

export interface ShapeResult {
  readonly ok: true;
  readonly op: "shape";
  /** Undefined before the cluster was initialised. */
  readonly shape: ClusterShape | undefined;
}

/** What became of a group's claims of shards. */
export interface BirthsResult {
  readonly ok: true;
  readonly op: "births";
  readonly answer: BirthAnswer;
}

/** What commands and queries end in, besides refusals. */
export type MasterResult = ChangedResult | ConfigResult | NewerResult | ShapeResult | BirthsResult;

/** As the machine answers: configurations and shapes are the bytes of rows, which it does not read for that. */
export type MasterAnswer =
  | ChangedResult
  | BirthsResult
  | { readonly ok: true; readonly op: "config"; readonly config: Uint8Array; readonly latest: number }
  | { readonly ok: true; readonly op: "newer"; readonly config: Uint8Array | undefined; readonly latest: number }
  | { readonly ok: true; readonly op: "shape"; readonly shape: Uint8Array | undefined };

/** Nothing here is ever given a new meaning: results are kept in sessions. */
const kinds = { refused: 0, changed: 1, config: 2, shape: 3, births: 4, newer: 5 } as const;
/** How many elements each kind of result has, itself included. */
const lengths: readonly number[] = [2, 3, 3, 2, 3, 3];

/** A list: the kind of result, and its fields. */
export function encodeMasterResult(result: MasterAnswer | Refused): Uint8Array {
  if (!result.ok) {
    // It is kept in the session like any result: it has to be one that is for ever.
    assert(result.why === "bad_request", "what is executed is refused for ever");
    return encode([kinds.refused, result.detail]);
  }
  switch (result.op) {
    case "changed":
      return encode([kinds.changed, result.number, result.changed]);
    case "config":
      return encode([kinds.config, result.latest, result.config]);
    case "newer":
      return encode([kinds.newer, result.latest, result.config ?? null]);
    case "shape":
      return encode([kinds.shape, result.shape ?? null]);
    case "births":
      return encode([kinds.births, packBirths(result.answer.granted), packBirths(result.answer.addressed)]);
    default:
      return unreachable(result);
  }
}

/** For the client: what the machine meant; throws `Malformed` for bytes that it did not make. */
export function decodeMasterResult(bytes: Uint8Array): MasterResult | Refused {
  const value = decode(bytes);
  if (!Array.isArray(value)) throw new Malformed("A result is a list.");
  const [kind, first, second]: unknown[] = value;
  if (typeof kind !== "number" || lengths[kind] !== value.length) throw new Malformed("A result has a kind and its fields.");
  switch (kind) {
    case kinds.refused:
      if (typeof first !== "string") throw new Malformed("A refusal says why.");
      return badRequest(first);
    case kinds.changed:
      return { ok: true, op: "changed", number: whole(first), changed: flag(second) };
    case kinds.config:
      return { ok: true, op: "config", latest: whole(first), config: decodeConfig(bytesField(second)) };
    case kinds.newer:
      return { ok: true, op: "newer", latest: whole(first), config: second === null ? undefined : decodeConfig(bytesField(second)) };
    case kinds.births:
      return { ok: true, op: "births", answer: { granted: unpackBirths(first), addressed: unpackBirths(second) } };
    default:
      return { ok: true, op: "shape", shape: first === null ? undefined : decodeShape(bytesField(first)) };
  }
}

function bytesField(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Malformed("What a result holds is bytes.");
}
