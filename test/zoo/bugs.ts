import type { Bug, Patch } from "./plant.ts";

const model = "found by exploring a model of the asynchronous disk";

/** Harmless by itself: a new leader sends new entries ahead before it knows where the follower's log parts from its own. */
export const eagerLeader: Patch = {
  file: "raft/progress.ts",
  find: 'state: "probe",\n    match: 0',
  replace: 'state: "replicate",\n    match: 0',
};

/** Rules P1 to P7 of asynchronous persistence, each left out. */
export const persistenceBugs: readonly Bug[] = [
  {
    id: "p1-own-unsynced-entry",
    title: "P1, zoo 17: a leader counts its own entry before it is on its own disk",
    source: "etcd: a group of one acknowledged what a power cut then took",
    patches: [
      { file: "raft/leader.ts", find: "voter === state.id ? state.log.stable :", replace: "voter === state.id ? lastIndex(state.log) :" },
    ],
  },
  {
    id: "p1-vote-unsynced",
    title: "P1, zoo 1: a vote is told before it is on disk",
    source: "Raft, figure 2: stable storage is updated before responding",
    patches: [
      {
        file: "raft/election.ts",
        find: "sendDurable(state, voteReply(state, request.from, state.term, granted));",
        replace: "sendEarly(state, voteReply(state, request.from, state.term, granted));",
      },
    ],
  },
  {
    // As long as requests wait (P3), a candidate's own vote is on disk before anybody can answer: only both together do harm.
    id: "p1-own-vote-unsynced",
    title: "P1: a candidate asks for votes, and counts its own, before its own is on disk",
    source: model,
    patches: [
      {
        file: "raft/election.ts",
        find: "sendDurable(state, voteReply(state, state.id, state.term, true));",
        replace: "onVoteReply(state, voteReply(state, state.id, state.term, true));",
      },
      { file: "raft/election.ts", find: "sendAfterEverything(state, {", replace: "sendEarly(state, {" },
    ],
  },
  {
    // A new leader sends entries only after an answer of its term, before which the follower's older writes have finished: no
    // unfinished write holds anything that is taken back, unless leaders are as eager as this one.
    id: "p2-unfinished-write",
    title: "P2: a truncation leaves unfinished writes as they are, where new leaders send entries at once",
    source: model,
    patches: [
      { file: "raft/log.ts", find: "for (const write of log.writes) write.highest = Math.min(write.highest, from - 1);", replace: "" },
      eagerLeader,
    ],
  },
  {
    id: "p2-stable",
    title: "P2: a truncation leaves what counts as durable as it is",
    source: model,
    patches: [{ file: "raft/log.ts", find: "log.stable = Math.min(log.stable, from - 1);", replace: "" }],
  },
  {
    id: "p3-request-early",
    title: "P3: a vote request leaves before the log that it names, and the vote, are on disk",
    source: model,
    patches: [{ file: "raft/election.ts", find: "sendAfterEverything(state, {", replace: "sendEarly(state, {" }],
  },
  {
    id: "p4-late-reply",
    title: "P4, zoo 18: an append reply is stamped with the term in which it leaves",
    source: model,
    patches: [
      {
        file: "raft/outbox.ts",
        find: "else if (held.message.term === state.term) due.push(held.message);",
        replace:
          'else if (held.message.kind === "append_reply") due.push({ ...held.message, term: state.term });\n' +
          "    else if (held.message.term === state.term) due.push(held.message);",
      },
    ],
  },
  {
    id: "p5-duplicate",
    title: "P5: entries that an earlier write took are acknowledged at once, although that write is on its way",
    source: model,
    patches: [
      {
        file: "raft/outbox.ts",
        find: "writeThatHolds(state.log, index, state.nextWrite)",
        replace: "index <= state.log.written ? 0 : writeThatHolds(state.log, index, state.nextWrite)",
      },
    ],
  },
  {
    id: "p5-heartbeat",
    title: "P5: a heartbeat is answered at once with all that it matches, durable or not",
    source: model,
    patches: [
      { file: "raft/follower.ts", find: "Math.min(last, state.log.stable)", replace: "last" },
      {
        file: "raft/follower.ts",
        find: "sendWithLog(state, match, {\n    kind",
        replace: "sendWithLog(state, request.entries.length > 0 ? match : 0, {\n    kind",
      },
    ],
  },
  {
    id: "p6-heartbeat",
    title: "P6, zoo 6: a heartbeat commits whatever the follower's log holds",
    source: "Raft, figure 2: the minimum is with the index of the last new entry",
    patches: [
      {
        file: "raft/follower.ts",
        find: "commitTo(state, Math.min(request.commit, state.verified));",
        replace: "commitTo(state, request.commit);",
      },
    ],
  },
  {
    id: "p6-older-term",
    title: "P6: what an older term's leader matched bounds the commit index of this one",
    source: model,
    patches: [{ file: "raft/roles.ts", find: "state.verified = 0;", replace: "" }],
  },
  {
    id: "p7-one-write-at-a-time",
    title: "P7: a write waits for the one before it, and what it will hold is handed out meanwhile",
    source: model,
    patches: [
      {
        file: "raft/raft.ts",
        find: "if (!hardStateChanged && !hasUnwritten(log)) return undefined;",
        replace: "if (log.writes.length > 0 || (!hardStateChanged && !hasUnwritten(log))) return undefined;",
      },
      { file: "raft/raft.ts", find: 'assert(state.commit <= state.log.written, "what is handed out stands in a write");', replace: "" },
    ],
  },
];

/** All planted bugs. */
export const bugs: readonly Bug[] = [...persistenceBugs];
