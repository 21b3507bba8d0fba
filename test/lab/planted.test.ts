import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type * as Runner from "../../src/lab/runner.ts";
import type * as Suite from "../../src/lab/raft/suite.ts";
import type * as Kind from "../../src/lab/sim/sim-kind.ts";
import { raftSuite as suite } from "../../src/lab/raft/suite.ts";
import { type Bug, plant } from "../zoo/plant.ts";

/** A bug, and the cases of the suite `raft` that have to see it. */
interface Planted {
  readonly bug: Bug;
  readonly cases: readonly number[];
  readonly reason: RegExp;
}

/** A bug made of replacements in one file, each a text that stands there once and what comes in its place. */
function bug(id: string, file: string, ...replacements: readonly (readonly [find: string, replace: string])[]): Bug {
  const patches = replacements.map(([find, replace]) => ({ file, find, replace }));
  return { id: `lab-${id}`, title: id.replaceAll("-", " "), source: "what the numbered cases are for", patches };
}

const sendEntries = "sendAppend(state, to, progress.next - 1, entries);";

/** Not only safety: most limits of the cases are about economy and speed, which no fuzzer looks at. */
const planted: readonly Planted[] = [
  {
    bug: bug("entries-committed-by-the-first-disk", "raft/membership.ts", ["return indexes[quorumSize(group) - 1]", "return indexes[0]"]),
    cases: [5, 6, 8, 17, 18],
    reason: /must not be committed|server \d applied "\d+" at index \d+, server \d applied/,
  },
  {
    bug: bug("old-term-committed-by-counting", "raft/leader.ts", [
      "if (index <= state.commit || termAt(state.log, index) !== state.term) return;",
      "if (index <= state.commit) return;",
    ]),
    cases: [11],
    reason: /must not be committed/,
  },
  {
    bug: bug(
      "leaders-begin-with-an-entry-of-their-own",
      "raft/election.ts",
      ["import { isUpToDate,", "import { appendEntries, isUpToDate,"],
      ["becomeLeader(state);", "{ becomeLeader(state); appendEntries(state.log, [emptyEntry(state)]); }"],
      [
        "/** The election timer ran out",
        "const emptyEntry = (state: RaftState) => ({ index: lastIndex(state.log) + 1, term: state.term, data: new Uint8Array(1) });\n/** The election timer ran out",
      ],
    ),
    cases: [3, 4, 13, 14],
    reason: /an agreement was reached at index \d+, and not at index \d+/,
  },
  {
    bug: bug("no-election-when-a-leader-is-gone", "raft/raft.ts", ["&& isPromotable(state)) campaign", "&& state.term === 0) campaign"]),
    cases: [2, 12, 15, 19, 29, 30],
    reason: /no server leads|no agreement/,
  },
  {
    bug: bug("no-heartbeats", "raft/leader.ts", ["    for (const progress of state.progress.values()) progress.due = true;\n", ""]),
    cases: [1, 7],
    reason: /the term went from|the term changed/,
  },
  {
    bug: bug("four-heartbeats-for-one", "raft/options.ts", ["heartbeatTicks: 12,", "heartbeatTicks: 3,"]),
    cases: [9],
    reason: /the first election took \d+ RPCs/,
  },
  {
    bug: bug("an-append-for-each-entry", "raft/options.ts", ["appendEntriesMax: 4096,", "appendEntriesMax: 1,"]),
    cases: [9],
    reason: /11 entries took \d+ RPCs, more than 55/,
  },
  {
    bug: bug("entries-sent-twice", "raft/leader.ts", [sendEntries, `${sendEntries} if (entries.length > 0) ${sendEntries}`]),
    cases: [16],
    reason: /took \d+ bytes, more than 200000/,
  },
  {
    bug: bug("rejections-ignored", "raft/leader.ts", ['if (progress.state === "snapshot") return;', "if (progress.match >= 0) return;"]),
    cases: [10, 20, 21, 22, 23],
    reason: /no agreement/,
  },
  {
    bug: bug("log-never-compacted", "rsm/pump.ts", ["    if (index <= log.mark.index) return;", "    if (index >= 0) return;"]),
    cases: [24, 25, 26, 27, 28],
    reason: /a log of \d+ bytes, and not below 2000/,
  },
  {
    bug: bug("an-isolated-leader-steps-down", "lab/sim/sim-world.ts", ["checkQuorum: false", "checkQuorum: true"]),
    cases: [6],
    reason: /leads, and does not take a command/,
  },
];

test.each(planted.flatMap((each) => each.cases.map((number) => [each.bug.title, number, each] as const)))(
  "%s: case %i sees it",
  async (_title, number, each) => {
    const result = await runPlanted(each.bug, number);
    expect(result.reason).toMatch(each.reason);
  },
);

async function runPlanted(which: Bug, number: number): Promise<Awaited<ReturnType<typeof Runner.runCase>>> {
  const source = plant(which);
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(source, path)).href);
  const { runCase } = (await load("lab/runner.ts")) as typeof Runner;
  const { raftSuite } = (await load("lab/raft/suite.ts")) as typeof Suite;
  const { SimWorlds } = (await load("lab/sim/sim-kind.ts")) as typeof Kind;
  const found = raftSuite.cases.find((each) => each.number === number);
  if (found === undefined) throw new Error("there is such a case");
  return runCase("raft", found, 1, new SimWorlds());
}

test("every case of the suite has been seen to fail", () => {
  const seen = new Set(planted.flatMap((each) => each.cases));
  expect(seen).toEqual(new Set(suite.cases.map(({ number }) => number)));
});
