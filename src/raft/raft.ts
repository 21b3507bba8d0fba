import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import { campaign, hearsLeader, onPreVote, onPreVoteReply, onVote, onVoteReply, tickPreVote } from "./election.ts";
import { onAppend, onSnapshot } from "./follower.ts";
import { advanceCommit, appendCommand, onAppendReply, owesAnything, replicate, ticksToLeaderDuty, tickLeader } from "./leader.ts";
import {
  compact,
  entriesWithin,
  firstIndex,
  hasUnwritten,
  lastIndex,
  lastTerm,
  stableAfter,
  termAt,
  writeDone,
  writeTaken,
} from "./log.ts";
import type { Message } from "./message.ts";
import { post, release, sendDurable } from "./outbox.ts";
import { refuse } from "./refusal.ts";
import type { Ready, Write } from "./ready.ts";
import { addRead, owesRound, startRound } from "./reads.ts";
import { becomeFollower, isPromotable } from "./roles.ts";
import type { RaftState, Role } from "./state.ts";
import { beginTransfer, onTimeoutNow, owesTimeoutNow, sendTimeoutNow } from "./transfer.ts";
import type { Entry, LogIndex, Term } from "./types.ts";

export type Proposal =
  | { readonly ok: true; readonly index: LogIndex; readonly term: Term }
  | { readonly ok: false; readonly why: "not_leader" | "overloaded"; readonly leader: ReplicaId | undefined };
export type ReadRequest =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: "not_leader" | "overloaded"; readonly leader: ReplicaId | undefined };

/** What a replica says of itself, copied at the moment of the call. */
export interface Status {
  readonly id: ReplicaId;
  readonly term: Term;
  readonly vote: ReplicaId | undefined;
  readonly role: Role;
  readonly leader: ReplicaId | undefined;
  readonly first: LogIndex;
  readonly last: LogIndex;
  readonly stable: LogIndex;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  /** The bytes of the retained log, in memory. */
  readonly logBytes: number;
  readonly unstableBytes: number;
  readonly uncommittedBytes: number;
}

/**
 * The consensus core of one replica: pure and synchronous. Inputs come in, `ready()` says what is owed; nothing in here waits,
 * sends or writes (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", figure 2 and sections 5 to 8).
 */
export class Raft {
  readonly #state: RaftState;

  /** Takes over `state`, which `openState` makes. */
  constructor(state: RaftState) {
    this.#state = state;
  }

  /** For those who look on: checkers, explorers. Only the core writes to it. */
  get state(): Readonly<RaftState> {
    return this.#state;
  }

  /** One tick of Raft's time has passed. */
  tick(): void {
    const state = this.#state;
    if (state.role === "leader") {
      tickLeader(state);
      return;
    }
    tickPreVote(state);
    state.electionElapsed += 1;
    if (state.electionElapsed >= state.electionTimeout && isPromotable(state)) campaign(state);
  }

