import { replicaId } from "../../src/base/ids.ts";
import type {
  Append,
  AppendAccepted,
  AppendRejected,
  InstallSnapshot,
  Message,
  PreVote,
  TimeoutNow,
  Vote,
  VoteReply,
} from "../../src/raft/message.ts";
import { membership } from "../../src/raft/membership.ts";
import type { RaftOptions } from "../../src/raft/options.ts";
import type { Entry, HardState, LogIndex, Term } from "../../src/raft/types.ts";
import { Cluster } from "./cluster.ts";
import { emptyImage } from "./disk.ts";

/** The messages that are on their way, taken off it. */
export function sent(cluster: Cluster): Message[] {
  return cluster.network.splice(0).map(({ message }) => message);
}

/** A group with leader 1, at rest; nothing is in its logs. */
export function elected(ids: readonly number[] = [1, 2, 3], options: Partial<RaftOptions> = {}): Cluster {
  const cluster = new Cluster(ids, options);
  campaign(cluster, 1);
  cluster.stabilize();
  return cluster;
}

/** Replica 1 of a group whose others are played by the test: no checker looks on, so that they may say anything. */
export function alone(terms: readonly Term[] = [], hardState: Partial<HardState> = {}, options: Partial<RaftOptions> = {}): Cluster {
  return aloneOf([1, 2, 3], terms, hardState, options);
}

export function aloneOf(
  ids: readonly number[],
  terms: readonly Term[],
  hardState: Partial<HardState> = {},
  options: Partial<RaftOptions> = {},
): Cluster {
  const cluster = new Cluster(ids, options, false);
  const image = emptyImage(membership(ids.map((id) => replicaId(id))));
  image.hardState = { term: terms.at(-1) ?? 0, vote: undefined, ...hardState };
  image.entries = entriesOf(1, terms);
  cluster.replaceImage(1, image);
  return cluster;
}

/** Entries of these terms from `first` on; index and term decide the data. */
export function entriesOf(first: LogIndex, terms: readonly Term[]): Entry[] {
  return terms.map((term, i) => ({ index: first + i, term, data: Buffer.from(`${first + i}/${term}`) }));
}

/** The terms of a replica's log, from its first retained entry on. */
export function termsOf(cluster: Cluster, id: number): Term[] {
  return cluster.raft(id).state.log.entries.map(({ term }) => term);
}

/** Lets a follower wait until it begins an election. */
export function campaign(cluster: Cluster, id: number): void {
  cluster.tick(id, cluster.raft(id).ticksToSleep());
}

/** Makes replica 1, played `alone`, the leader of the next term; what it said to get there is gone. */
export function lead(cluster: Cluster): void {
  campaign(cluster, 1);
  const { term } = cluster.raft(1).state;
  const others = cluster.raft(1).state.membership.voters.filter((voter) => voter !== 1);
  for (const from of others) cluster.step({ kind: "pre_vote_reply", from, to: replicaId(1), term: term + 1, granted: true });
  for (const from of others) cluster.step(voteReply(from, term + 1, true));
  cluster.network.length = 0;
}

/** Lets so much time pass at `ids` that they no longer hear a leader; their own campaigns reach nobody. */
export function lapse(cluster: Cluster, ...ids: readonly number[]): void {
  const before = cluster.network.length;
  for (const id of ids) cluster.tick(id, cluster.options.electionTicks);
  cluster.network.length = before;
}

const to = replicaId(1);

export function preVote(from: number, term: Term, lastIndex: LogIndex, lastTerm: Term): PreVote {
  return { kind: "pre_vote", from: replicaId(from), to, term, lastIndex, lastTerm };
}

export function vote(from: number, term: Term, lastIndex: LogIndex, lastTerm: Term, transfer = false): Vote {
  return { kind: "vote", from: replicaId(from), to, term, lastIndex, lastTerm, transfer };
}

export function timeoutNow(from: number, term: Term): TimeoutNow {
  return { kind: "timeout_now", from: replicaId(from), to, term };
}

export function voteReply(from: number, term: Term, granted: boolean): VoteReply {
  return { kind: "vote_reply", from: replicaId(from), to, term, granted };
}

/** An append of entries with these terms behind `prevIndex`/`prevTerm`. */
export function append(
  from: number,
  term: Term,
  [prevIndex, prevTerm]: readonly [LogIndex, Term],
  terms: readonly Term[],
  commit = 0,
): Append {
  const entries = entriesOf(prevIndex + 1, terms);
  return { kind: "append", from: replicaId(from), to, term, prevIndex, prevTerm, commit, round: 0, entries };
}

export function accepted(from: number, term: Term, match: LogIndex, round = 0): AppendAccepted {
  return { kind: "append_reply", from: replicaId(from), to, term, round, accepted: true, match };
}

export function rejected(from: number, term: Term, prevIndex: LogIndex, hintIndex: LogIndex, hintTerm: Term): AppendRejected {
  return { kind: "append_reply", from: replicaId(from), to, term, round: 0, accepted: false, prevIndex, hintIndex, hintTerm };
}

export function snapshot(from: number, term: Term, index: LogIndex, markTerm: Term): InstallSnapshot {
  const mark = { index, term: markTerm, chain: 0, membership: membership([1, 2, 3].map((id) => replicaId(id))) };
  return { kind: "snapshot", from: replicaId(from), to, term, mark };
}
