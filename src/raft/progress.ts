import { assert, present } from "../base/assert.ts";
import type { LogIndex } from "./types.ts";

/** An append that has not been answered. */
interface InFlight {
  readonly last: LogIndex;
  readonly bytes: number;
}

/**
 * What a leader knows of one follower (figure 2: nextIndex, matchIndex). In `probe` it does not know where the logs part and asks
 * with empty appends; in `replicate` it sends ahead without waiting; in `snapshot` the follower needs what was compacted away.
 */
export interface Progress {
  state: "probe" | "replicate" | "snapshot";
  /** Durable there and equal to ours up to here; only rises while the term lasts. */
  match: LogIndex;
  /** The next entry to send: `match < next`. What stands between is in flight. */
  next: LogIndex;
  /** An empty append is owed: a heartbeat, a probe, a read round. */
  due: boolean;
  /** Heard from since the last look at the quorum. */
  active: boolean;
  /** The newest read round it has answered. */
  round: number;
  /** In `snapshot`: ticks since it was offered. */
  snapshotTicks: number;
  inFlight: InFlight[];
  inFlightBytes: number;
  /**
   * How many appends may be in flight, within the option's limit. A rejection closes it to one, and acknowledgements open it again:
   * where packets overtake each other, a whole window sent anew for every rejection would be answered by as many rejections.
   */
  window: number;
}

/** A window that only the option limits. */
const openWindow = 65_536;

/** What a new leader knows of a follower: nothing (figure 2: nextIndex = last + 1, matchIndex = 0). */
export function newProgress(lastIndex: LogIndex): Progress {
  return {
    state: "probe",
    match: 0,
    next: lastIndex + 1,
    due: true,
    active: true,
    round: 0,
    snapshotTicks: 0,
    inFlight: [],
    inFlightBytes: 0,
    window: openWindow,
  };
}

function forgetInFlight(progress: Progress): void {
  progress.inFlight.length = 0;
  progress.inFlightBytes = 0;
}

/** Asks anew from `next` on. */
export function becomeProbe(progress: Progress, next: LogIndex): void {
  assert(next > progress.match, "what is known to match is not asked again");
  progress.state = "probe";
  progress.next = next;
  progress.due = true;
  progress.window = 1;
  forgetInFlight(progress);
}

export function becomeReplicate(progress: Progress): void {
  progress.state = "replicate";
  progress.next = Math.max(progress.next, progress.match + 1);
  forgetInFlight(progress);
}

export function becomeSnapshot(progress: Progress): void {
  progress.state = "snapshot";
  progress.snapshotTicks = 0;
  forgetInFlight(progress);
}

/** Whether one more append may be sent ahead. */
export function hasRoom(progress: Progress, inFlightMax: number, inFlightBytesMax: number): boolean {
  return progress.inFlight.length < Math.min(progress.window, inFlightMax) && progress.inFlightBytes < inFlightBytesMax;
}

/** Notes an append with entries up to `last`. */
export function sent(progress: Progress, last: LogIndex, bytes: number): void {
  assert(last >= progress.next, "entries are sent in order");
  progress.next = last + 1;
  progress.inFlight.push({ last, bytes });
  progress.inFlightBytes += bytes;
}

/** Notes that the follower has everything up to `match`; false when that was known. */
export function matched(progress: Progress, match: LogIndex): boolean {
  while (progress.inFlight.length > 0 && (progress.inFlight[0] as InFlight).last <= match) {
    progress.inFlightBytes -= present(progress.inFlight.shift(), "an append is in flight").bytes;
  }
  if (match <= progress.match) return false;
  progress.match = match;
  progress.window = Math.min(progress.window * 2, openWindow);
  progress.next = Math.max(progress.next, match + 1);
  return true;
}
