import type { Message } from "./message.ts";
import { writeThatHolds } from "./log.ts";
import type { Held, RaftState } from "./state.ts";
import type { LogIndex } from "./types.ts";

/** Sends a message that promises nothing of the disk. */
export function sendEarly(state: RaftState, message: Message): void {
  state.outbox.push(message);
}

/**
 * Sends a message that speaks for this replica in its term: it leaves when the term and vote are durable (figure 2: "before
 * responding to RPCs"). A message to itself, the own vote, comes back through `step` at that moment (rule P1).
 */
export function sendDurable(state: RaftState, message: Message): void {
  sendAfter(state, state.hardStateWrite, message);
}

/** Sends a message that also promises the log up to `index` (rule P5: whichever write brought it there). */
export function sendWithLog(state: RaftState, index: LogIndex, message: Message): void {
  sendAfter(state, Math.max(state.hardStateWrite, writeThatHolds(state.log, index, state.nextWrite)), message);
}

/** Sends a message that promises everything this replica has now: term, vote and every log row, written or not (rule P3). */
export function sendAfterEverything(state: RaftState, message: Message): void {
  sendAfter(state, state.nextWrite, message);
}

function sendAfter(state: RaftState, after: number, message: Message): void {
  if (after <= state.persisted && message.to !== state.id) {
    state.outbox.push(message);
    return;
  }
  const last = state.held[state.held.length - 1];
  if (last !== undefined && last.after === after && supersedes(message, last.message)) state.held.pop();
  state.held.push({ after, message });
}

/** Puts out what was held. Where several writes have finished, the answer to the last of them is often enough. */
export function post(state: RaftState, message: Message): void {
  const last = state.outbox[state.outbox.length - 1];
  if (last !== undefined && supersedes(message, last)) state.outbox.pop();
  state.outbox.push(message);
}

/** Whether `newer` says all that `older` says, so that one of them is enough. */
function supersedes(newer: Message, older: Message): boolean {
  if (newer.kind !== "append_reply" || older.kind !== "append_reply" || !newer.accepted || !older.accepted) return false;
  return newer.to === older.to && newer.term === older.term && newer.match >= older.match && newer.round >= older.round;
}

/**
 * Takes out of `held` what the finished writes have made true. What was computed in an older term is dropped (rule P4), and so is what
 * speaks of a log that a snapshot is about to replace: the answer to that says more.
 */
export function release(state: RaftState): Message[] {
  if (state.held.length === 0) return [];
  const due: Message[] = [];
  const waiting: Held[] = [];
  for (const held of state.held) {
    if (held.after > state.persisted) waiting.push(held);
    else if (isOfReplacedLog(state, held.message))
      state.trace("raft: dropped a reply about a log that is replaced", { to: held.message.to });
    else if (held.message.term === state.term) due.push(held.message);
    else state.trace("raft: dropped a reply computed in an older term", { to: held.message.to });
  }
  state.held = waiting;
  return due;
}

function isOfReplacedLog({ term, log }: RaftState, message: Message): boolean {
  return message.kind === "append_reply" && message.accepted && message.term === term && message.match > log.stable;
}
