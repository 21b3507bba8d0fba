import type { ReplicaId } from "../base/ids.ts";
import { isUpToDate, lastIndex, lastTerm } from "./log.ts";
import { voteResult } from "./membership.ts";
import type { PreVote, PreVoteReply, Vote, VoteReply } from "./message.ts";
import { sendAfterEverything, sendDurable, sendEarly } from "./outbox.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate, giveVote, restartElectionTimer } from "./roles.ts";
import type { RaftState } from "./state.ts";
import type { Term } from "./types.ts";

/** The election timer ran out: asks the group whether a campaign could succeed. */
export function campaign(state: RaftState): void {
  if (waitsForOwnDisk(state)) return restartElectionTimer(state);
  becomePreCandidate(state);
  // A pre-vote promises nothing of the disk, so it does not wait for one.
  for (const to of others(state)) {
    sendEarly(state, {
      kind: "pre_vote",
      from: state.id,
      to,
      term: state.term + 1,
      lastIndex: lastIndex(state.log),
      lastTerm: lastTerm(state.log),
    });
  }
  countPreVote(state, state.id, true);
}

/**
 * A candidate that is alone in its group waits for nothing but its own vote to be durable. Another campaign would make that later: on a
 * disk that is slower than the timer it would never lead.
 */
function waitsForOwnDisk({ role, membership }: RaftState): boolean {
  return role === "candidate" && membership.voters.length === 1;
}

function others(state: RaftState): ReplicaId[] {
  return state.membership.voters.filter((voter) => voter !== state.id);
}

/** Whether a leader was heard so lately that an election would only disturb it (dissertation 4.2.3). */
export function hearsLeader(state: RaftState): boolean {
  return state.role === "leader" || (state.leader !== undefined && state.electionElapsed < state.options.electionTicks);
}

/**
 * Says whether it would vote; neither term nor vote nor election timer change. Of candidates that ask for the same term within a
 * heartbeat the first is preferred: a duel of candidates costs a campaign each, and may elect nobody.
 */
export function onPreVote(state: RaftState, request: PreVote): void {
  const { preVote } = state;
  const free = preVote === undefined || preVote.term < request.term || preVote.to === request.from;
  const granted = free && request.term > state.term && !hearsLeader(state) && isUpToDate(state.log, request.lastIndex, request.lastTerm);
  if (granted) {
    state.preVote = { to: request.from, term: request.term, ticks: state.options.heartbeatTicks };
    sendEarly(state, { kind: "pre_vote_reply", from: state.id, to: request.from, term: request.term, granted });
  } else {
    sendDurable(state, { kind: "pre_vote_reply", from: state.id, to: request.from, term: state.term, granted });
  }
}

/** A tick brings the pre-vote that was given last nearer to its end. */
export function tickPreVote(state: RaftState): void {
  if (state.preVote === undefined) return;
  state.preVote.ticks -= 1;
  if (state.preVote.ticks <= 0) state.preVote = undefined;
}

export function onPreVoteReply(state: RaftState, reply: PreVoteReply): void {
  if (state.role !== "pre_candidate") return;
  if (reply.granted && reply.term !== state.term + 1) return;
  countPreVote(state, reply.from, reply.granted);
}

function countPreVote(state: RaftState, voter: ReplicaId, granted: boolean): void {
  state.votes.set(voter, granted);
  const result = voteResult(state.membership, state.votes);
  if (result === "won") startElection(state);
  else if (result === "lost") becomeFollower(state, state.term, undefined);
}

/** Spends a term: votes for itself and asks the others (Raft, 5.2); `transfer` when the leader has asked for that. */
export function startElection(state: RaftState, transfer = false): void {
  becomeCandidate(state);
  for (const to of others(state)) {
    // Rule P3: the request names the end of the log, so the log up to there is on disk before it leaves.
    sendAfterEverything(state, {
      kind: "vote",
      from: state.id,
      to,
      term: state.term,
      lastIndex: lastIndex(state.log),
      lastTerm: lastTerm(state.log),
      transfer,
    });
  }
  sendDurable(state, voteReply(state, state.id, state.term, true));
}

function voteReply(state: RaftState, to: ReplicaId, term: Term, granted: boolean): VoteReply {
  return { kind: "vote_reply", from: state.id, to, term, granted };
}

/** RequestVote, receiver (figure 2): one vote in a term, and only for a log at least as up to date as the own one. */
export function onVote(state: RaftState, request: Vote): void {
  const free = state.vote === undefined ? state.leader === undefined : state.vote === request.from;
  const granted = free && isUpToDate(state.log, request.lastIndex, request.lastTerm);
  if (granted) {
    giveVote(state, request.from);
    restartElectionTimer(state);
  }
  sendDurable(state, voteReply(state, request.from, state.term, granted));
}

export function onVoteReply(state: RaftState, reply: VoteReply): void {
  if (state.role !== "candidate") return;
  state.votes.set(reply.from, reply.granted);
  const result = voteResult(state.membership, state.votes);
  if (result === "won") becomeLeader(state);
  else if (result === "lost") becomeFollower(state, state.term, undefined);
}
