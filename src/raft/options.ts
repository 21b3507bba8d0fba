import { assert } from "../base/assert.ts";

/** The core's knobs. Bytes count an entry's data and a flat share (`entryBytes`). */
export interface RaftOptions {
  /** Ticks without a leader before a follower campaigns; a random 1 to 2 times of it is used. */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats. */
  readonly heartbeatTicks: number;
  /**
   * A leader that has not heard a quorum for `electionTicks` steps down, and a replica that hears a leader refuses votes
   * (dissertation 6.2, 4.2.3).
   */
  readonly checkQuorum: boolean;
  /** Ticks a leader's own disk may stand still while a quorum's are ahead of it, before it steps down. */
  readonly stallTicks: number;
  /** Ticks until a snapshot that has not arrived is offered again; whoever is sending one goes on with it. */
  readonly snapshotTicks: number;
  /** The bytes of entries in one append; a single entry may be larger. */
  readonly appendBytesMax: number;
  readonly appendEntriesMax: number;
  /** Unanswered appends to one follower. */
  readonly inFlightMax: number;
  /** The bytes of unanswered appends to one follower; one append may pass it. */
  readonly inFlightBytesMax: number;
  /** The bytes a leader accepts beyond its commit index; then proposals are refused as `overloaded`. */
  readonly uncommittedBytesMax: number;
  /** The bytes a replica holds that are not yet durable: a leader refuses proposals beyond it, a follower drops appends. */
  readonly unstableBytesMax: number;
  /** The bytes of committed entries in one `Ready`; a single entry may be larger. */
  readonly applyBytesMax: number;
  /** Reads that wait at one leader; then reads are refused as `overloaded`. */
  readonly readsMax: number;
  /** How far ahead a message's term may be before it counts as impossible. */
  readonly termJumpMax: number;
}

const defaults: RaftOptions = {
  electionTicks: 30,
  heartbeatTicks: 12,
  checkQuorum: true,
  stallTicks: 100,
  snapshotTicks: 100,
  appendBytesMax: 1024 * 1024,
  appendEntriesMax: 4096,
  inFlightMax: 64,
  inFlightBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  unstableBytesMax: 32 * 1024 * 1024,
  applyBytesMax: 1024 * 1024,
  readsMax: 16_384,
  termJumpMax: 1_000_000,
};

/** The options with their defaults, checked and frozen. */
export function raftOptions(given: Partial<RaftOptions> = {}): RaftOptions {
  const options = { ...defaults, ...given };
  assert(options.heartbeatTicks > 0, "heartbeatTicks is positive");
  assert(options.electionTicks > options.heartbeatTicks, "an election outlasts a heartbeat");
  assert(options.stallTicks > options.electionTicks, "a stall outlasts an election, or slow disks everywhere would depose every leader");
  assert(options.snapshotTicks > 0, "snapshotTicks is positive");
  const limits = [
    "appendBytesMax",
    "appendEntriesMax",
    "inFlightMax",
    "inFlightBytesMax",
    "uncommittedBytesMax",
    "unstableBytesMax",
  ] as const;
  for (const name of limits) assert(options[name] > 0, `${name} is positive`);
  assert(options.applyBytesMax > 0 && options.readsMax > 0 && options.termJumpMax > 0, "limits are positive");
  return Object.freeze(options);
}
