import type { Bug } from "./plant.ts";

const machine = "shardkv/kv-machine.ts";
const arrive = "shardkv/migration/arrive.ts";
const sessions = "rsm/session/sessions.ts";

/** Bugs of a whole cluster, which only show where shards move between groups while clients go on. */
export const shardedBugs: readonly Bug[] = [
  {
    id: "w1-sessions-merged",
    title: "sessions that arrive replace, one by one, those of an older copy of the shard",
    source: "rules of migration: rows of two copies never mix",
    hunted: "cluster",
    patches: [
      {
        file: "shardkv/rows.ts",
        find: "putHead(prefix, kinds.session, shard, epoch);",
        replace: "putHead(prefix, kinds.session, shard, 1);",
      },
    ],
  },
  {
    id: "w2-chunk-over-newer-data",
    title: "a page that comes again when its shard is served already overwrites what has been written since",
    source: "MIT 6.5840, lab 5: an install is idempotent, and fenced by its configuration",
    hunted: "cluster",
    patches: [
      {
        file: arrive,
        find: "  if (arrival === undefined || !equalBytes(arrival.cursor, body.start)) return 0;\n",
        replace:
          '  if (arrival === undefined && before.home?.phase === "serving" && before.home.epoch === since) putRows(ledger.state, shard, since, body);\n  if (arrival === undefined || !equalBytes(arrival.cursor, body.start)) return 0;\n',
      },
      {
        file: "shardkv/leader/proposed.ts",
        find: "  has(name: string): boolean {\n    return this.#waiting.has(name);",
        replace: '  has(name: string): boolean {\n    return !name.startsWith("chunk") && this.#waiting.has(name);',
      },
      {
        // Harmless by itself: who has proposed a page asks for it again before it can be applied.
        file: "shardkv/migrator.ts",
        find: "if (commands.length > 0) return isLogged.every(Boolean) ? followedMs : pollMs;",
        replace: "if (commands.length > 0) return isLogged.every(Boolean) ? 1 : pollMs;",
      },
    ],
  },
  {
    id: "w3-served-too-early",
    title: "a shard is served as soon as its first page has arrived",
    source: "MIT 6.5840, lab 5, challenge 2, done wrong",
    hunted: "cluster",
    patches: [
      {
        file: arrive,
        find: "    ledger.change(shard, before, { ...before, arrivals });\n  } else {",
        replace:
          '    const home: ShardRecord["home"] = arrival.taken === undefined ? { phase: "serving", epoch: since, timeOffset: 0, versionFloor: 0 } : before.home;\n    ledger.change(shard, before, { ...before, arrivals, home });\n  } else {',
      },
    ],
  },
  {
    id: "w4-ownership-at-arrival",
    title: "zoo 27: whether a shard is served is seen when a request arrives, and not again when it is applied",
    source: "MIT 6.5840, lab 5: the check belongs where the log is applied",
    hunted: "cluster",
    patches: [
      {
        file: machine,
        find: '    const row = servingOf(shard, state, ownership);\n    if ("why" in row) return this.#refused(row);\n',
        replace:
          '    const found = servingOf(shard, state, ownership);\n    const row = "why" in found && "put" in state ? (frozenOf(shard, state) ?? found) : found;\n    if ("why" in row) return this.#refused(row);\n',
      },
      {
        file: machine,
        find: "    const serving = servingOf(shard, state, this.options.ownership);\n    assert(",
        replace:
          '    const now = servingOf(shard, state, this.options.ownership);\n    const serving = "why" in now ? (frozenOf(shard, state) ?? now) : now;\n    assert(',
      },
      {
        file: machine,
        find: 'import { servingOf } from "./served.ts";\n',
        replace:
          'import { servingOf } from "./served.ts";\nimport { readMoves } from "./migration/ledger.ts";\nimport type { Serving } from "./shard-row.ts";\n\nfunction frozenOf(shard: Shard, state: StateReader): Serving | undefined {\n  const parcel = readMoves(shard, state).parcels.at(-1);\n  return parcel && { phase: "serving", epoch: parcel.epoch, timeOffset: 0, versionFloor: parcel.versionFloor };\n}\n',
      },
      {
        file: "rsm/replica.ts",
        find: "      refuse: (entry) => refuseEntry(machine, entry),\n",
        replace:
          '      refuse: (entry) => {\n        const malformed = refuseEntry(machine, entry);\n        if (malformed !== undefined) return malformed;\n        const logged = decodeEntry(entry);\n        const home = logged.kind === "request" && this.#views !== undefined ? machine.home(logged.request.shard, { get: this.#views.read }) : undefined;\n        return home?.ok === false ? home : undefined;\n      },\n',
      },
    ],
  },
  {
    id: "w5-forgotten-when-granted",
    title: "zoo 28: a source forgets a parcel when it has let the last page leave",
    source: "MIT 6.5840, lab 5, challenge 1, done wrong",
    hunted: "cluster",
    patches: [
      {
        file: "shardkv/migration/depart.ts",
        find: "    parcel.address.since === since && parcel.address.group !== undefined ? { ...parcel, granted: true } : parcel,\n  );\n",
        replace:
          '    parcel.address.since === since && parcel.address.group !== undefined ? { ...parcel, granted: true } : parcel,\n  );\n  applyDelete(ledger, { op: "delete", shard, left, since });\n',
      },
    ],
  },
  {
    id: "w6-configuration-skipped",
    title: "zoo 26: a group applies the newest configuration that it knows, whatever it has to do with those between",
    source: "MIT 6.5840, lab 5: configurations are processed one at a time",
    hunted: "cluster",
    patches: [
      {
        file: "shardkv/migration/decide.ts",
        find: "    if (changes.length > 0 || !isIdle(group)) return step;\n",
        replace: "",
      },
      { file: "shardkv/migration/configure.ts", find: "  if (number !== from + 1 && !isIdle(group)) return;\n", replace: "" },
      { file: "shardkv/migration/configure.ts", find: 'import { isIdle } from "./group-row.ts";\n', replace: "" },
      { file: "shardkv/migration/decide.ts", find: 'import { isIdle } from "./group-row.ts";\n', replace: "" },
    ],
  },
  {
    id: "w7-refusal-recorded",
    title: "a request that is refused because the shard is elsewhere counts as done when it comes again",
    source: "rule S9 and the order of checks at apply: a refusal changes no row",
    hunted: "cluster",
    patches: [
      {
        file: sessions,
        find: "  constructor(machine: StateMachine<unknown, unknown>) {",
        replace: "  readonly #refused = new Set<string>();\n\n  constructor(machine: StateMachine<unknown, unknown>) {",
      },
      {
        file: sessions,
        find: "    if (!home.ok) return home;\n    const held = state.row(this.#keyOf(home.sessions, request.client));\n    const row = sessionIn(held);\n    if (row",
        replace:
          '    const name = `${shard} ${number} ${request.client.join(".")}`;\n    if (!home.ok) {\n      this.#refused.add(name);\n      return home;\n    }\n    if (this.#refused.has(name)) return lost;\n    const held = state.row(this.#keyOf(home.sessions, request.client));\n    const row = sessionIn(held);\n    if (row',
      },
    ],
  },
  {
    id: "w8-read-by-old-owner",
    title: "a group goes on answering gets from what it has frozen",
    source: "MIT 6.5840, lab 5: reads are refused too",
    hunted: "cluster",
    patches: [
      {
        file: machine,
        find: '    if ("why" in serving) return this.#refused(serving);\n    const row = view.get(dataKey(key, serving.epoch));\n',
        replace:
          '    const epoch = "why" in serving ? readMoves(shard, view).parcels.at(-1)?.epoch : serving.epoch;\n    if (epoch === undefined) return serving as Refused;\n    const row = view.get(dataKey(key, epoch));\n',
      },
      {
        file: machine,
        find: 'import { servingOf } from "./served.ts";',
        replace: 'import { readMoves } from "./migration/ledger.ts";\nimport { servingOf } from "./served.ts";',
      },
    ],
  },
  {
    id: "w9-time-jumps",
    title: "a shard's log time begins anew where it arrives",
    source: "rules of migration, 12",
    hunted: "cluster",
    patches: [
      {
        file: "shardkv/migration/acquire.ts",
        find: "timeOffset: copy.time - time,",
        replace: "timeOffset: copy.time - time > 0 ? 0 : copy.time - time,",
      },
    ],
  },
];
