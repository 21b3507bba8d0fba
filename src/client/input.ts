import { type ByteLimits, tooLong } from "../shardkv/checks.ts";
import type { CallOptions } from "./client.ts";
import { KvorumError } from "./errors.ts";

/** The refusal of what can never be meant; `sentence` says what was given and what is allowed. */
export function invalid(sentence: string): KvorumError {
  return new KvorumError("invalid", sentence);
}

/** What a value is, for a sentence that refuses it. */
export function given(value: unknown): string {
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  if (typeof value === "string") return value.length <= 40 ? `the text '${value}'` : "a text";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The bytes, which are not too many for a key. */
export function fittingKey(bytes: Uint8Array, { keyBytesMax }: ByteLimits): Uint8Array {
  if (bytes.length <= keyBytesMax) return bytes;
  throw invalid(tooLong("key", bytes.length, keyBytesMax));
}

/** The bytes, which are not too many for a value. */
export function fittingValue(bytes: Uint8Array, { valueBytesMax }: ByteLimits): Uint8Array {
  if (bytes.length <= valueBytesMax) return bytes;
  throw invalid(tooLong("value", bytes.length, valueBytesMax));
}

/** A whole number, `low` or more. */
export function whole(value: unknown, name: string, low: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= low) return value;
  throw invalid(`A ${name} was given as ${given(value)}; it is a whole number, ${low} or more.`);
}

/** As `whole`, or nothing. */
export function optionalWhole(value: unknown, name: string, low: number): number | undefined {
  return value === undefined ? undefined : whole(value, name, low);
}

/** A boolean, or the default. */
export function flag(value: unknown, name: string, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value === "boolean") return value;
  throw invalid(`${name} was given as ${given(value)}; it is true or false.`);
}

/** Milliseconds above 0, `Infinity` among them; nothing gives the default. */
export function timeout(value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (typeof value === "number" && value > 0) return value;
  throw invalid(`A timeoutMs was given as ${given(value)}; it is a number of milliseconds above 0.`);
}

/** An object with options of a call. */
export function callOptions(value: unknown): CallOptions {
  const options = fields(value, "The options of a call were");
  const { signal } = options;
  if (signal === undefined || signal instanceof AbortSignal) return options;
  throw invalid(`A signal was given as ${given(signal)}; it is an AbortSignal.`);
}

/** An object, for its fields; `what` begins the sentence: "The range was". */
export function fields(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return value as Readonly<Record<string, unknown>>;
  throw invalid(`${what} given as ${given(value)}; an object is allowed.`);
}
