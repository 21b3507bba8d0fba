import { parseArgs } from "node:util";
import { hunt, zoo } from "./hunt.ts";

/**
 * Hunts planted bugs by hand: `npm run zoo`, `npm run zoo -- z04-figure-8 --count 500 --seed 1`. Prints a line for each: the seeds
 * it took, the seed that found it, and the invariant that was broken. Exit code 1 when a bug was not found.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const chosen = zoo.filter(({ id }) => positionals.length === 0 || positionals.some((wanted) => id.startsWith(wanted)));
if (chosen.length === 0) {
  process.stderr.write(`zoo: no bug is called ${positionals.join(" ")}; there are: ${zoo.map(({ id }) => id).join(", ")}.\n`);
  process.exitCode = 2;
}
for (const bug of chosen) {
  let tries = 0;
  let said = Date.now();
  const caught = await hunt(bug, Number(values.seed), Number(values.count), (seeds) => {
    tries = seeds;
    if (Date.now() - said < 2000) return;
    said = Date.now();
    process.stderr.write(`zoo: ${bug.id}, ${seeds} seeds so far\n`);
  });
  if (caught === undefined) process.exitCode = 1;
  const verdict = caught === undefined ? "NOT FOUND" : `seed ${caught.seed}: ${caught.invariant}, ${caught.sentence}`;
  process.stdout.write(`${bug.id} (${tries} seeds) ${verdict}\n`);
}