  /**
   * Until which tick from now on nothing is due, so that a caller may sleep: 1 or more. It must say all ticks that have passed
   * before any other input, because other inputs look at the counters.
   */
  ticksToSleep(): number {
    const { role, electionElapsed, electionTimeout } = this.#state;
    return Math.max(1, role === "leader" ? ticksToLeaderDuty(this.#state) : electionTimeout - electionElapsed);
  }

  /** A message of another replica has arrived. What cannot be is refused with a trace and changes nothing. */
  step(message: Message): void {
    const state = this.#state;
    const refusal = refuse(state, message);
    if (refusal !== undefined) {
      state.trace(refusal, { from: message.from, term: message.term, kind: message.kind });
      return;
    }
    if (message.kind === "pre_vote") onPreVote(state, message);
    else if (message.kind === "pre_vote_reply" && message.granted) onPreVoteReply(state, message);
    else if (message.term < state.term) answerStale(state, message);
    else {
      if (message.term > state.term && !meetNewerTerm(state, message)) return;
      dispatch(state, message);
    }
  }

  /** A leader appends a command; it is committed, or lost, later. */
  propose(data: Uint8Array): Proposal {
    const state = this.#state;
    if (state.role !== "leader") return { ok: false, why: "not_leader", leader: state.leader };
    if (state.transfer !== undefined) return { ok: false, why: "not_leader", leader: state.transfer.to };
    if (isOverloaded(state)) return { ok: false, why: "overloaded", leader: state.leader };
    return { ok: true, index: appendCommand(state, data), term: state.term };
  }

  /** Asks from which index on the state may answer a read that begins now. `context` comes back in `reads` or `droppedReads`. */
  readIndex(context: number): ReadRequest {
    const state = this.#state;
    if (state.role !== "leader") return { ok: false, why: "not_leader", leader: state.leader };
    if (state.reads.length >= state.options.readsMax) return { ok: false, why: "overloaded", leader: state.leader };
    addRead(state, context);
    return { ok: true };
  }

  /**
   * Has `to` lead instead, if this replica leads and `to` is another member; whether that is so. No proposal is taken from here on. As soon
   * as `to` has the whole log, and all of it is committed, `to` campaigns. If it has not won within an election timeout, this replica
   * leads on as before (dissertation 3.10).
   */
  transfer(to: ReplicaId): boolean {
    return beginTransfer(this.#state, to);
  }

  /** Write `number`, and all before it, are durable. */
  persisted(number: number): void {
    const state = this.#state;
    assert(number > state.persisted && number < state.nextWrite, "writes finish once and in order");
    state.persisted = number;
    writeDone(state.log, number);
    state.stalled = 0;
    state.crowded = false;
    for (const message of release(state)) {
      if (message.to === state.id) this.step(message);
      else post(state, message);
    }
    advanceCommit(state);
  }

  /**
   * How far this replica will call its log durable in the present term when write `number` is: as a leader all of it, as a follower
   * what it shares with the leader; 0 when that write does not hold the term.
   */
  promisedAfter(number: number): LogIndex {
    const { role, log, commit, verified, hardStateWrite } = this.#state;
    if (hardStateWrite > number) return 0;
    const stable = stableAfter(log, number);
    return role === "leader" ? stable : Math.min(stable, Math.max(commit, verified));
  }

  /** The state holds everything up to `index`. */
  applied(index: LogIndex): void {
    const state = this.#state;
    assert(index >= state.applied && index <= state.handedOut, "what was handed out is applied in order");
    state.applied = index;
  }

  /** Forgets the log up to `index`, which the state holds durably. `chain` is the log store's hash there. */
  compact(index: LogIndex, chain: number): void {
    const state = this.#state;
    assert(index <= state.applied, "only what is applied is compacted");
    const term = termAt(state.log, index);
    assert(term !== undefined, "only retained entries are compacted");
    compact(state.log, { index, term, chain, membership: state.membership });
  }

  hasReady(): boolean {
    const state = this.#state;
    return (
      state.outbox.length > 0 ||
      state.hardStateWrite === state.nextWrite ||
      hasUnwritten(state.log) ||
      state.commit > state.handedOut ||
      state.confirmedReads.length > 0 ||
      state.droppedReads.length > 0 ||
      state.offers.length > 0 ||
      (state.role === "leader" && (owesRound(state) || owesAnything(state) || owesTimeoutNow(state)))
    );
  }

  /** The duties since the last call. */
  ready(): Ready {
    const state = this.#state;
    if (state.role === "leader") {
      startRound(state);
      replicate(state);
      sendTimeoutNow(state);
    }
    const write = takeWrite(state);
    const ready: Ready = {
      messages: state.outbox,
      write,
      committed: takeCommitted(state),
      reads: state.confirmedReads,
      droppedReads: state.droppedReads,
      offers: state.offers,
    };
    state.outbox = [];
    state.confirmedReads = [];
    state.droppedReads = [];
    state.offers = [];
    return ready;
  }

  status(): Status {
    const { id, term, vote, role, leader, log, commit, applied, uncommittedBytes } = this.#state;
    return {
      id,
      term,
      vote,
      role,
      leader,
      first: firstIndex(log),
      last: lastIndex(log),
      stable: log.stable,
      commit,
      applied,
      logBytes: log.bytes,
      unstableBytes: log.unstableBytes,
      uncommittedBytes,
    };
  }
}

/** Whether the leader holds all it may. The first entry of its term is always taken: without it nothing older is committed. */
function isOverloaded(state: RaftState): boolean {
  const { options, log } = state;
  const full = state.uncommittedBytes >= options.uncommittedBytesMax || log.unstableBytes >= options.unstableBytesMax;
  return full && lastTerm(log) === state.term;
}

/** A message of an older term: requests are answered with the newer one, so that their sender learns of it (Raft, 5.1). */
function answerStale(state: RaftState, message: Message): void {
  state.trace("raft: stale message", { from: message.from, term: message.term, kind: message.kind });
  const header = { from: state.id, to: message.from, term: state.term };
  if (message.kind === "vote") sendDurable(state, { kind: "vote_reply", ...header, granted: false });
  if (message.kind === "append" || message.kind === "snapshot") {
    sendDurable(state, { kind: "append_reply", ...header, round: 0, accepted: false, prevIndex: 0, hintIndex: 0, hintTerm: 0 });
  }
}

/** Steps into a newer term (figure 2: all servers); false when the message is to be ignored instead. */
function meetNewerTerm(state: RaftState, message: Message): boolean {
  if (message.kind === "vote" && !message.transfer && state.options.checkQuorum && hearsLeader(state)) {
    state.trace("raft: ignored a vote request, a leader is heard", { from: message.from, term: message.term });
    return false;
  }
  becomeFollower(state, message.term, undefined);
  return true;
}

/** A message of this term. */
function dispatch(state: RaftState, message: Exclude<Message, { kind: "pre_vote" }>): void {
  switch (message.kind) {
    case "pre_vote_reply":
      return onPreVoteReply(state, message);
    case "vote":
      return onVote(state, message);
    case "vote_reply":
      return onVoteReply(state, message);
    case "append":
      return onAppend(state, message);
    case "append_reply":
      return onAppendReply(state, message);
    case "snapshot":
      return onSnapshot(state, message);
    case "timeout_now":
      return onTimeoutNow(state, message);
  }
}

/** Everything the disk lacks, as one write. */
function takeWrite(state: RaftState): Write | undefined {
  const { log } = state;
  const hardStateChanged = state.hardStateWrite === state.nextWrite;
  if (!hardStateChanged && !hasUnwritten(log)) return undefined;
  const number = state.nextWrite;
  const entries = log.written < lastIndex(log) ? log.entries.slice(log.written - log.mark.index) : [];
  const write: Write = {
    number,
    hardState: { term: state.term, vote: state.vote },
    hardStateChanged,
    install: log.install,
    truncateFrom: log.truncatedFrom,
    entries,
  };
  writeTaken(log, number);
  state.nextWrite += 1;
  return write;
}

/** Rule P7: only entries that stand in this or an earlier write are handed out. */
function takeCommitted(state: RaftState): readonly Entry[] {
  if (state.commit <= state.handedOut) return [];
  assert(state.commit <= state.log.written, "what is handed out stands in a write");
  const entries = entriesWithin(state.log, state.handedOut + 1, state.commit, state.options.applyBytesMax, Number.MAX_SAFE_INTEGER);
  state.handedOut += entries.length;
  return entries;
}
