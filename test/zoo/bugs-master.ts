import type { Bug } from "./plant.ts";

const machine = "shardmaster/master-machine.ts";
const balance = "shardmaster/balance.ts";
const operations = "shardmaster/operations.ts";
const rule = "what configurations owe: src/sim/master/config-law.ts";

/** Bugs of the shardmaster, which only show in configurations. */
export const masterBugs: readonly Bug[] = [
  {
    id: "z29-order-of-a-map",
    title: "zoo 29: shards are shared in the order in which a replica has come to know the groups",
    source: "MIT 6.824, lab 4A: iteration over a map is not the same on every replica",
    hunted: "master",
    patches: [
      {
        file: machine,
        find: "  readonly sessions: Uint8Array = sessionRows;\n",
        replace: "  readonly sessions: Uint8Array = sessionRows;\n  readonly #known = new Map<number, true>();\n",
      },
      {
        file: machine,
        find: "    const decision = decide(command, config, this.limits);\n",
        replace:
          "    for (const { gid } of config.groups) this.#known.set(gid, true);\n    const order: number[] = [...this.#known.keys()];\n    const groups = config.groups.toSorted((a, b) => order.indexOf(a.gid) - order.indexOf(b.gid));\n    const decision = decide(command, { ...config, groups }, this.limits);\n",
      },
      { file: balance, find: "[...counts.keys()].toSorted((a, b) => a - b)", replace: "counts.keys()" },
      { file: balance, find: "countB - countA || a - b", replace: "countB - countA" },
    ],
  },
  {
    id: "a1-join-again",
    title: "a join of groups that are all there makes another configuration",
    source: "MIT 6.824, lab 4A; rule S1: an effective change makes one configuration",
    hunted: "master",
    patches: [{ file: operations, find: '  if (joined.length === 0) return "no change";\n', replace: "" }],
  },
  {
    id: "a2-latest-from-memory",
    title: "a query for the latest is answered with what this replica has made last, not with its rows",
    source: "etcd-io/etcd#13766: state beside the state; a snapshot brings rows, and no memory",
    hunted: "master",
    patches: [
      {
        file: machine,
        find: "  readonly sessions: Uint8Array = sessionRows;\n",
        replace:
          "  readonly sessions: Uint8Array = sessionRows;\n  #made: { readonly number: number; readonly config: Uint8Array } | undefined;\n",
      },
      {
        file: machine,
        find: "    appendConfig(state, latest, next, decision);\n",
        replace: "    appendConfig(state, latest, next, decision);\n    this.#made = next;\n",
      },
      {
        file: machine,
        find: "    else reply(answerConfig(query, view));\n",
        replace:
          '    else if (query.number === latestNumber && this.#made !== undefined)\n      reply(encodeMasterResult({ ok: true, op: "config", config: this.#made.config, latest: this.#made.number }));\n    else reply(answerConfig(query, view));\n',
      },
    ],
  },
  {
    id: "a3-moves-for-nothing",
    title: "who has one shard more is decided by the groups' numbers alone, whatever they have",
    source: "MIT 6.824, lab 4A: as few shards as possible move",
    hunted: "master",
    patches: [{ file: balance, find: "countB - countA || a - b", replace: "a - b" }],
  },
  {
    id: "a4-holder-forgotten",
    title: "a shard that was parked comes back without saying who has its data",
    source: `${rule}, S8 and S12`,
    hunted: "master",
    patches: [{ file: "shardmaster/change.ts", find: "owner === undefined ? old.holder :", replace: "owner === undefined ? undefined :" }],
  },
  {
    id: "a5-old-configurations-overwritten",
    title: "the rows of changes are a ring, so that old configurations are made of newer changes",
    source: `${rule}, S2 and S11`,
    hunted: "master",
    patches: [
      {
        file: "shardmaster/rows.ts",
        find: "return numbered(kinds.change, number);",
        replace: "return numbered(kinds.change, number % 8);",
      },
    ],
  },
  {
    id: "a6-other-servers-accepted",
    title: "a join of a group that is there with other servers succeeds, and leaves it as it is",
    source: `${rule}, S9`,
    hunted: "master",
    patches: [{ file: operations, find: "else if (!isSameGroup(there, group)) return badRequest(otherGroup(there, group));", replace: "" }],
  },
];
