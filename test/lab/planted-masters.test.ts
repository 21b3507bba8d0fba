import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type * as Runner from "../../src/lab/runner.ts";
import { shardmasterSuite as suite } from "../../src/lab/shardmaster/suite.ts";
import type * as Suite from "../../src/lab/shardmaster/suite.ts";
import type * as Kind from "../../src/lab/sim/sim-kind.ts";
import { masterBugs } from "../zoo/bugs-master.ts";
import { clientBugs } from "../zoo/bugs-client.ts";
import { storeBugs } from "../zoo/bugs-store.ts";
import { type Bug, plant } from "../zoo/plant.ts";

/** A bug made of one replacement. */
function bug(id: string, file: string, find: string, replace: string): Bug {
  return { id: `lab-${id}`, title: id, source: "what the numbered cases are for", patches: [{ file, find, replace }] };
}

const machine = "shardmaster/master-machine.ts";
const balance = "shardmaster/balance.ts";
const operations = "shardmaster/operations.ts";

const own: readonly Bug[] = [
  bug(
    "all-shared-anew",
    balance,
    "  return balanced;\n}",
    "  const sorted = [...groups].toSorted((a, b) => a - b);\n  return balanced.map((_, shard) => sorted[shard % sorted.length] as GroupId);\n}",
  ),
  bug("moves-ignored", operations, "{ joined: [], gone: [], moved: [{ shard, gid }] }", '"no change"'),
  bug("only-the-first-leaves", operations, "new Set(gids);", "new Set(gids.slice(0, 1));"),
  bug(
    "servers-turned-round",
    machine,
    "nextConfig(config, decision);",
    "nextConfig(config, { ...decision, joined: decision.joined.map((group) => ({ ...group, servers: group.servers.toReversed() })) });",
  ),
  bug(
    "above-the-latest-is-the-one-before",
    machine,
    "number === latestNumber || number > latest.number ? latest.number : number",
    "number === latestNumber ? latest.number : Math.min(number, Math.max(0, latest.number - 1))",
  ),
  bug(
    "old-ones-are-one-too-old",
    machine,
    "configBytes(view, latest, asked)",
    "configBytes(view, latest, asked < latest.number ? Math.max(0, asked - 1) : asked)",
  ),
  bug("log-never-compacted", "rsm/pump.ts", "    if (index <= log.mark.index) return;", "    if (index >= 0) return;"),
];

/** Bugs, and the cases that have to see them. */
const planted: readonly (readonly [id: string, cases: readonly number[], reason: RegExp, seed?: number])[] = [
  ["lab-all-shared-anew", [4, 5, 6, 7, 10, 11], /^(?:10 groups: )?shard \d has moved|not linearizable/],
  ["lab-moves-ignored", [3, 17], /a move of shard \d led from|all shards were moved to group 1/],
  ["lab-only-the-first-leaves", [8, 9, 11], /has the groups .*, and not/],
  ["lab-servers-turned-round", [1], /group 1 has the servers z, y, x/],
  ["lab-above-the-latest-is-the-one-before", [14], /configuration 0 was given, and not 1/],
  ["lab-old-ones-are-one-too-old", [2], /configuration 0 was given, and not 1/],
  ["lab-log-never-compacted", [21], /a server has a log of \d+ bytes/],
  ["z29-order-of-a-map", [12], /is not what it was|not linearizable/, 3],
  ["a1-join-again", [13, 16], /made a configuration|configurations were made, and not/],
  ["a3-moves-for-nothing", [5, 15], /not linearizable/],
  ["a6-other-servers-accepted", [20], /was done$/],
  ["z25-newest-done-again", [16, 19], /configurations that they had made|joins were told of/],
  ["e2-read-without-a-round", [18], /a query was answered without a majority/],
];

test.each(planted.flatMap(([id, cases, reason, seed = 1]) => cases.map((number) => [id, number, reason, seed] as const)))(
  "%s: case %i sees it",
  async (id, number, reason, seed) => {
    const which = [...own, ...masterBugs, ...storeBugs, ...clientBugs].find((each) => each.id === id);
    if (which === undefined) throw new Error("there is such a bug");
    const source = plant(which);
    const load = (path: string): Promise<unknown> => import(pathToFileURL(join(source, path)).href);
    const { runCase } = (await load("lab/runner.ts")) as typeof Runner;
    const { shardmasterSuite } = (await load("lab/shardmaster/suite.ts")) as typeof Suite;
    const { SimWorlds } = (await load("lab/sim/sim-kind.ts")) as typeof Kind;
    const found = shardmasterSuite.cases.find((each) => each.number === number);
    if (found === undefined) throw new Error("there is such a case");
    expect((await runCase("shardmaster", found, seed, new SimWorlds())).reason).toMatch(reason);
  },
);

test("every case of the suite has been seen to fail", () => {
  const seen = new Set(planted.flatMap(([, cases]) => cases));
  expect(seen).toEqual(new Set(suite.cases.map(({ number }) => number)));
});
