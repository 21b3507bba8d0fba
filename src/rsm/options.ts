import { assert } from "../base/assert.ts";
import { type GroupId, isReplicaId, type ReplicaId, type ServerId } from "../base/ids.ts";
import { type RaftOptions, raftOptions } from "../raft/options.ts";
import { type SessionLimits, sessionLimits } from "./session/session-limits.ts";

/** Which replica of which group this is. */
export interface Identity {
  readonly group: GroupId;
  /** Chosen by whoever created the group, so that two groups with one number are told apart (rule I3). A safe integer. */
  readonly creation: number;
  readonly replica: ReplicaId;
  /** The members' servers; a replica's id is its place in here. */
  readonly servers: readonly ServerId[];
}

/** A member's knobs. */
export interface MemberOptions {
  readonly raft: RaftOptions;
  /** The length of Raft's tick. */
  readonly tickMs: number;
  /** The log is compacted when its rows pass so many bytes: the labs' `maxraftstate`. */
  readonly logBytesMax: number;
  /** What a compaction leaves behind the applied index for followers that are a little late. */
  readonly logTailBytes: number;
  /** The bytes of log that are kept for followers that are being sent a snapshot; beyond them their transfers are given up. */
  readonly logPinnedBytesMax: number;
  /** The bytes of one chunk of a snapshot; a single larger row goes alone. */
  readonly snapshotChunkBytesMax: number;
  /**
   * The chunks that a transfer may have under way, unacknowledged, and one without rows while a page is read; and, in bytes, what a receiver
   * may have before its disk.
   */
  readonly snapshotWindowMax: number;
  /** So fast a snapshot is read and sent, lest clients notice; faster the more of the log is kept for it. */
  readonly snapshotBytesPerSecond: number;
  /** The snapshots that a leader sends at once; others wait for their next offer. */
  readonly snapshotsAtOnceMax: number;
  /** How long a chunk may be unacknowledged before it is sent again; twice as long each time, until something is acknowledged. */
  readonly snapshotResendMs: number;
  /** How long nothing may be acknowledged, or arrive, before a transfer is given up by its sender, or its receiver. */
  readonly snapshotIdleMs: number;
  /** How often a replica that is not admitted yet makes itself known. */
  readonly helloMs: number;
}

export type MemberOptionsGiven = Partial<Omit<MemberOptions, "raft">> & { readonly raft?: Partial<RaftOptions> };

const defaults: Omit<MemberOptions, "raft"> = {
  tickMs: 10,
  logBytesMax: 16 * 1024 * 1024,
  logTailBytes: 8 * 1024 * 1024,
  logPinnedBytesMax: 512 * 1024 * 1024,
  snapshotChunkBytesMax: 64 * 1024,
  snapshotWindowMax: 16,
  snapshotBytesPerSecond: 4 * 1024 * 1024,
  snapshotsAtOnceMax: 2,
  snapshotResendMs: 300,
  snapshotIdleMs: 5000,
  helloMs: 100,
};

/** The options with their defaults, checked and frozen. */
export function memberOptions(given: MemberOptionsGiven = {}): MemberOptions {
  const options = { ...defaults, ...given, raft: raftOptions(given.raft) };
  assert(options.tickMs > 0 && options.helloMs > 0, "times are positive");
  assert(options.logBytesMax > 0 && options.logTailBytes >= 0 && options.logPinnedBytesMax > 0, "limits are positive");
  const { snapshotChunkBytesMax, snapshotWindowMax, snapshotsAtOnceMax } = options;
  assert(options.snapshotBytesPerSecond > 0, "a snapshot comes to an end");
  assert(snapshotChunkBytesMax > 0 && snapshotWindowMax > 0 && snapshotsAtOnceMax > 0, "something of a snapshot can be sent");
  assert(options.snapshotResendMs > 0 && options.snapshotIdleMs > options.snapshotResendMs, "a chunk is sent again before it is given up");
  return Object.freeze(options);
}

