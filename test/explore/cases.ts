import type { Bounds } from "./world.ts";

/** Bounds within which a core with all rules is safe, and one without any of the named rules is not. */
export interface Case {
  readonly name: string;
  readonly bounds: Bounds;
  /** Ids of planted bugs. */
  readonly bugs: readonly string[];
  /** Takes longer than a test should: only `run.ts` explores it. */
  readonly isLarge?: true;
}

/** One leader, nothing else: where a larger exploration begins from. */
export const smallest: Bounds = {
  terms: 1,
  campaigns: 1,
  proposals: 0,
  crashes: 0,
  stepDowns: 0,
  pump: "at_once",
  properties: "safety",
  start: [],
};

/** S0 leads term 1 by the vote of S1. */
export const leads: readonly string[] = [
  "S0 campaigns",
  "S0 has synced a write",
  "S0->S1 vote t1 last 0/0",
  "S1 has synced a write",
  "S1->S0 vote_reply t1 yes",
];
/** S1 has answered it, so that it is sent what comes. */
const follows = ["S0->S1 append t1 after 0/0: nothing commit 0", "S1->S0 append_reply t1 match 0"];
/** S2 as well. */
const bothFollow = [...follows, "S0->S2 append t1 after 0/0: nothing commit 0", "S2 has synced a write", "S2->S0 append_reply t1 match 0"];
/** S0 and S1 have an entry of term 1; on neither disk. */
const unsynced = [...leads, ...follows, "S0 appends a", "S0->S1 append t1 after 0/0: 1/1a commit 0"];
/** S0 has committed two entries that S1 has, and S2 does not have yet. */
const commitsTwo = [
  "S0 appends a",
  "S0 appends b",
  "S0->S1 append t1 after 0/0: 1/1a commit 0",
  "S0->S1 append t1 after 1/1: 2/1b commit 0",
  "S1 has synced a write",
  "S1 has synced a write",
  "S0 has synced a write",
  "S0 has synced a write",
  "S1->S0 append_reply t1 match 2",
];
/** S1 leads term 2 by the vote of S2. */
const overtakes = ["S1 campaigns", "S1 has synced a write", "S1->S2 vote t2 last 0/0", "S2 has synced a write", "S2->S1 vote_reply t2 yes"];

/** S0's entry of term 1 is on its disk alone, S1's of term 2 as well; then S0 leads term 3 by the vote of S2. */
const figure8 = [
  "S0 appends a",
  "S0 has synced a write",
  "lose",
  ...overtakes,
  "S1 appends b",
  "S1 has synced a write",
  "S1->S0 vote t2 last 0/0",
  "S0 campaigns",
  "S0 has synced a write",
  "S0 has synced a write",
  "S0->S2 vote t3 last 1/1",
  "S2 has synced a write",
  "S2->S0 vote_reply t3 yes",
];

export const cases: readonly Case[] = [
  {
    name: "one leader",
    bounds: { ...smallest, proposals: 1 },
    bugs: ["p1-own-unsynced-entry", "p5-duplicate", "p5-heartbeat", "z08-match-by-arithmetic"],
  },
  {
    name: "two campaigns in a term, a power cut",
    bounds: { ...smallest, campaigns: 2, crashes: 1 },
    bugs: ["p1-vote-unsynced", "p1-own-vote-unsynced", "p3-request-early", "z03-vote-forgotten"],
  },
  {
    name: "two entries are committed, a power cut",
    bounds: { ...smallest, proposals: 2, crashes: 1, start: [...leads, ...bothFollow, ...commitsTwo] },
    bugs: ["p7-one-write-at-a-time", "z05-truncate-always"],
  },
  {
    name: "the next leader overwrites an entry",
    bounds: { ...smallest, terms: 2, campaigns: 2, proposals: 2, start: [...leads, "S0 appends a", "lose", ...overtakes] },
    bugs: ["p2-unfinished-write", "p2-stable", "p6-heartbeat"],
  },
  {
    name: "an entry is lost with the leader's disk, and kept by a follower",
    bounds: {
      ...smallest,
      terms: 2,
      campaigns: 2,
      proposals: 2,
      crashes: 1,
      start: [...unsynced, "S0 crashes, 0 unfinished batches survive", "lose"],
    },
    bugs: ["p4-late-reply", "p6-older-term", "z07-stale-reply"],
  },
  {
    name: "a candidate may lose its entry",
    bounds: { ...smallest, terms: 2, campaigns: 3, proposals: 1, crashes: 1, start: [...unsynced, "lose"] },
    bugs: ["p3-request-early"],
    isLarge: true,
  },
  {
    name: "a leader of term 3 has an entry of term 1, and another member one of term 2 (figure 8)",
    bounds: { ...smallest, terms: 4, campaigns: 4, proposals: 2, start: [...leads, ...figure8, "lose"] },
    bugs: ["z04-figure-8"],
  },
  {
    name: "an older log is longer",
    bounds: {
      ...smallest,
      terms: 3,
      campaigns: 3,
      proposals: 3,
      start: [...leads, "S0 appends a", "S0 appends b", "lose", ...overtakes, "S1 appends c"],
    },
    bugs: ["z09-longest-log"],
    isLarge: true,
  },
];
