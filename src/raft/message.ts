import type { ReplicaId } from "../base/ids.ts";
import type { Entry, LogIndex, Mark, Term } from "./types.ts";

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  /** The sender's term when the message was computed; in a pre-vote and its grant, the term it would campaign in. */
  readonly term: Term;
}

/** "Would you vote for me?" - asked before a term is spent (Ongaro's dissertation, 9.6). Changes nothing at the receiver. */
export interface PreVote extends Envelope {
  readonly kind: "pre_vote";
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}
export interface PreVoteReply extends Envelope {
  readonly kind: "pre_vote_reply";
  readonly granted: boolean;
}

/** RequestVote of figure 2. */
export interface Vote extends Envelope {
  readonly kind: "vote";
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The leader itself has asked for this election: it is no reason to refuse that the leader is still heard (dissertation 4.2.3). */
  readonly transfer: boolean;
}
export interface VoteReply extends Envelope {
  readonly kind: "vote_reply";
  readonly granted: boolean;
}

/** AppendEntries of figure 2. Without entries it is a heartbeat and a probe: "do you have `prevIndex` as I have it?" */
export interface Append extends Envelope {
  readonly kind: "append";
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly commit: LogIndex;
  /** The leader's newest ReadIndex round; the reply repeats it. */
  readonly round: number;
  readonly entries: readonly Entry[];
}

/** The follower's log is durable and equal to the leader's up to `match`. */
export interface AppendAccepted extends Envelope {
  readonly kind: "append_reply";
  readonly accepted: true;
  readonly round: number;
  readonly match: LogIndex;
}

/**
 * The follower does not have `prevIndex` as the leader has it. All its entries up to `hintIndex` have terms of at most `hintTerm`,
 * the term of the entry there: the leader need not try a place between that it holds with a higher term.
 */
export interface AppendRejected extends Envelope {
  readonly kind: "append_reply";
  readonly accepted: false;
  readonly round: number;
  readonly prevIndex: LogIndex;
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}
export type AppendReply = AppendAccepted | AppendRejected;

/** InstallSnapshot of figure 13, by reference: the rows travel beside the core and are complete when it sees this. */
export interface InstallSnapshot extends Envelope {
  readonly kind: "snapshot";
  readonly mark: Mark;
}

/** "Campaign at once: you have everything, and I lead no more." - what a leader says to its successor (dissertation 3.10). */
export interface TimeoutNow extends Envelope {
  readonly kind: "timeout_now";
}

/** What replicas of one group say to each other. A snapshot is answered with an `append_reply`. */
export type Message = PreVote | PreVoteReply | Vote | VoteReply | Append | AppendReply | InstallSnapshot | TimeoutNow;

/** Whether the message asks: these are the labs' "RPCs", and the replies are their answers. */
export function isRequest(message: Message): boolean {
  return message.kind !== "append_reply" && message.kind !== "vote_reply" && message.kind !== "pre_vote_reply";
}
