import { clusterSettings, measureCluster, type Scaled } from "./cluster/measure.ts";
import type { Moves } from "./cluster/moves.ts";
import { parseFlags, printReport, table } from "./report.ts";

/** `npm run bench -- cluster`: whether groups stand beside each other without costing each other anything, and what it costs to move rows. */
const { json, quick } = parseFlags("cluster");
const plan = quick ? { rounds: 1, seconds: 0.3, rows: 2000 } : { rounds: 3, seconds: 4, rows: 100_000 };
const measured = await measureCluster(plan, (text) => process.stderr.write(`${text}\n`));
printReport(json, { ...clusterSettings, ...plan }, measured, [scaledTable(measured.scaled), movesTable(measured.moves)]);

function scaledTable(scaled: readonly Scaled[]): string {
  return table(
    ["groups of three", "load", "operation", "ops/s", "p50 ms", "p99 ms", "us server CPU/op", "beside one group"],
    scaled.map(({ groups, load, operation, figures, cpuOfOne }) => [
      String(groups),
      load,
      operation,
      figures.perSecond.toFixed(0),
      figures.p50Ms.toFixed(2),
      figures.p99Ms.toFixed(2),
      figures.serverCpuUs.toFixed(1),
      cpuOfOne.toFixed(2),
    ]),
  );
}

function movesTable({ rows, seconds, rowsPerSecond, cpuUsPerRow, openPerSecond, before, during }: Moves): string {
  return table(
    [`${rows} rows go from one group to another`, ""],
    [
      ["seconds", seconds.toFixed(2)],
      ["rows a second", rowsPerSecond.toFixed(0)],
      ["us server CPU/row", cpuUsPerRow.toFixed(1)],
      ["puts a second in shards that stay (30 % of the most)", openPerSecond.toFixed(0)],
      ["what they took before, p50 / p99 / max ms", ms(before)],
      ["what they took meanwhile, p50 / p99 / max ms", ms(during)],
      ["p99 meanwhile beside before", (during.p99Ms / before.p99Ms).toFixed(2)],
    ],
  );
}

function ms({ p50Ms, p99Ms, maxMs }: Moves["before"]): string {
  return [p50Ms, p99Ms, maxMs].map((each) => each.toFixed(1)).join(" / ");
}
