import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import { noTrace, type Trace } from "../base/trace.ts";
import { lastIndex, lastTerm, openLog } from "./log.ts";
import type { RaftOptions } from "./options.ts";
import { restartElectionTimer } from "./roles.ts";
import type { RaftState } from "./state.ts";
import type { Entry, HardState, LogIndex, Mark } from "./types.ts";

/** What a replica finds on its disk. A new one finds an empty mark with the group's first membership. */
export interface Restored {
  readonly hardState: HardState;
  readonly mark: Mark;
  /** Everything behind the mark. */
  readonly entries: readonly Entry[];
  /** What the state holds; at least the mark, at most the last entry. */
  readonly applied: LogIndex;
}

/** A replica's state at its start: a follower that knows what its disk does. `seed` decides the election timeouts. */
export function openState(id: ReplicaId, restored: Restored, options: RaftOptions, seed: number, trace: Trace = noTrace): RaftState {
  const { hardState, mark, entries, applied } = restored;
  const log = openLog(mark, entries);
  assert(applied >= mark.index && applied <= lastIndex(log), "what is applied lies between the mark and the end of the log");
  assert(lastTerm(log) <= hardState.term, "the log is not ahead of the term");
  const state: RaftState = {
    id,
    options,
    trace,
    random: seed >>> 0,
    term: hardState.term,
    vote: hardState.vote,
    role: "follower",
    leader: undefined,
    membership: mark.membership,
    log,
    commit: applied,
    applied,
    handedOut: applied,
    verified: 0,
    crowded: false,
    electionElapsed: 0,
    heartbeatElapsed: 0,
    electionTimeout: options.electionTicks,
    stalled: 0,
    preVote: undefined,
    votes: new Map(),
    progress: new Map(),
    transfer: undefined,
    uncommittedBytes: 0,
    round: 0,
    reads: [],
    nextWrite: 1,
    hardStateWrite: 0,
    persisted: 0,
    held: [],
    outbox: [],
    confirmedReads: [],
    droppedReads: [],
    offers: [],
  };
  restartElectionTimer(state);
  return state;
}
