import { assert } from "../base/assert.ts";
import { type GroupId, isReplicaId, type ReplicaId, type ServerId } from "../base/ids.ts";
import { type RaftOptions, raftOptions } from "../raft/options.ts";

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
  /** The bytes of a snapshot that is sent in one piece. */
  readonly snapshotBytesMax: number;
  /** How often a replica that is not admitted yet makes itself known. */
  readonly helloMs: number;
}

export type MemberOptionsGiven = Partial<Omit<MemberOptions, "raft">> & { readonly raft?: Partial<RaftOptions> };

const defaults: Omit<MemberOptions, "raft"> = {
  tickMs: 10,
  logBytesMax: 64 * 1024 * 1024,
  logTailBytes: 1024 * 1024,
  snapshotBytesMax: 4 * 1024 * 1024,
  helloMs: 100,
};

/** The options with their defaults, checked and frozen. */
export function memberOptions(given: MemberOptionsGiven = {}): MemberOptions {
  const options = { ...defaults, ...given, raft: raftOptions(given.raft) };
  assert(options.tickMs > 0 && options.helloMs > 0, "times are positive");
  assert(options.logBytesMax > 0 && options.logTailBytes >= 0 && options.snapshotBytesMax > 0, "limits are positive");
  return Object.freeze(options);
}

export function checkIdentity(identity: Identity): void {
  assert(identity.servers.length > 0 && identity.servers.length <= 64, "a group has 1 to 64 members");
  assert(isReplicaId(identity.replica) && identity.replica < identity.servers.length, "a replica is one of its group's members");
  assert(Number.isSafeInteger(identity.creation) && identity.creation >= 0, "a creation id is a safe integer, zero or more");
}
