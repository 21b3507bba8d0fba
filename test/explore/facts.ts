import type { Message } from "../../src/raft/message.ts";
import type { KnownReplica, Log } from "./table.ts";

/** What is to be judged of one step of one member, known from the step alone. */
export interface Facts {
  /** It became the leader of its term. */
  readonly won: boolean;
  /** Its commit index, or a log that has committed entries, is another. */
  readonly commits: boolean;
  /** Its log in memory, its log on disk, is another. */
  readonly log: Log | undefined;
  readonly disk: Log | undefined;
  /** Votes that are durable now, counted or told, by term. */
  readonly votes: readonly Vote[];
  /** What a message promises of the disk although it is not so. */
  readonly brokenPromise: string | undefined;
}

interface Vote {
  readonly term: number;
  readonly candidate: number;
}

export const noFacts: Facts = { won: false, commits: false, log: undefined, disk: undefined, votes: [], brokenPromise: undefined };

export function factsOf(before: KnownReplica, now: KnownReplica, sent: readonly Message[]): Facts {
  const won = now.role === "leader" && (before.role !== "leader" || before.term !== now.term);
  return {
    won,
    commits: now.commit > 0 && (now.commit !== before.commit || now.log !== before.log),
    log: now.log === before.log ? undefined : now.log,
    disk: now.disk === before.disk ? undefined : now.disk,
    votes: votesOf(now, sent),
    brokenPromise: sent.map((message) => brokenPromise(now, message)).find((broken) => broken !== undefined) ?? brokenVote(won, now),
  };
}

function votesOf({ replica: { raft, disk }, role }: KnownReplica, sent: readonly Message[]): Vote[] {
  const votes: Vote[] = [];
  if (disk.vote !== undefined) votes.push({ term: disk.term, candidate: disk.vote });
  if (role === "leader") votes.push({ term: raft.term, candidate: raft.id });
  for (const message of sent) {
    if (message.kind === "vote_reply" && message.granted) votes.push({ term: message.term, candidate: message.to });
  }
  return votes;
}

/** What `message`, which leaves now, says of the disk although it is not so. */
function brokenPromise({ log, disk, replica }: KnownReplica, message: Message): string | undefined {
  if (message.term > replica.disk.term) return "a member tells of a term that is not durable";
  if (message.kind === "vote_reply" && message.granted) {
    const durable = replica.disk.term > message.term || replica.disk.vote === message.to;
    return durable ? undefined : "a vote is told that is not durable";
  }
  if (message.kind !== "append_reply" || !message.accepted) return undefined;
  const told = log.entries.slice(0, message.match);
  const durable = told.length === message.match && told.every((entry, at) => entry === disk.entries[at]);
  return durable ? undefined : "an entry is acknowledged that is not durable";
}

function brokenVote(won: boolean, { replica: { raft, disk } }: KnownReplica): string | undefined {
  return won && !(disk.term === raft.term && disk.vote === raft.id) ? "an own vote is counted that is not durable" : undefined;
}
