import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
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

/** A bug of the code, and cases of the stores that have to see it. */
interface Planted {
  readonly id: string;
  readonly cases: readonly string[];
  readonly reason: RegExp;
}

const planted: readonly Planted[] = [
  { id: "e1-no-empty-entry", cases: ["kvsrv 1", "kvraft 1", "kvraft 7"], reason: /was refused \(never_sent|has not ended within/ },
  { id: "e2-read-without-a-round", cases: ["kvraft 16"], reason: /^a get has ended in a minority$/ },
  {
    id: "e4-sessions-not-shipped",
    cases: ["kvraft 31", "kvraft 32", "kvraft 33"],
    reason: /stands there twice|not linearizable|(found|holds) .*, and not/,
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

test.each(planted.flatMap(({ id, cases, reason }) => cases.map((name) => [id, name, reason] as const)))(
  "%s: %s sees it",
  async (id, name, reason) => {
    const bug = [neverCompacted, ...storeBugs, ...clientBugs].find((each) => each.id === id);
    if (bug === undefined) throw new Error("there is such a bug");
    const source = plant(bug);
    const load = (path: string): Promise<unknown> => import(pathToFileURL(join(source, path)).href);
    const { runCase } = (await load("lab/runner.ts")) as typeof Runner;
    const { suites } = (await load("lab/suites.ts")) as typeof Suites;
    const { SimWorlds } = (await load("lab/sim/sim-kind.ts")) as typeof Kind;
    const [suite, number] = name.split(" ");
    const found = suites.find((each) => each.name === suite)?.cases.find((each) => each.number === Number(number));
    if (found === undefined) throw new Error("there is such a case");
    expect((await runCase(suite ?? "", found, 1, new SimWorlds())).reason).toMatch(reason);
  },
);
