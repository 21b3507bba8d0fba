import { type Machine, machineText } from "../machine.ts";
import { numberText } from "../plot/scale.ts";
import type { YcsbPlan } from "../ycsb/ycsb-run.ts";
import { workloadNames, workloads } from "../ycsb/workloads.ts";
import { type FuzzConfiguration, mostClients, type Project, sizes, trendClients, trendSizes } from "./configurations.ts";
import type { BenchFigures, ReportFigures } from "./figures.ts";
import type { FuzzSummary } from "./results.ts";
import { tenClientsWords, trendWords } from "./words.ts";

/** What a report is written from. */
export interface ReportParts {
  readonly project: Project;
  readonly figures: ReportFigures;
  readonly fuzzes: readonly (readonly [FuzzConfiguration, FuzzSummary | undefined])[];
  /** On what it was measured; several when results of several machines were put together. */
  readonly machines: readonly Machine[];
  /** The first and the last moment of a measurement, by the wall clock. */
  readonly between: readonly [string, string] | undefined;
  /** Names of what was not measured. */
  readonly missing: readonly string[];
  /** What each of the benchmarks has done. */
  readonly plans: readonly YcsbPlan[];
  /** Where the pictures are, seen from the report. */
  readonly pictures: { readonly ten: string; readonly trend: string };
}

/** Runs of fewer operations have hardly begun when they end. */
const wholeOperations = 5000;

/** The report as Markdown. */
export function reportText(parts: ReportParts): string {
  const blocks = [
    `# kvorum: MadKV project ${parts.project.slice(1)}`,
    ...surroundings(parts),
    "## Fuzz testing",
    fuzzText(parts),
    `## YCSB with ${mostClients} clients`,
    `![Throughput and latency of all workloads with ${mostClients} clients](${parts.pictures.ten})`,
    tenTable(parts.figures),
    bullets(tenClientsWords(parts.figures)),
    "## YCSB-A with more and more clients",
    `![Throughput and latency of workload A by number of clients](${parts.pictures.trend})`,
    trendTable(parts.figures),
    bullets(trendWords(parts.figures)),
    "## How this was measured",
    bullets(methods(parts)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function surroundings({ machines, between, missing, plans }: ReportParts): string[] {
  const lines = machines.map((machine) => `Measured on: ${machineText(machine)}.`);
  if (machines.length > 1) lines.unshift("These results are of different machines or versions: they cannot be compared with each other.");
  if (between !== undefined) lines.push(`Between ${between[0]} and ${between[1]}.`);
  if (plans.some(({ operations }) => operations < wholeOperations))
    lines.push(
      "**Short runs**: they show that everything works; programs that have just started are slow, and no figure here says how fast it is.",
    );
  if (missing.length > 0) lines.push(`**Not measured**: ${missing.join(", ")}.`);
  return [lines.join("\n\n")];
}

function fuzzText({ fuzzes }: ReportParts): string {
  const rows = fuzzes.map(([{ shape, victims, name }, summary]) => {
    const servers = shape.project === "p2" ? `${shape.partitions} partitions` : `${shape.rf} replicas`;
    const crash =
      victims.length === 0 ? "none" : victims.map((victim) => (typeof victim === "number" ? `server ${victim}` : victim)).join(", ");
    if (summary === undefined) return [name, servers, crash, "not measured", "", "", ""];
    const { verdict, operations, seconds, longestMs } = summary;
    return [name, servers, crash, `**${verdict}**`, numberText(operations), seconds.toFixed(1), numberText(longestMs)];
  });
  const heads = ["run", "servers", "killed", "result", "operations", "seconds", "longest, ms"];
  const events = fuzzes.flatMap(([{ name }, summary]) => {
    const happened = [...(summary?.events ?? []), ...(summary?.failures ?? [])];
    return happened.length === 0 ? [] : [`${name}: ${happened.join("; ")}`];
  });
  const meaning =
    "Five clients use the same five keys. What they saw is judged by a checker of linearizability, scans key by key; *longest* is the operation that took longest.";
  return [meaning, table(heads, rows), bullets(events)].filter((block) => block !== "").join("\n\n");
}

function tenTable(figures: ReportFigures): string {
  const heads = ["workload", "", ...sizes.map((size) => figures.label(size))];
  const measured = workloadNames.filter((workload) => sizes.some((size) => figures.ten(workload, size) !== undefined));
  const rows = measured.flatMap((workload) =>
    measures.map(([name, show], at) => [
      at === 0 ? `${workload.toUpperCase()}: ${workloads[workload].title}` : "",
      name,
      ...sizes.map((size) => shown(figures.ten(workload, size), show)),
    ]),
  );
  return table(heads, rows);
}

function trendTable(figures: ReportFigures): string {
  const heads = ["", "", ...trendClients.map((clients) => `${clients} ${clients === 1 ? "client" : "clients"}`)];
  const measured = trendSizes.filter((size) => trendClients.some((clients) => figures.trend(clients, size) !== undefined));
  const rows = measured.flatMap((size) =>
    measures.map(([name, show], at) => [
      at === 0 ? figures.label(size) : "",
      name,
      ...trendClients.map((clients) => shown(figures.trend(clients, size), show)),
    ]),
  );
  return table(heads, rows);
}

const measures: readonly (readonly [name: string, show: (figures: BenchFigures) => number | undefined])[] = [
  ["operations a second", ({ throughput }) => throughput],
  ["average, ms", ({ avgMs }) => avgMs],
  ["99th percentile, ms", ({ p99Ms }) => p99Ms],
  ["longest, ms", ({ maxMs }) => maxMs],
  ["CPU of all, us each", ({ cpuUs }) => cpuUs],
  ["of the machine's CPU, %", ({ busy }) => (busy === undefined ? undefined : busy * 100)],
];

function shown(figures: BenchFigures | undefined, show: (figures: BenchFigures) => number | undefined): string {
  const value = figures && show(figures);
  return value === undefined ? "" : numberText(value);
}

function methods({ project, machines, plans }: ReportParts): string[] {
  const cores = Math.min(...machines.map((machine) => machine.cores));
  const others = project === "p2" ? "the manager" : "three managers";
  const lines = [
    "Each configuration has a service of its own, started with empty directories. Every write is on disk before it is answered: of all replicas that count towards a majority.",
    "Clients are processes that speak the course's line protocol, each with one operation under way. A latency is from before the question is written until the whole answer has come; the figures of a run are of all kinds of operations together, and of the 99th percentiles the highest.",
    `Each client does ${numbers(plans.map(({ operations }) => operations))} operations, on ${numbers(plans.map(({ records }) => records))} records, all of which every client has loaded before.`,
    "*CPU of all* is what nodes, clients and the benchmark itself have used for one access, and *of the machine's CPU* is how much of it that was meanwhile: near 100 % the machine is the limit, and far below it waited for disks, or something else ran there too.",
  ];
  if (machines.length > 0)
    lines.push(
      `Servers, ${others}, clients and the benchmark share one machine of ${cores} cores: what is added does not bring a machine along, but takes its share of this one. It is the cost of ${project === "p2" ? "partitions" : "replicas"} that is seen here, not what they gain on machines of their own.`,
    );
  return lines;
}

/** Each number that there is, in rising order. */
function numbers(values: readonly number[]): string {
  const all = [...new Set(values)].toSorted((a, b) => a - b).map(numberText);
  return all.length === 0 ? "no" : all.join(" or ");
}

// ---- Markdown

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(heads), row(heads.map((_, at) => (at < 2 ? "---" : "---:"))), ...rows.map(row)].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((each) => `- ${each}`).join("\n");
}
