import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import type * as Runner from "../../src/lab/runner.ts";
import type * as Suites from "../../src/lab/suites.ts";
import type * as Kind from "../../src/lab/sim/sim-kind.ts";
import { clientBugs } from "../zoo/bugs-client.ts";
import { storeBugs } from "../zoo/bugs-store.ts";
import { type Bug, plant } from "../zoo/plant.ts";

const neverCompacted: Bug = {
  id: "lab-store-log-never-compacted",
  title: "the log is never compacted",
  source: "what the numbered cases are for",
  patches: [{ file: "rsm/pump.ts", find: "    if (index <= log.mark.index) return;", replace: "    if (index >= 0) return;" }],
};

/** A read without a round is seen where a leader that is cut off goes on to lead: by itself it steps down before most clients find it. */
const answersAlone: Bug = {
  id: "lab-store-answers-alone",
  title: "a leader that is cut off stays one, and answers reads without a round",
  source: "Raft, sections 6.2 and 6.4 of the dissertation",
  patches: [
    { file: "raft/options.ts", find: "  checkQuorum: true,", replace: "  checkQuorum: false," },
    ...present(
      clientBugs.find(({ id }) => id === "e2-read-without-a-round"),
      "there is such a bug",
    ).patches,
  ],
};

/** A bug of the code, and cases of the stores that have to see it. */
interface Planted {
  readonly id: string;
  readonly cases: readonly string[];
  readonly reason: RegExp;
  /** Of the cases; 1 unless it is said. */
  readonly seed?: number;
}

const planted: readonly Planted[] = [
  { id: "e1-no-empty-entry", cases: ["kvsrv 1", "kvraft 1", "kvraft 7"], reason: /was refused \(never_sent|has not ended within/ },
  { id: answersAlone.id, cases: ["kvraft 16"], reason: /^a get has ended in a minority$/ },
  {
    id: "e4-sessions-not-shipped",
    cases: ["kvraft 31", "kvraft 32", "kvraft 33"],
    reason: /stands there twice|not linearizable|(found|holds) .*, and not/,
    seed: 2,
  },
  {
    id: "z25-newest-done-again",
    cases: ["kvsrv 3", "kvsrv 4", "kvraft 14", "kvraft 15", "kvraft 30", "kvraft 34"],
    reason: /found .*, and not|found itself|not linearizable/,
  },
  { id: "z25-dedup-at-propose", cases: ["kvraft 21", "kvraft 23", "kvraft 24"], reason: /found .*, and not|not linearizable/ },
  {
    id: neverCompacted.id,
    cases: ["kvraft 1", "kvraft 9", "kvraft 25", "kvraft 26"],
    reason: /a server has a log of \d+ bytes|ever dropped/,
  },
];

test.each(planted.flatMap(({ id, cases, reason, seed = 1 }) => cases.map((name) => [id, name, reason, seed] as const)))(
  "%s: %s sees it",
  async (id, name, reason, seed) => {
    const bug = [neverCompacted, answersAlone, ...storeBugs, ...clientBugs].find((each) => each.id === id);
    if (bug === undefined) throw new Error("there is such a bug");
    const source = plant(bug);
    const load = (path: string): Promise<unknown> => import(pathToFileURL(join(source, path)).href);
    const { runCase } = (await load("lab/runner.ts")) as typeof Runner;
    const { suites } = (await load("lab/suites.ts")) as typeof Suites;
    const { SimWorlds } = (await load("lab/sim/sim-kind.ts")) as typeof Kind;
    const [suite, number] = name.split(" ");
    const found = suites.find((each) => each.name === suite)?.cases.find((each) => each.number === Number(number));
    if (found === undefined) throw new Error("there is such a case");
    expect((await runCase(suite ?? "", found, seed, new SimWorlds())).reason).toMatch(reason);
  },
);
