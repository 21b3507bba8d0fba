import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type * as Runner from "../../src/lab/runner.ts";
import { shardkvSuite as suite } from "../../src/lab/shardkv/suite.ts";
import type * as Suite from "../../src/lab/shardkv/suite.ts";
import type * as Kind from "../../src/lab/sim/sim-kind.ts";
import { clientBugs } from "../zoo/bugs-client.ts";
import { type Bug, plant } from "../zoo/plant.ts";

/** A bug of replacements in one file. */
function bug(id: string, file: string, ...patches: readonly (readonly [find: string, replace: string])[]): Bug {
  const source = "what the numbered cases are for";
  return { id: `lab-${id}`, title: id, source, patches: patches.map(([find, replace]) => ({ file, find, replace })) };
}

const own: readonly Bug[] = [
  bug("first-row-lost", "shardkv/migration/arrive.ts", [
    "for (const { name, value } of data) {",
    "for (const { name, value } of data.slice(1)) {",
  ]),
  bug("sessions-stay-behind", "shardkv/migration/page.ts", [
    "read(cursor[0] === parts.data ? parts.data : parts.sessions, cursor.subarray(1));",
    "read(parts.data, cursor.subarray(1));",
  ]),
  bug("moved-rows-never-cleared", "shardkv/migration/depart.ts", ["dead: [...before.dead, parcel.epoch]", "dead: before.dead"]),
  bug("not-frozen", "shardkv/migration/configure.ts", [
    "return { ...before, home: undefined, parcels: [...before.parcels, parcel], left };",
    "return { ...before, parcels: [...before.parcels, parcel], left };",
  ]),
  bug("foreign-shards-served", "shardkv/served.ts", [
    'if (ownership === "all") return servedFromBirth;',
    "if (ownership) return servedFromBirth;",
  ]),
  bug(
    "all-wait-for-one",
    "shardkv/served.ts",
    [
      'import type { KvOptions } from "./options.ts";',
      'import { readGroup } from "./migration/ledger.ts";\nimport type { KvOptions } from "./options.ts";',
    ],
    [
      "  const bytes = state.get(shardKey(shard));",
      '  if (readGroup(state).arriving > 0) return refused("shard_moving", "");\n  const bytes = state.get(shardKey(shard));',
    ],
  ),
  bug("all-to-the-first", "shardmaster/balance.ts", [
    "  return balanced;\n}",
    "  return balanced.map(() => Math.min(...groups) as GroupId);\n}",
  ]),
];

/** Bugs, and the cases that have to see them. */
const planted: readonly (readonly [id: string, cases: readonly number[], reason: RegExp, seed?: number])[] = [
  ["lab-first-row-lost", [1, 2, 3, 6, 9, 10, 11, 15, 21, 22, 24, 25, 26, 28, 32], /holds .*, and not|had no answer|not linearizable/],
  ["lab-sessions-stay-behind", [16, 17, 23], /holds .*, and not|stands there twice|not linearizable/, 3],
  ["lab-moved-rows-never-cleared", [18, 25], /keeps? \d+ bytes/],
  ["lab-not-frozen", [12, 13, 14, 29, 30], /holds .*, and not|not linearizable|died/],
  ["lab-foreign-shards-served", [8], /gets were answered|holds nothing, and not/],
  ["lab-all-wait-for-one", [19, 20, 27, 33], /had no answer|was not served for/],
  ["lab-all-to-the-first", [4, 5, 7], /gets were answered|configuration \d+:/],
  ["e2-read-without-a-round", [31], /answered by a leader that is cut off/],
];

test.each(planted.flatMap(([id, cases, reason, seed = 1]) => cases.map((number) => [id, number, reason, seed] as const)))(
  "%s: case %i sees it",
  async (id, number, reason, seed) => {
    const which = [...own, ...clientBugs].find((each) => each.id === id);
    if (which === undefined) throw new Error("there is such a bug");
    const source = plant(which);
    const load = (path: string): Promise<unknown> => import(pathToFileURL(join(source, path)).href);
    const { runCase } = (await load("lab/runner.ts")) as typeof Runner;
    const { shardkvSuite } = (await load("lab/shardkv/suite.ts")) as typeof Suite;
    const { SimWorlds } = (await load("lab/sim/sim-kind.ts")) as typeof Kind;
    const found = shardkvSuite.cases.find((each) => each.number === number);
    if (found === undefined) throw new Error("there is such a case");
    expect((await runCase("shardkv", found, seed, new SimWorlds())).reason).toMatch(reason);
  },
);

test("every case of the suite has been seen to fail", () => {
  const seen = new Set(planted.flatMap(([, cases]) => cases));
  expect(seen).toEqual(new Set(suite.cases.map(({ number }) => number)));
});
