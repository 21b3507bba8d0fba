import type { Bug } from "./plant.ts";

const replica = "rsm/replica.ts";
const requests = "rsm/requests.ts";
const sessions = "rsm/session/sessions.ts";
const row = "rsm/session/session-row.ts";

/** Bugs of a whole group with clients, which only show in what clients see, or in states after crashes and snapshots. */
export const storeBugs: readonly Bug[] = [
  {
    id: "z15-snapshot-without-sessions",
    title: "zoo 15: a snapshot leaves the session rows out",
    source: "MIT 6.824, lab 3B: duplicate detection must survive a snapshot",
    hunted: "store",
    patches: [
      {
        file: "rsm/snapshot/snapshot-reader.ts",
        find: "        found.map(({ key, value }): StateRow => [key.subarray(stateKeyOffset), value]),",
        replace:
          "        found.map(({ key, value }): StateRow => [key.subarray(stateKeyOffset), value]).filter(([key]) => key[0] !== 0x73),",
      },
    ],
  },
  {
    id: "z16-applied-apart",
    title: "zoo 16: the applied index is written after the state that it belongs to, in a batch of its own",
    source: "etcd-io/etcd#13766: state and index apart",
    hunted: "store",
    patches: [
      {
        file: "rsm/pump.ts",
        find: '    batch.push({ op: "put", key: keys.applied, value: encodeApplied({ index, term, chain: log.chainAt(index), generation }) });\n    env.storage.write(batch, { sync: false }, () => {',
        replace:
          '    env.storage.write(batch, { sync: false });\n    const own: WriteOp[] = [{ op: "put", key: keys.applied, value: encodeApplied({ index, term, chain: log.chainAt(index), generation }) }];\n    env.storage.write(own, { sync: false }, () => {',
      },
    ],
  },
  {
    id: "z23-lease-read",
    title: "zoo 23: a leader answers reads as long as it has not noticed that it leads no more",
    source: "SOFAJRaft#34, TiKV#964: a lease read after a pause",
    hunted: "store",
    patches: [
      {
        file: "raft/reads.ts",
        find: "(voter) => (voter === state.id ? state.round : (state.progress.get(voter)?.round ?? 0))",
        replace: "() => state.round",
      },
    ],
  },
  {
    id: "z24-read-after-restart",
    title: "zoo 24: a replica that has just started, and knows of no leader, answers reads from the state that it has found",
    source: "etcd-io/etcd#3879: reads are served on restart before the log is replayed",
    hunted: "store",
    patches: [
      {
        file: replica,
        find: "{ readIndex: (context) => this.member.readIndex(context), answers",
        replace:
          "{ readIndex: (context) => {\n      const read = this.member.readIndex(context);\n      if (read.ok || read.leader !== undefined || this.#views === undefined) return read;\n      env.clock.after(0, () => this.readReady(context));\n      return { ok: true };\n    }, answers",
      },
    ],
  },
  {
    id: "z25-dedup-at-propose",
    title: "zoo 25: a leader remembers what it has answered, and whoever applies looks at nothing",
    source: "Raft, section 8: the state machine tracks the latest serial number",
    hunted: "store",
    patches: [
      {
        file: requests,
        find: "  readonly #proposals: Proposals;\n",
        replace: "  readonly #proposals: Proposals;\n  readonly #remembered = new Map<string, Answer>();\n",
      },
      {
        file: requests,
        find: "    const same = this.#proposals.named(name);\n",
        replace:
          "    const remembered = this.#remembered.get(name);\n    if (remembered !== undefined) {\n      this.#deps.answers.add(from, call, remembered);\n      return undefined;\n    }\n    const same = this.#proposals.named(name);\n",
      },
      {
        file: requests,
        find: "    if (waiting === undefined) return;\n",
        replace:
          "    if (waiting === undefined) return;\n    if (applied instanceof Uint8Array) this.#remembered.set(waiting.name, answerOf(applied));\n",
      },
      {
        file: sessions,
        find: "    if (stored !== undefined) return stored ?? lost;\n",
        replace: "    if (stored === null) return lost;\n",
      },
      { file: row, find: "number >= this.#floor && this.#numbers[at] !== number", replace: "number >= this.#floor" },
      {
        file: row,
        find: "insert(this.#numbers, at, number);",
        replace: "if (this.#numbers[at] === number) return;\n    insert(this.#numbers, at, number);",
      },
    ],
  },
  {
    id: "z25-newest-done-again",
    title: "zoo 25: the newest command of a session is done again when it comes again: `>` in place of `>=`",
    source: "Students' guide to Raft: duplicate detection",
    hunted: "store",
    patches: [
      {
        file: sessions,
        find: "const stored = row?.resultOf(number);",
        replace: "const stored = row?.isNewest(number) === true ? undefined : row?.resultOf(number);",
      },
      {
        file: row,
        find: "  encode(): Uint8Array {",
        replace:
          "  isNewest(number: number): boolean {\n    return this.#numbers[this.#numbers.length - 1] === number;\n  }\n\n  encode(): Uint8Array {",
      },
      { file: row, find: "number >= this.#floor && this.#numbers[at] !== number", replace: "number >= this.#floor" },
      {
        file: row,
        find: "insert(this.#numbers, at, number);",
        replace: "if (this.#numbers[at] === number) return;\n    insert(this.#numbers, at, number);",
      },
    ],
  },
  {
    id: "z30-write-error-swallowed",
    title: "zoo 30: a write that fails is reported as done, and the process goes on",
    source: "LevelDB after a full disk: 200 of 200 later writes were acknowledged and lost",
    hunted: "store",
    patches: [
      {
        file: "sim/disk/session.ts",
        find: "    if (failure !== undefined || disk.full) return onFatal(failure ?? diskFull());\n",
        replace:
          "    if (failure !== undefined) {\n      const gone = this.#handed;\n      this.#handed = [];\n      this.#kept = 0;\n      return owner.enter({ run: () => this.#report(gone) });\n    }\n    if (disk.full) return onFatal(diskFull());\n",
      },
    ],
  },
  {
    id: "k1-result-dropped-early",
    title: "the result of the lowest number that a client waits for is dropped with those below it",
    source: "rule S5: a number at or above the floor is never forgotten",
    hunted: "store",
    patches: [
      {
        file: row,
        find: "    const gone = this.#placeOf(floor);\n    this.#floor = floor;",
        replace: "    const gone = this.#placeOf(floor + 1);\n    this.#floor = floor;",
      },
    ],
  },
  {
    id: "k2-read-at-stale-index",
    title: "a query reads the state as it was when it was asked, and is answered when the leadership is confirmed",
    source: "dissertation, 6.4: a new leader's state may lack what was acknowledged before",
    hunted: "store",
    patches: [
      {
        file: replica,
        find: "    return this.#readings.ask(from, call.id, (view, reply) => this.#machine.query(query.value, view, reply), isLong);\n",
        replace:
          "    const early = this.#views?.make();\n    if (early !== undefined) this.#views?.keepOpen(early);\n    return this.#readings.ask(from, call.id, (view, reply) => this.#machine.query(query.value, early ?? view, reply), isLong);\n",
      },
    ],
  },
  {
    id: "k3-session-expired-too-soon",
    title: "a session lives as long as its first command is valid, whatever comes later",
    source: "rule S4: a row is dropped when its largest validity has passed",
    hunted: "store",
    patches: [
      {
        file: row,
        find: "this.#validUntil = Math.max(this.#validUntil, validUntil);",
        replace: "if (this.#validUntil === 0) this.#validUntil = validUntil;",
      },
    ],
  },
  {
    id: "k4-call-ids-again",
    title: "every client counts its calls from 1: an answer to an earlier life finds a call of the present one",
    source: "etcd-io/etcd#20418: ids of requests used again",
    hunted: "store",
    patches: [{ file: "rsm/caller/group-client.ts", find: "this.#nextId = env.rng.int(0, 2 ** 52);", replace: "this.#nextId = 1;" }],
  },
];
