import type { Bug } from "./plant.ts";

const replica = "rsm/replica.ts";
const requests = "rsm/requests.ts";

/** Bugs of a replica with clients that are no rule of sessions: reads, answers, snapshots of sessions. */
export const clientBugs: readonly Bug[] = [
  {
    id: "e1-no-empty-entry",
    title: "a new leader logs nothing of its own",
    source: "Raft, section 8: a no-op at the start of the term",
    hunted: "clients",
    patches: [{ file: replica, find: "    this.member.propose(openingEntry(this.#stamp(), this.#options.sessions));\n", replace: "" }],
  },
  {
    id: "e2-read-without-a-round",
    title: "a query is answered by whoever thinks that it leads",
    source: "Raft, section 8; etcd-io/etcd#741: a read without a round",
    hunted: "clients",
    patches: [
      {
        file: "rsm/pump.ts",
        find: "      if (read.index > raft.state.applied) break;\n",
        replace: "",
      },
      {
        file: "raft/reads.ts",
        find: "(voter) => (voter === state.id ? state.round : (state.progress.get(voter)?.round ?? 0))",
        replace: "() => state.round",
      },
    ],
  },
  {
    id: "e4-sessions-not-shipped",
    title: "the sessions of a snapshot are dropped where it arrives",
    source: "MIT 6.824, lab 3B: duplicate detection must survive a snapshot",
    hunted: "clients",
    patches: [
      {
        file: "rsm/snapshot/snapshot-receiver.ts",
        find: "    const batch = rows.map(",
        replace: "    const batch = rows.filter(([key]) => key[0] !== 0x73).map(",
      },
    ],
  },
  {
    id: "e5-derived-not-rebuilt",
    title: "derived rows are not made again when a snapshot arrives",
    source: "derived rows are not shipped",
    hunted: "clients",
    patches: [
      {
        file: replica,
        find: "      if (row !== undefined) derived.push(",
        replace: "      if (row !== undefined && derived.length < 0) derived.push(",
      },
    ],
  },
  {
    id: "e6-applied-row-ahead",
    title: "the applied index goes to disk before the state",
    source: "etcd-io/etcd#13766: state and index apart",
    hunted: "clients",
    patches: [
      {
        file: "rsm/pump.ts",
        find: '    batch.push({ op: "put", key: keys.applied, value: encodeApplied({ index, term, chain: log.chainAt(index), generation }) });\n',
        replace:
          '    env.storage.write([{ op: "put", key: keys.applied, value: encodeApplied({ index, term, chain: log.chainAt(index), generation }) }], { sync: false });\n',
      },
    ],
  },
  {
    id: "e7-view-of-two-moments",
    title: "a query that reads for longer sees rows as they are when they are read",
    source: "one view for one query",
    hunted: "clients",
    patches: [
      { file: "rsm/state/views.ts", find: "    this.#open.add(view);", replace: "    if (view === undefined) this.#open.add(view);" },
    ],
  },
  {
    id: "e8-answered-by-place",
    title: "an answer goes to whoever waits for the place in the log, whatever stands there",
    source: "MIT 6.824, lab 3A: a waiting request must notice that another entry has taken its index",
    hunted: "clients",
    patches: [
      {
        file: requests,
        find: '    assert(waiting.term === entry.term, "what a leader waits for is what it has proposed");\n',
        replace: "",
      },
      {
        file: requests,
        find: '    for (const waiting of this.#proposals.takeAll()) this.#tell(waiting, { kind: "unknown" });\n',
        replace: "",
      },
      { file: replica, find: '    assert(this.#requests.logged === 0, "a leader\'s state is not replaced");\n', replace: "" },
      {
        file: "rsm/proposals.ts",
        find: '    assert(last === undefined || last.index < waiting.index, "what is proposed later stands later in the log");\n',
        replace: "    if (last !== undefined && last.index >= waiting.index) this.takeAll();\n",
      },
      { file: "rsm/proposals.ts", find: '    assert(waiting.index === index, "entries are applied in order");\n', replace: "" },
    ],
  },
];
