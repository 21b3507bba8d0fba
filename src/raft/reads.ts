import { quorumIndex } from "./membership.ts";
import type { RaftState } from "./state.ts";
import { termAt } from "./log.ts";

/** A read waits at the leader for a round that begins after it (dissertation 6.4). */
export function addRead(state: RaftState, context: number): void {
  state.reads.push({ context, round: 0, index: 0 });
}

/** Whether the leader has committed in its own term: before that, its commit index may be older than what was answered. */
function hasCommittedInTerm(state: RaftState): boolean {
  return termAt(state.log, state.commit) === state.term;
}

/** Whether `startRound` would begin one. */
export function owesRound(state: RaftState): boolean {
  const first = state.reads[0];
  return first !== undefined && first.round === 0 && hasCommittedInTerm(state);
}

/**
 * Begins one round for all reads that have none yet, unless a round is on its way: they join the next. A round asks every
 * follower whether this is still the leader; its reads see the commit index of its beginning.
 */
export function startRound(state: RaftState): void {
  if (!owesRound(state)) return;
  state.round += 1;
  for (const read of state.reads) {
    read.round = state.round;
    read.index = state.commit;
  }
  for (const progress of state.progress.values()) progress.due = true;
  confirmReads(state);
}

/** Gives out the reads whose round a quorum has answered. */
export function confirmReads(state: RaftState): void {
  const confirmed = quorumIndex(state.membership, (voter) => (voter === state.id ? state.round : (state.progress.get(voter)?.round ?? 0)));
  let done = 0;
  for (const read of state.reads) {
    if (read.round === 0 || read.round > confirmed) break;
    state.confirmedReads.push({ context: read.context, index: read.index });
    done += 1;
  }
  if (done > 0) state.reads.splice(0, done);
}
