import { assert } from "../../base/assert.ts";

/** How a client keeps its numbers. */
export interface SessionOptions {
  /**
   * For how long, in log time, a command stays valid from its first attempt on: until then it may be tried again, and be executed.
   * The group refuses more than its `validMaxMs`, from which this should stay away: the time that one leader has told can be ahead of
   * what the next one begins with.
   */
  readonly validMs: number;
  /** Numbers of one shard that may be in use: fewer than the results a group keeps of a session. */
  readonly windowMax: number;
  /** Whether a packet can arrive twice, as `Transport` allows. Where none ever does, more refusals are definite (rule S9). */
  readonly mayDouble: boolean;
}

const sessionDefaults: SessionOptions = { validMs: 4 * 3_600_000, windowMax: 512, mayDouble: true };

/** The options with their defaults, checked and frozen. */
export function sessionOptions(given: Partial<SessionOptions> = {}): SessionOptions {
  const options = { ...sessionDefaults, ...given };
  assert(Number.isSafeInteger(options.validMs) && options.validMs > 0, "validMs is a whole number above 0");
  assert(options.windowMax >= 1, "one number at least is in use");
  return Object.freeze(options);
}

/** How a group is asked. */
export interface CallerOptions {
  /** How long an attempt waits for an answer before another server is tried; every time in vain it waits twice as long, ... */
  readonly attemptMs: number;
  /** ... but not longer. */
  readonly attemptMaxMs: number;
  /** How long a refused attempt rests before the next one; every time in vain it rests twice as long, ... */
  readonly restMs: number;
  /** ... but not longer. */
  readonly restMaxMs: number;
  /** The longest rest where the group has enough room, and only nobody was found who leads: one does soon. */
  readonly searchMaxMs: number;
  /** Calls that may be under way; beyond it they are refused as `overloaded`. */
  readonly callsMax: number;
  /** The bytes of one packet; a single call may be larger. */
  readonly packetBytesMax: number;
}

const callerDefaults: CallerOptions = {
  attemptMs: 500,
  attemptMaxMs: 8000,
  restMs: 10,
  restMaxMs: 1000,
  searchMaxMs: 100,
  callsMax: 4096,
  packetBytesMax: 1024 * 1024,
};

/** The options with their defaults, checked and frozen. */
export function callerOptions(given: Partial<CallerOptions> = {}): CallerOptions {
  const options = { ...callerDefaults, ...given };
  assert(options.attemptMs > 0 && options.attemptMs <= options.attemptMaxMs, "attemptMs is positive, and at most attemptMaxMs");
  assert(options.restMs > 0 && options.restMs <= options.restMaxMs, "restMs is positive, and at most restMaxMs");
  assert(options.searchMaxMs > 0, "a search rests");
  assert(options.callsMax > 0 && options.packetBytesMax > 0, "limits are positive");
  return Object.freeze(options);
}
