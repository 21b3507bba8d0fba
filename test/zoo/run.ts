import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { explored } from "./explored.ts";
import { type Found, found } from "./found.ts";
import { type Catch, hunt, zoo } from "./hunt.ts";
import { zooPage } from "./page.ts";
import type { Bug } from "./plant.ts";

/**
 * Hunts planted bugs by hand: `npm run zoo`, `npm run zoo -- z04-figure-8 --count 500 --seed 1`. Prints a line for each: the seeds
 * it took, the seed that found it, and the invariant that was broken. `--record` writes down what was found, for the tests;
 * `--page` only writes the page about it anew. Exit code 1 when a bug was not found.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    record: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
  },
});

const foundFile = fileURLToPath(new URL("found.ts", import.meta.url));
const pageFile = fileURLToPath(new URL("../../docs/BUG-ZOO.md", import.meta.url));

const foundHead = `/** A seed that finds a planted bug, and how many it took from seed 1 on. Recorded by \`npm run zoo -- --record\`. */
export interface Found {
  readonly seed: string;
  readonly seeds: number;
  readonly invariant: string;
}

/** By the bug's id. */
export const found: Readonly<Record<string, Found>> = {
`;

function writeFound(records: Readonly<Record<string, Found>>): void {
  const rows = Object.keys(records)
    .toSorted()
    .map((id) => {
      const { seed, seeds, invariant } = records[id] as Found;
      return `  "${id}": { seed: "${seed}", seeds: ${seeds}, invariant: "${invariant}" },\n`;
    });
  writeFileSync(foundFile, `${foundHead}${rows.join("")}};\n`);
}

async function huntOne(bug: Bug): Promise<{ seeds: number; caught: Catch | undefined }> {
  let seeds = 0;
  let said = Date.now();
  const caught = await hunt(bug, Number(values.seed), Number(values.count), (tried) => {
    seeds = tried;
    if (Date.now() - said < 2000) return;
    said = Date.now();
    process.stderr.write(`zoo: ${bug.id}, ${tried} seeds so far\n`);
  });
  return { seeds, caught };
}

async function main(): Promise<void> {
  const chosen = zoo.filter(({ id }) => positionals.length === 0 || positionals.some((wanted) => id.startsWith(wanted)));
  if (chosen.length === 0) {
    process.stderr.write(`zoo: no bug is called ${positionals.join(" ")}; there are: ${zoo.map(({ id }) => id).join(", ")}.\n`);
    process.exitCode = 2;
    return;
  }
  const records: Record<string, Found> = { ...found };
  for (const bug of chosen) {
    if (positionals.length === 0 && explored[bug.id] !== undefined && found[bug.id] === undefined) {
      process.stdout.write(`${bug.id}: random walks do not find it; npx tsx test/explore/run.ts ${bug.id} does\n`);
      continue;
    }
    const { seeds, caught } = await huntOne(bug);
    if (caught === undefined) {
      delete records[bug.id];
      process.exitCode = 1;
      process.stdout.write(`${bug.id} (${seeds} seeds) NOT FOUND\n`);
    } else {
      records[bug.id] = { seed: caught.seed, seeds, invariant: caught.invariant };
      process.stdout.write(`${bug.id} (${seeds} seeds) seed ${caught.seed}: ${caught.invariant}, ${caught.sentence}\n`);
    }
  }
  if (values.record) writeFound(records);
}

if (values.page) writeFileSync(pageFile, zooPage());
else await main();
