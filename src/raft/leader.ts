import { assert, present } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import { appendEntries, entriesWithin, firstIndex, lastIndex, lastNotAbove, termAt } from "./log.ts";
import { quorumIndex, quorumSize } from "./membership.ts";
import type { AppendAccepted, AppendRejected, AppendReply } from "./message.ts";
import { sendEarly } from "./outbox.ts";
import { becomeProbe, becomeReplicate, becomeSnapshot, hasRoom, matched, type Progress, sent } from "./progress.ts";
import { confirmReads } from "./reads.ts";
import { becomeFollower } from "./roles.ts";
import type { RaftState } from "./state.ts";
import { tickTransfer } from "./transfer.ts";
import { type Entry, entryBytes, type LogIndex } from "./types.ts";

/** Appends a command to the leader's log; it is sent with the next `ready()`. */
export function appendCommand(state: RaftState, data: Uint8Array): LogIndex {
  assert(state.role === "leader", "only a leader appends commands");
  const entry: Entry = { index: lastIndex(state.log) + 1, term: state.term, data };
  appendEntries(state.log, [entry]);
  state.uncommittedBytes += entryBytes(entry);
  return entry.index;
}

/** Whether `replicate` would send anything. */
export function owesAnything(state: RaftState): boolean {
  for (const progress of state.progress.values()) {
    if (progress.due) return true;
    const { inFlightMax, inFlightBytesMax } = state.options;
    if (progress.state === "replicate" && progress.next <= lastIndex(state.log) && hasRoom(progress, inFlightMax, inFlightBytesMax))
      return true;
  }
  return false;
}

/** Sends every follower what it is owed: new entries as far as its window is open, a snapshot, or an empty append. */
export function replicate(state: RaftState): void {
  for (const [to, progress] of state.progress) {
    if (progress.state === "replicate") sendEntries(state, to, progress);
    if (progress.due) sendEmpty(state, to, progress);
  }
}

function sendEntries(state: RaftState, to: ReplicaId, progress: Progress): void {
  const { log, options } = state;
  const last = lastIndex(log);
  if (progress.next <= log.mark.index) {
    becomeProbe(progress, progress.next);
    return;
  }
  while (progress.next <= last && hasRoom(progress, options.inFlightMax, options.inFlightBytesMax)) {
    const entries = entriesWithin(log, progress.next, last, options.appendBytesMax, options.appendEntriesMax);
    sendAppend(state, to, progress.next - 1, entries);
    let bytes = 0;
    for (const entry of entries) bytes += entryBytes(entry);
    sent(progress, progress.next + entries.length - 1, bytes);
    progress.due = false;
  }
}

function sendAppend(state: RaftState, to: ReplicaId, prevIndex: LogIndex, entries: readonly Entry[]): void {
  const prevTerm = present(termAt(state.log, prevIndex), "the place before an append is known");
  sendEarly(state, {
    kind: "append",
    from: state.id,
    to,
    term: state.term,
    prevIndex,
    prevTerm,
    commit: state.commit,
    round: state.round,
    entries,
  });
}

/** A heartbeat that also asks whether the follower has everything before `next`. */
function sendEmpty(state: RaftState, to: ReplicaId, progress: Progress): void {
  progress.due = false;
  if (progress.state !== "snapshot" && progress.next - 1 < state.log.mark.index && progress.active) offerSnapshot(state, to, progress);
  if (progress.state === "snapshot" || progress.next - 1 < state.log.mark.index) sendLifeSign(state, to);
  else sendAppend(state, to, progress.next - 1, []);
}

/** An append that every log accepts: to a follower that waits for a snapshot, or that may be gone. */
function sendLifeSign(state: RaftState, to: ReplicaId): void {
  const { id, term, commit, round } = state;
  sendEarly(state, { kind: "append", from: id, to, term, prevIndex: 0, prevTerm: 0, commit, round, entries: [] });
}

function offerSnapshot(state: RaftState, to: ReplicaId, progress: Progress): void {
  state.trace("raft: a follower needs a snapshot", { to, next: progress.next, first: firstIndex(state.log) });
  becomeSnapshot(progress);
  state.offers.push(to);
}

/** An answer to an append or a snapshot, of this term. */
export function onAppendReply(state: RaftState, reply: AppendReply): void {
  const progress = state.role === "leader" ? state.progress.get(reply.from) : undefined;
  if (progress === undefined) return;
  progress.active = true;
  if (reply.accepted) onAccepted(state, progress, reply);
  else onRejected(state, progress, reply);
  if (reply.round > progress.round && reply.round <= state.round) {
    progress.round = reply.round;
    confirmReads(state);
  }
}

