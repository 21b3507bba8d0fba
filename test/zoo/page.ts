import { explored } from "./explored.ts";
import { found } from "./found.ts";
import { zoo } from "./hunt.ts";
import type { Bug } from "./plant.ts";

const head = `# The bug zoo

A checker that nobody has seen fail is not a checker. Each bug below is known from a paper, a course, a tracker or a model; it is
planted as a textual patch into a copy of \`src\` (\`test/zoo/bugs*.ts\`), so that the product has no switches for tests, and the
simulator has to find it. P1 to P9, S1 to S9, I1, I2 and M1 to M13 are the rules of asynchronous persistence, of sessions, of
incarnations and of moving shards, each left out; "zoo" numbers are those of a list of thirty bugs that real systems have had.

\`npm run zoo -- ID\` hunts one bug from seed 1 on, in groups of members or of replicas with clients, or in whole
clusters. \`npx tsx test/explore/run.ts ID\`
explores within bounds every interleaving of the core, or of a client and the sessions of a group, where random walks are too weak;
\`npx tsx test/explore/moves/run.ts ID\` those of groups that move a shard.
\`npm test\` finds each of them again from its recorded seed or trace.

| bug | what is wrong | known from | found by | broken invariant |
| --- | --- | --- | --- | --- |
`;

function row({ id, title, source }: Bug): string {
  const ways: [by: string, broken: string][] = [];
  const seed = found[id];
  const exploration = explored[id];
  if (seed !== undefined) ways.push([`${seed.seeds} ${seed.seeds === 1 ? "seed" : "seeds"}: ${seed.seed}`, seed.invariant]);
  if (exploration !== undefined) ways.push([`exploration, ${exploration.states} states`, exploration.property]);
  if (ways.length === 0) ways.push(["nothing yet", ""]);
  const [by, broken] = [ways.map(([way]) => way).join("; "), ways.map(([, what]) => what).join("; ")];
  return `| \`${id}\` | ${title} | ${source} | ${by} | ${broken} |`;
}

/** The page \`docs/BUG-ZOO.md\`, made from what was recorded. */
export function zooPage(): string {
  return `${head}${zoo.map(row).join("\n")}\n`;
}
