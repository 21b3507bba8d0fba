import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import { lastIndex } from "./log.ts";
import { newProgress } from "./progress.ts";
import type { RaftState, Role } from "./state.ts";
import { entryBytes, type Term } from "./types.ts";

/** Whether this replica may campaign: it has a vote in its own group. */
export function isPromotable(state: RaftState): boolean {
  return state.membership.voters.includes(state.id);
}

/** Begins the wait for a leader anew, with a fresh random timeout of 1 to 2 times `electionTicks` (Raft, 5.2). */
export function restartElectionTimer(state: RaftState): void {
  state.random = (Math.imul(state.random, 1664525) + 1013904223) >>> 0;
  state.electionElapsed = 0;
  state.electionTimeout = state.options.electionTicks + Math.floor((state.random / 2 ** 32) * state.options.electionTicks);
}

/** Notes a change of term or vote: the next write must hold it. */
function hardStateChanged(state: RaftState): void {
  state.hardStateWrite = state.nextWrite;
}

/** Gives this term's vote to `candidate`. */
export function giveVote(state: RaftState, candidate: ReplicaId): void {
  assert(state.vote === undefined || state.vote === candidate, "one vote in a term");
  if (state.vote === candidate) return;
  state.vote = candidate;
  hardStateChanged(state);
}

function enterTerm(state: RaftState, term: Term): void {
  assert(term >= state.term, "terms only rise");
  if (term === state.term) return;
  state.term = term;
  state.vote = undefined;
  state.verified = 0;
  state.round = 0;
  hardStateChanged(state);
}

function takeRole(state: RaftState, role: Role): void {
  state.trace("raft: role", { from: state.role, to: role, term: state.term });
  state.role = role;
  state.votes.clear();
  state.progress.clear();
  state.transfer = undefined;
  state.uncommittedBytes = 0;
  state.stalled = 0;
  for (const read of state.reads) state.droppedReads.push(read.context);
  state.reads = [];
}

/** Follows `leader`, or waits for one, in `term`. Hearing of a newer term alone does not restart the election timer. */
export function becomeFollower(state: RaftState, term: Term, leader: ReplicaId | undefined): void {
  const led = state.role === "leader";
  enterTerm(state, term);
  if (state.role !== "follower") takeRole(state, "follower");
  state.leader = leader;
  // A leader's counter meant something else.
  if (led) restartElectionTimer(state);
}

/** Asks whether an election could be won, without spending a term (dissertation 9.6). */
export function becomePreCandidate(state: RaftState): void {
  assert(state.role !== "leader", "a leader does not campaign");
  takeRole(state, "pre_candidate");
  state.leader = undefined;
  restartElectionTimer(state);
}

/** Begins an election: a new term, and the vote for itself (Raft, 5.2). */
export function becomeCandidate(state: RaftState): void {
  assert(state.role !== "leader", "a leader does not campaign");
  enterTerm(state, state.term + 1);
  takeRole(state, "candidate");
  state.leader = undefined;
  giveVote(state, state.id);
  restartElectionTimer(state);
}

/** Leads the term it was elected in. Every follower is owed a heartbeat at once (figure 2: "upon election"). */
export function becomeLeader(state: RaftState): void {
  assert(state.role === "candidate", "only a candidate is elected");
  takeRole(state, "leader");
  state.leader = state.id;
  state.heartbeatElapsed = 0;
  state.electionElapsed = 0;
  for (const voter of state.membership.voters) {
    if (voter !== state.id) state.progress.set(voter, newProgress(lastIndex(state.log)));
  }
  for (let i = state.log.entries.length - 1; i >= 0; i -= 1) {
    const entry = state.log.entries[i];
    if (entry === undefined || entry.index <= state.commit) break;
    state.uncommittedBytes += entryBytes(entry);
  }
}