function onAccepted(state: RaftState, progress: Progress, reply: AppendAccepted): void {
  if (reply.match > lastIndex(state.log)) {
    state.trace("raft: refused an answer that matches more than there is", { from: reply.from, match: reply.match });
    return;
  }
  const rose = matched(progress, reply.match);
  // Out of `snapshot` as soon as the log connects, whichever snapshot or append brought the follower there.
  const connects = progress.state === "probe" || (progress.state === "snapshot" && progress.match >= state.log.mark.index);
  if (connects) becomeReplicate(progress);
  if (rose) advanceCommit(state);
}

function onRejected(state: RaftState, progress: Progress, reply: AppendRejected): void {
  if (progress.state === "snapshot") return;
  // An answer to an older question says nothing about what is known since.
  if (reply.prevIndex <= progress.match || reply.hintIndex > reply.prevIndex) return;
  if (progress.state === "probe" && reply.prevIndex !== progress.next - 1) return;
  const shared = lastNotAbove(state.log, reply.hintIndex, reply.hintTerm);
  becomeProbe(progress, Math.max(progress.match, Math.min(shared, reply.hintIndex, reply.prevIndex - 1)) + 1);
}

/** Commits what a quorum has on disk (Raft, 5.3, 5.4.2). The leader counts itself only as far as its own disk is (rule P1). */
export function advanceCommit(state: RaftState): void {
  if (state.role !== "leader") return;
  const index = quorumIndex(state.membership, (voter) => (voter === state.id ? state.log.stable : (state.progress.get(voter)?.match ?? 0)));
  // Count replicas only for entries of our own term: an older entry on a majority can still be overwritten (figure 8), while one
  // of ours above it cannot.
  if (index <= state.commit || termAt(state.log, index) !== state.term) return;
  for (let at = Math.max(state.commit, state.log.mark.index) + 1; at <= index; at += 1) {
    state.uncommittedBytes -= entryBytes(
      present(state.log.entries[at - state.log.mark.index - 1], "an entry is retained until it is committed"),
    );
  }
  state.commit = index;
}

/** A leader's tick: heartbeats, the look at its quorum, the look at its own disk. */
export function tickLeader(state: RaftState): void {
  const { options } = state;
  state.heartbeatElapsed += 1;
  if (state.heartbeatElapsed >= options.heartbeatTicks) {
    state.heartbeatElapsed = 0;
    for (const progress of state.progress.values()) progress.due = true;
  }
  for (const progress of state.progress.values()) {
    if (progress.state !== "snapshot") continue;
    progress.snapshotTicks += 1;
    if (progress.snapshotTicks >= options.snapshotTicks) becomeProbe(progress, progress.match + 1);
  }
  // A busy leader's disk is always a little behind; only one that finishes nothing at all stands still.
  state.stalled = state.commit > state.log.stable ? state.stalled + 1 : 0;
  tickTransfer(state);
  state.electionElapsed += 1;
  if (state.electionElapsed >= options.electionTicks) lookAtQuorum(state);
  else if (state.stalled >= options.stallTicks) stepDown(state, "raft: a leader's disk stands still");
}

/** With which tick from now on `tickLeader` does something: the first of its counters that runs out. */
export function ticksToLeaderDuty(state: RaftState): number {
  const { options, log } = state;
  let ticks = Math.min(options.heartbeatTicks - state.heartbeatElapsed, options.electionTicks - state.electionElapsed);
  if (state.commit > log.stable) ticks = Math.min(ticks, options.stallTicks - state.stalled);
  if (state.transfer !== undefined) ticks = Math.min(ticks, options.electionTicks - state.transfer.ticks);
  for (const progress of state.progress.values()) {
    if (progress.state === "snapshot") ticks = Math.min(ticks, options.snapshotTicks - progress.snapshotTicks);
  }
  return ticks;
}

function lookAtQuorum(state: RaftState): void {
  state.electionElapsed = 0;
  let active = 1;
  for (const progress of state.progress.values()) {
    if (progress.active) active += 1;
    progress.active = false;
  }
  if (state.options.checkQuorum && active < quorumSize(state.membership)) stepDown(state, "raft: a leader hears no quorum");
}

function stepDown(state: RaftState, why: string): void {
  state.trace(why, { term: state.term });
  becomeFollower(state, state.term, undefined);
}
