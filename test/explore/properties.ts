import type { Facts } from "./facts.ts";
import type { Chosen, History } from "./history.ts";
import { size } from "./replica.ts";
import type { KnownReplica, Log } from "./table.ts";

/** A property of Raft that does not hold any more. */
export class Violation extends Error {}

function demand(condition: boolean, property: string): void {
  if (!condition) throw new Violation(property);
}

const quorum = Math.floor(size / 2) + 1;

/** Judges a step of member `node`, after which all are as in `members`. Gives what is to be remembered; throws a `Violation`. */
export function judged(history: History, facts: Facts, node: number, members: readonly KnownReplica[]): History {
  const now = members[node] as KnownReplica;
  let after = history;
  if (facts.won) after = withLeader(after, node, now);
  if (facts.commits) after = withChosen(after, now);
  if (facts.votes.length > 0) after = withVotes(after, node, facts);
  if (facts.log !== undefined) mindMatching(facts.log, members);
  if (facts.disk !== undefined) mindMatching(facts.disk, members);
  if (facts.disk !== undefined || after.chosen !== history.chosen) mindDurability(after, members);
  return after;
}

/** Election safety (figure 3): a term is won once, ever. Leader completeness: the winner has all that is committed. */
function withLeader(history: History, node: number, now: KnownReplica): History {
  demand(history.leaders[now.term] === -1, "election safety: a term was won twice");
  for (const [at, { entry, term }] of history.chosen.entries()) {
    demand(term >= now.term || now.log.entries[at] === entry, "leader completeness: a leader lacks a committed entry");
  }
  return { ...history, leaders: history.leaders.with(now.term, node) };
}

/** State machine safety (figure 3), across restarts: what anybody calls committed at an index is the same for everybody, always. */
function withChosen(history: History, now: KnownReplica): History {
  let chosen: Chosen[] | undefined;
  for (let at = 0; at < now.commit; at += 1) {
    const entry = now.log.entries[at];
    if (entry === undefined) throw new Violation("commit: a member calls committed what it does not have");
    const known = history.chosen[at];
    if (known !== undefined) demand(known.entry === entry, "state machine safety: two entries are committed at one index");
    else (chosen ??= [...history.chosen]).push({ entry, term: now.term });
  }
  return chosen === undefined ? history : { ...history, chosen };
}

/** One vote in a term, counting what is durable and what was told. */
function withVotes(history: History, node: number, facts: Facts): History {
  let votes = history.votes[node] as readonly number[];
  for (const { term, candidate } of facts.votes) {
    if (votes[term] === candidate) continue;
    demand(votes[term] === -1, "one vote: a member votes twice in a term");
    votes = votes.with(term, candidate);
  }
  return votes === history.votes[node] ? history : { ...history, votes: history.votes.with(node, votes) };
}

/** Log matching (figure 3), in memory and on disk. */
function mindMatching(log: Log, members: readonly KnownReplica[]): void {
  for (const other of members) {
    demand(match(log, other.log) && match(log, other.disk), "log matching: two logs agree behind a place where they differ");
  }
}

/** Where two logs hold entries of the same term at an index, they are the same up to there. */
function match(one: Log, other: Log): boolean {
  let differ = false;
  for (let at = 0; at < one.terms.length && at < other.terms.length; at += 1) {
    if (one.entries[at] !== other.entries[at]) differ = true;
    if (differ && one.terms[at] === other.terms[at]) return false;
  }
  return true;
}

/** Commit means durable: whatever is committed is on the disks of a quorum, now and always. */
function mindDurability({ chosen }: History, members: readonly KnownReplica[]): void {
  for (const [at, { entry }] of chosen.entries()) {
    let holders = 0;
    for (const { disk } of members) if (disk.entries[at] === entry) holders += 1;
    demand(holders >= quorum, "commit is durable: a committed entry is on the disks of fewer than a quorum");
  }
}
