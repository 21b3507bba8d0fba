import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { DiskMeasured } from "./disk-cases.ts";
import type { GroupMeasured } from "./group/measure.ts";
import type { HistoryMeasured } from "./master-process.ts";
import type { Measured } from "./micro-run.ts";
import type { SimSpeed } from "./sim-speed-run.ts";
import type { Throughput } from "./throughput-run.ts";

export interface Flags {
  /** For programs: one JSON object. */
  readonly json: boolean;
  /** As short as it can be: whether everything still runs, not how fast. */
  readonly quick: boolean;
}

/** The flags that every benchmark has. Others are refused with a sentence, and the program ends. */
export function parseFlags(name: string): Flags {
  try {
    const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, quick: { type: "boolean", default: false } } });
    return values;
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\nusage: ${name} [--quick] [--json]\n`);
    return process.exit(2);
  }
}

/** Figures mean nothing without it. */
export interface Surroundings {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly commit: string;
}

function surroundings(): Surroundings {
  const all = cpus();
  return { cpu: all[0]?.model.trim() ?? "unknown", cores: all.length, node: process.version, commit: commit() };
}

/** The commit that is checked out, and whether files differ from it. */
function commit(): string {
  try {
    const head = git("rev-parse", "--short=12", "HEAD");
    return git("status", "--porcelain") === "" ? head : `${head}, dirty`;
  } catch {
    return "unknown";
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** Prints `tables` under the surroundings and the settings, or everything as one JSON object. */
export function printReport(json: boolean, settings: Readonly<Record<string, number>>, results: object, tables: readonly string[]): void {
  const around = surroundings();
  if (json) {
    console.log(JSON.stringify({ surroundings: around, settings, ...results }));
    return;
  }
  console.log(`machine   ${around.cpu}, ${around.cores} cores, Node ${around.node}`);
  console.log(`commit    ${around.commit}`);
  console.log(
    `settings  ${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
  );
  for (const text of tables) console.log(`\n${text}`);
}

export function throughputTable(results: readonly Throughput[]): string {
  return table(
    ["three replicas, one thread", "entries", "entries/s", "entries/CPU s", "us CPU/entry"],
    results.map(({ name, entries, entriesPerSecond, entriesPerCpuSecond, cpuMs }) => [
      name,
      whole(entries),
      whole(entriesPerSecond),
      whole(entriesPerCpuSecond),
      ((cpuMs * 1000) / entries).toFixed(2),
    ]),
  );
}

export function simSpeedTable(results: readonly SimSpeed[]): string {
  return table(
    ["simulated", "oracle", "x real time", "events/s", "packets/s", "us CPU/event"],
    results.map(({ name, oracle, speed, eventsPerS, packetsPerS, usEach }) => [
      name,
      oracle ? "yes" : "no",
      whole(speed),
      whole(eventsPerS),
      whole(packetsPerS),
      usEach.toFixed(2),
    ]),
  );
}

export function diskTable(results: readonly DiskMeasured[]): string {
  return table(
    ["synced batches", "rows each", "rows/s", "us CPU/row", "beside bare"],
    results.map(({ name, size, rowsPerS, cpuUsEach, ratio }) => [
      name,
      whole(size),
      whole(rowsPerS),
      cpuUsEach.toFixed(2),
      ratio.toFixed(2),
    ]),
  );
}

export function groupTable(results: readonly GroupMeasured[]): string {
  return table(
    ["three replicas", "operation", "ops/s", "p50 ms", "p99 ms", "p999 ms", "us server CPU/op", "of ceiling", "CPU of ceiling"],
    results.map(({ name, shape, operation, figures, ofCeiling, cpuOfCeiling }) => [
      `${name} ${shape}`,
      operation,
      whole(figures.perSecond),
      ...[figures.p50Ms, figures.p99Ms, figures.p999Ms].map((ms) => ms.toFixed(2)),
      figures.serverCpuUs.toFixed(1),
      ofCeiling?.toFixed(2) ?? "",
      cpuOfCeiling?.toFixed(2) ?? "",
    ]),
  );
}

function percentiles({ p50, p99 }: HistoryMeasured["anyMs"]): string {
  return `${p50.toFixed(2)} / ${p99.toFixed(2)}`;
}

export function historyTable(measured: HistoryMeasured): string {
  const { configs, groups, shards, rssMiB, latestMs, anyMs } = measured;
  return table(
    [`${whole(configs)} configurations of ${groups} groups, ${shards} shards`, ""],
    [
      ["changes a second", whole(measured.perSecond)],
      ["on disk, MiB", measured.diskMiB.toFixed(1)],
      ["resident before the first of them, MiB", rssMiB.empty.toFixed(1)],
      ["resident after all changes at full speed, MiB", rssMiB.changed.toFixed(1)],
      ["resident after a restart, MiB", rssMiB.restarted.toFixed(1)],
      ["resident after these queries, MiB", rssMiB.asked.toFixed(1)],
      ["query of the latest, p50 / p99 ms", percentiles(latestMs)],
      ["query of any, p50 / p99 ms", percentiles(anyMs)],
    ],
  );
}

export function microTable(results: readonly Measured[]): string {
  return table(
    ["case", "us each", "+-", "each/s"],
    results.map(({ name, usEach, errorPercent, perSecond }) => [name, usEach.toFixed(3), `${errorPercent.toFixed(1)}%`, whole(perSecond)]),
  );
}

function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Columns: the first to the left, numbers to the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ");
  return [line(heads), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
