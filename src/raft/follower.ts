import { assert } from "../base/assert.ts";
import { appendEntries, holds, lastIndex, lastNotAbove, restore, termAt, truncate } from "./log.ts";
import type { Append, InstallSnapshot } from "./message.ts";
import { sendWithLog, sendDurable } from "./outbox.ts";
import { becomeFollower, restartElectionTimer } from "./roles.ts";
import type { RaftState } from "./state.ts";
import { type Entry, entryBytes, type LogIndex } from "./types.ts";

/** Follows the leader of this term, whoever this replica took for it, and waits for it anew. */
export function hearLeader(state: RaftState, leader: Append | InstallSnapshot): void {
  assert(state.role !== "leader", "a term has one leader");
  becomeFollower(state, state.term, leader.from);
  restartElectionTimer(state);
}

/** AppendEntries, receiver (figure 2), for a message of this term. */
export function onAppend(state: RaftState, request: Append): void {
  hearLeader(state, request);
  const { log } = state;
  // Behind the mark everything is committed, and so the same in every leader's log.
  const matches = request.prevIndex <= log.mark.index || holds(log, request.prevIndex, request.prevTerm);
  // What follows a dropped append is not asked for again before the disk has moved: it would be dropped as well, and so on.
  if (request.entries.length > 0 && (matches ? !hasRoomFor(state, request.entries) : state.crowded)) {
    state.trace("raft: dropped an append, too much waits for the disk", { bytes: log.unstableBytes });
    state.crowded = true;
    return;
  }
  if (!matches) {
    reject(state, request);
    return;
  }
  store(state, request.entries);
  const last = request.prevIndex + request.entries.length;
  state.verified = Math.max(state.verified, last);
  commitTo(state, Math.min(request.commit, state.verified));
  accept(state, request, Math.max(last, state.commit));
}

function hasRoomFor(state: RaftState, entries: readonly Entry[]): boolean {
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return state.log.unstableBytes === 0 || state.log.unstableBytes + bytes <= state.options.unstableBytesMax;
}

/** Adds what is new; takes back the own entries only where they really differ (figure 2: AppendEntries 3 and 4). */
function store(state: RaftState, entries: readonly Entry[]): void {
  const { log } = state;
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i] as Entry;
    if (entry.index <= log.mark.index || holds(log, entry.index, entry.term)) continue;
    if (entry.index <= lastIndex(log)) {
      assert(entry.index > state.commit, "a committed entry is never taken back");
      truncate(log, entry.index);
    }
    appendEntries(log, entries.slice(i));
    return;
  }
}

/** A follower's commit index only rises, and stays within what is known to be the leader's (rule P6). */
function commitTo(state: RaftState, index: LogIndex): void {
  const bounded = Math.min(index, lastIndex(state.log));
  if (bounded > state.commit) state.commit = bounded;
}

/** Says how far the log is the leader's: entries when they are durable, a heartbeat at once with what is (rule P5). */
function accept(state: RaftState, request: Append, last: LogIndex): void {
  const match = request.entries.length > 0 ? last : Math.min(last, state.log.stable);
  sendWithLog(state, match, {
    kind: "append_reply",
    from: state.id,
    to: request.from,
    term: state.term,
    round: request.round,
    accepted: true,
    match,
  });
}

function reject(state: RaftState, request: Append): void {
  const hintIndex = lastNotAbove(state.log, request.prevIndex, request.prevTerm);
  sendDurable(state, {
    kind: "append_reply",
    from: state.id,
    to: request.from,
    term: state.term,
    round: request.round,
    accepted: false,
    prevIndex: request.prevIndex,
    hintIndex,
    hintTerm: termAt(state.log, hintIndex) ?? 0,
  });
}

/** InstallSnapshot, receiver (figure 13), for a message of this term whose rows have all arrived. */
export function onSnapshot(state: RaftState, request: InstallSnapshot): void {
  hearLeader(state, request);
  const { mark } = request;
  if (mark.index <= state.commit) {
    state.trace("raft: ignored a snapshot that is not newer", { index: mark.index, commit: state.commit });
  } else if (holds(state.log, mark.index, mark.term)) {
    // The log leads there by itself: what is missing is only the knowledge that it is committed.
    state.trace("raft: a snapshot matched the log", { index: mark.index });
    state.verified = Math.max(state.verified, mark.index);
    commitTo(state, mark.index);
  } else {
    install(state, request);
  }
  const match = Math.max(state.commit, mark.index);
  sendWithLog(state, match, { kind: "append_reply", from: state.id, to: request.from, term: state.term, round: 0, accepted: true, match });
}

function install(state: RaftState, request: InstallSnapshot): void {
  const { mark } = request;
  restore(state.log, mark);
  state.membership = mark.membership;
  state.commit = mark.index;
  state.handedOut = mark.index;
  state.applied = mark.index;
  state.verified = Math.max(state.verified, mark.index);
}
