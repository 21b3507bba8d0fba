import { smallest } from "./cases.ts";
import type { Bounds } from "./world.ts";

/** A way to a violation that takes too many states to be found in every test run; it is only followed again. */
export interface Recorded {
  readonly bug: string;
  readonly name: string;
  readonly bounds: Bounds;
  readonly property: string;
  readonly lines: readonly string[];
}

export const recorded: readonly Recorded[] = [
  {
    bug: "p3-request-early",
    name: "an old vote request elects a candidate that has lost a committed entry since",
    bounds: { ...smallest, terms: 2, campaigns: 3, proposals: 1, crashes: 1 },
    property: "leader completeness: a leader lacks a committed entry",
    lines: [
      "S0 campaigns",
      "S0 has synced a write",
      "S0->S1 vote t1 last 0/0",
      "S1 has synced a write",
      "S1->S0 vote_reply t1 yes",
      "S0->S1 append t1 after 0/0: nothing commit 0",
      "S1->S0 append_reply t1 match 0",
      "S0 appends a",
      "S0->S1 append t1 after 0/0: 1/1a commit 0",
      "S1 campaigns",
      "S1 crashes, 0 unfinished batches survive",
      "S0 has synced a write",
      "S0->S2 append t1 after 0/0: nothing commit 0",
      "S2 has synced a write",
      "S2->S0 append_reply t1 match 0",
      "S0->S2 append t1 after 0/0: 1/1a commit 0",
      "S2 has synced a write",
      "S2->S0 append_reply t1 match 1",
      "S1 campaigns",
      "S1 has synced a write",
      "S1->S0 vote t2 last 1/1",
      "S0 has synced a write",
      "S0->S1 vote_reply t2 yes",
    ],
  },
  {
    bug: "z09-longest-log",
    name: "a longer log of an older term wins",
    bounds: { ...smallest, terms: 3, campaigns: 3, proposals: 3 },
    property: "leader completeness: a leader lacks a committed entry",
    lines: [
      "S0 campaigns",
      "S0 has synced a write",
      "S0->S1 vote t1 last 0/0",
      "S1 has synced a write",
      "S1->S0 vote_reply t1 yes",
      "S0 appends a",
      "S0 appends b",
      "S1 campaigns",
      "S1 has synced a write",
      "S1->S2 vote t2 last 0/0",
      "S2 has synced a write",
      "S2->S1 vote_reply t2 yes",
      "S1 appends c",
      "S1->S0 append t2 after 0/0: nothing commit 0",
      "S0 has synced a write",
      "S1->S2 append t2 after 0/0: nothing commit 0",
      "S0 has synced a write",
      "S2->S1 append_reply t2 match 0",
      "S0 has synced a write",
      "S1->S2 append t2 after 0/0: 1/2c commit 0",
      "S0 campaigns",
      "S2 has synced a write",
      "S0 has synced a write",
      "S0->S2 vote t3 last 2/1",
      "S2 has synced a write",
      "S1 has synced a write",
      "S2->S1 append_reply t2 match 1",
      "S2->S0 vote_reply t3 yes",
    ],
  },
];
