import type { ReplicaId } from "../base/ids.ts";
import { startElection } from "./election.ts";
import { lastIndex } from "./log.ts";
import { isVoter } from "./membership.ts";
import type { TimeoutNow } from "./message.ts";
import { sendEarly } from "./outbox.ts";
import { isPromotable } from "./roles.ts";
import type { RaftState } from "./state.ts";

/** A leader begins to give its place to `to`; false when it does not lead, or `to` is no other member. Whoever was chosen before is not any more. */
export function beginTransfer(state: RaftState, to: ReplicaId): boolean {
  if (state.role !== "leader" || to === state.id || !isVoter(state.membership, to)) return false;
  if (state.transfer?.to === to) return true;
  state.trace("raft: gives its place to another", { to, term: state.term });
  state.transfer = { to, ticks: 0, told: false };
  return true;
}

/**
 * Whether the successor is to campaign now. It has everything, or it could not win; and everything is committed, so that nobody who
 * waits here is left without an answer.
 */
export function owesTimeoutNow({ transfer, progress, commit, log }: RaftState): boolean {
  if (transfer === undefined || transfer.told) return false;
  const last = lastIndex(log);
  return commit === last && progress.get(transfer.to)?.match === last;
}

/** Tells the successor to campaign, once, as soon as it may. */
export function sendTimeoutNow(state: RaftState): void {
  const { transfer, id, term } = state;
  if (transfer === undefined || !owesTimeoutNow(state)) return;
  transfer.told = true;
  sendEarly(state, { kind: "timeout_now", from: id, to: transfer.to, term });
}

/** Who has not taken over within an election timeout is not waited for. */
export function tickTransfer(state: RaftState): void {
  if (state.transfer === undefined) return;
  state.transfer.ticks += 1;
  if (state.transfer.ticks < state.options.electionTicks) return;
  state.trace("raft: its successor does not take over, and it leads on", { to: state.transfer.to, term: state.term });
  state.transfer = undefined;
}

/** The leader of this term wants to be replaced: a campaign without a pre-vote, which would be refused for the leader's sake. */
export function onTimeoutNow(state: RaftState, { from }: TimeoutNow): void {
  if (!isPromotable(state)) return;
  state.trace("raft: campaigns because its leader asks for it", { leader: from, term: state.term });
  startElection(state, true);
}

/** Whom a leader should choose: followers that were heard of lately first, and of these whoever has most of the log. */
export function successors({ progress }: RaftState): ReplicaId[] {
  return [...progress]
    .toSorted(([a, one], [b, other]) => Number(other.active) - Number(one.active) || other.match - one.match || a - b)
    .map(([id]) => id);
}