export function checkIdentity(identity: Identity): void {
  assert(identity.servers.length > 0 && identity.servers.length <= 64, "a group has 1 to 64 members");
  assert(isReplicaId(identity.replica) && identity.replica < identity.servers.length, "a replica is one of its group's members");
  assert(Number.isSafeInteger(identity.creation) && identity.creation >= 0, "a creation id is a safe integer, zero or more");
}

/** A replica's knobs. */
export interface ReplicaOptions {
  readonly member: MemberOptions;
  /** Counted from this replica's first entry as a leader on, by everybody. */
  readonly sessions: SessionLimits;
  /** Requests that wait to be applied, of all clients: nobody may have more of them than is left for all others, or is `overloaded`. */
  readonly proposalsMax: number;
  /** The bytes of these requests, divided in the same way. */
  readonly proposalBytesMax: number;
  /** So many of them stand in the log; others wait their turn before it, those first whose clients were given least. */
  readonly loggedMax: number;
  readonly loggedBytesMax: number;
  /** Queries that wait or are under way, divided as requests are. */
  readonly readsMax: number;
  /** Queries whose answers take their time, in the same way; and how many of them are under way at once. */
  readonly longReadsMax: number;
  readonly longReadsAtOnceMax: number;
  /** The bytes of results that one turn may owe to all clients, divided in the same way; later queries of that turn are `overloaded`. */
  readonly answerBytesMax: number;
  /** The bytes of calls of one packet that may be refused; a client that has sent more in vain rests. */
  readonly refusedBytesMax: number;
  /** For so long nothing more is heard of a client that rests: also of one that was told that it is `overloaded`. */
  readonly restMs: number;
  /** The memory for rows of the state that are used again and again. */
  readonly rowCacheBytesMax: number;
  /** How long a leader rests between two walks through all sessions in search of those that are over. */
  readonly expireMs: number;
  /** How long it rests between two pages of a walk. */
  readonly expirePageMs: number;
  /** A replica that drains ends after so long, whoever waits. */
  readonly drainMs: number;
  /** For so long one that has led goes on saying who leads now, so that nobody has to find out by its silence. */
  readonly lingerMs: number;
}

export type ReplicaOptionsGiven = Partial<Omit<ReplicaOptions, "member" | "sessions">> & {
  readonly member?: MemberOptionsGiven;
  readonly sessions?: Partial<SessionLimits>;
};

const replicaDefaults: Omit<ReplicaOptions, "member" | "sessions"> = {
  proposalsMax: 4096,
  proposalBytesMax: 16 * 1024 * 1024,
  loggedMax: 1024,
  loggedBytesMax: 2 * 1024 * 1024,
  readsMax: 8192,
  longReadsMax: 64,
  longReadsAtOnceMax: 4,
  answerBytesMax: 8 * 1024 * 1024,
  refusedBytesMax: 64 * 1024,
  restMs: 200,
  rowCacheBytesMax: 32 * 1024 * 1024,
  expireMs: 60_000,
  expirePageMs: 100,
  drainMs: 5000,
  lingerMs: 100,
};

/** The options with their defaults, checked and frozen. */
export function replicaOptions(given: ReplicaOptionsGiven = {}): ReplicaOptions {
  const options = { ...replicaDefaults, ...given, member: memberOptions(given.member), sessions: sessionLimits(given.sessions) };
  const { proposalsMax, proposalBytesMax, loggedMax, loggedBytesMax, readsMax, longReadsMax, longReadsAtOnceMax, answerBytesMax } = options;
  const limits = [proposalsMax, proposalBytesMax, loggedMax, loggedBytesMax, readsMax, longReadsMax, longReadsAtOnceMax, answerBytesMax];
  for (const limit of limits) assert(limit > 0, "limits are positive");
  assert(options.restMs >= 0 && options.refusedBytesMax >= 0, "who rests does so for some time, or for none");
  assert(options.expireMs > 0 && options.expirePageMs > 0, "times are positive");
  assert(options.drainMs >= 0 && options.lingerMs >= 0, "who drains does so for some time, or ends at once");
  return Object.freeze(options);
}
