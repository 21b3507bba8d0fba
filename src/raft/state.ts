import type { ReplicaId } from "../base/ids.ts";
import type { Trace } from "../base/trace.ts";
import type { Log } from "./log.ts";
import type { Message } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import type { ReadState } from "./ready.ts";
import type { LogIndex, Membership, Term } from "./types.ts";

export type Role = "follower" | "pre_candidate" | "candidate" | "leader";

/** A message that promises something of the disk and waits for the write that makes it true. */
export interface Held {
  /** The number of that write. */
  readonly after: number;
  readonly message: Message;
}

/** A read and the round that will confirm it; 0 while no round has been started for it. */
export interface WaitingRead {
  readonly context: number;
  round: number;
  /** The commit index when its round began. */
  index: LogIndex;
}

/** A pre-vote is given to one candidate in a term; it lapses, so that one who does not win holds nobody up. */
export interface PreVoteGiven {
  readonly to: ReplicaId;
  readonly term: Term;
  ticks: number;
}

/** A leader on its way out (dissertation 3.10). */
export interface Transfer {
  /** Who is to lead. */
  readonly to: ReplicaId;
  /** Ticks since it began. */
  ticks: number;
  /** Whether `to` has been told to campaign. */
  told: boolean;
}

/** Everything a replica's core knows. Plain data, so that it can be copied and compared; only `raft/` writes to it. */
export interface RaftState {
  readonly id: ReplicaId;
  readonly options: RaftOptions;
  readonly trace: Trace;
  /** The next draw of the election timeout. */
  random: number;

  term: Term;
  vote: ReplicaId | undefined;
  role: Role;
  /** Who leads this term, as far as this replica knows. */
  leader: ReplicaId | undefined;
  membership: Membership;
  log: Log;
  /** Committed up to here; only rises. */
  commit: LogIndex;
  /** In the state up to here: `applied <= handedOut <= commit`. */
  applied: LogIndex;
  /** Given to the caller to apply. */
  handedOut: LogIndex;
  /** A follower's log is the leader's of this term up to here: what bounds its commit index (rule P6). */
  verified: LogIndex;
  /** A follower has dropped an append for lack of room since a write was last finished. */
  crowded: boolean;

  /** Ticks since the leader was heard, a vote granted or an election begun; a leader's: since it last looked at its quorum. */
  electionElapsed: number;
  heartbeatElapsed: number;
  /** The election timeout drawn this time. */
  electionTimeout: number;
  /** Ticks a leader's own disk has stood still while a quorum's are ahead of it. */
  stalled: number;
  /** The pre-vote given last, for as long as it keeps others of that term from being given one. */
  preVote: PreVoteGiven | undefined;
  /** A candidate's answers. */
  votes: Map<ReplicaId, boolean>;
  /** A leader's followers. */
  progress: Map<ReplicaId, Progress>;
  /** A leader's, while it gives its place to another. */
  transfer: Transfer | undefined;
  /** A leader's entries beyond the commit index count for so much. */
  uncommittedBytes: number;

  /** The newest read round of this term. */
  round: number;
  reads: WaitingRead[];

  /** The write that the next `ready()` would take has this number. */
  nextWrite: number;
  /** The write that first holds the present term and vote; `nextWrite` while none was taken. */
  hardStateWrite: number;
  /** All writes up to this one are durable. */
  persisted: number;
  held: Held[];

  /** What the next `ready()` gives out. */
  outbox: Message[];
  confirmedReads: ReadState[];
  droppedReads: number[];
  offers: ReplicaId[];
}
