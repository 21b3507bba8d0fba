import { assert } from "../../base/assert.ts";
import { Malformed } from "../../base/codec.ts";
import { whole } from "../fields.ts";

/**
 * How much of sessions a group keeps. What is refused because of them is decided when an entry is applied, so all replicas must use
 * the same ones: every leader logs its own with the first entry of its term, and they count from there on for everybody.
 */
export interface SessionLimits {
  /** How far ahead of the shard's log time a command may be valid, in milliseconds (rule S7). */
  readonly validMaxMs: number;
  /** Sessions of one group, over all its shards. */
  readonly sessionsMax: number;
  /** Results of one session: what a client may have in flight on one shard. */
  readonly resultsMax: number;
  /** A larger result is not kept: whoever asks again hears that the command was done and its result is lost (rule S5). */
  readonly resultBytesMax: number;
  /** The bytes of all results of one session. */
  readonly sessionBytesMax: number;
}

const hourMs = 3_600_000;

const defaults: SessionLimits = {
  validMaxMs: 24 * hourMs,
  sessionsMax: 1_000_000,
  resultsMax: 1024,
  resultBytesMax: 16 * 1024,
  sessionBytesMax: 1024 * 1024,
};

/** The limits with their defaults, checked and frozen. */
export function sessionLimits(given: Partial<SessionLimits> = {}): SessionLimits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) assert(Number.isSafeInteger(value) && value > 0, `${name} is a whole number above 0`);
  // A row is one encoded value, which may have 65,536 elements.
  assert(limits.resultsMax <= 16_384, "resultsMax is at most 16,384");
  assert(limits.resultBytesMax <= limits.sessionBytesMax, "a session has room for one result");
  return Object.freeze(limits);
}

/** The limits as they stand in entries and rows; throws `Malformed`. */
export function unpackLimits(values: unknown): SessionLimits {
  if (!Array.isArray(values) || values.length !== 5) throw new Malformed("there are five limits of sessions");
  const [validMaxMs, sessionsMax, resultsMax, resultBytesMax, sessionBytesMax] = (values as unknown[]).map(whole) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { validMaxMs, sessionsMax, resultsMax, resultBytesMax, sessionBytesMax };
}

/** As `unpackLimits` reads them. */
export function packLimits(limits: SessionLimits): number[] {
  const { validMaxMs, sessionsMax, resultsMax, resultBytesMax, sessionBytesMax } = limits;
  return [validMaxMs, sessionsMax, resultsMax, resultBytesMax, sessionBytesMax];
}
