import { numberText } from "../plot/scale.ts";
import { type WorkloadName, workloadNames } from "../ycsb/workloads.ts";
import { sizes, trendClients, trendSizes } from "./configurations.ts";
import type { BenchFigures, ReportFigures } from "./figures.ts";

/** What differs by less is called the same: two runs of the same thing on a machine that others use too differ by as much. */
const sameShare = 0.1;

/** What is seen in the runs with ten clients, in sentences; nothing of what was not measured. */
export function tenClientsWords(figures: ReportFigures): string[] {
  const words: string[] = [];
  const [few, , many] = sizes;
  const changes = workloadNames.flatMap((workload) => {
    const [from, to] = [figures.ten(workload, few), figures.ten(workload, many)];
    return from === undefined || to === undefined ? [] : [{ workload, ratio: to.throughput / from.throughput }];
  });
  for (const [how, isSo] of [
    ["less", (ratio: number) => ratio < 1 - sameShare],
    ["about as much", (ratio: number) => Math.abs(ratio - 1) <= sameShare],
    ["more", (ratio: number) => ratio > 1 + sameShare],
  ] as const) {
    const those = changes.filter(({ ratio }) => isSo(ratio));
    if (those.length === 0) continue;
    const list = those.map(({ workload, ratio }) => `${workload.toUpperCase()} ${ratio.toFixed(2)} times`).join(", ");
    words.push(`With ${figures.label(many)} instead of ${figures.label(few)}, ${how} is done in a second: ${list}.`);
  }
  const best = extreme(figures, (a, b) => a.throughput > b.throughput);
  const worst = extreme(figures, (a, b) => a.throughput < b.throughput);
  if (best !== undefined && worst !== undefined)
    words.push(
      `The most is ${numberText(best.figures.throughput)} operations a second (${best.name}), the least ${numberText(worst.figures.throughput)} (${worst.name}).`,
    );
  const slowest = extreme(figures, (a, b) => a.p99Ms > b.p99Ms);
  if (slowest !== undefined) words.push(`The highest 99th percentile is ${numberText(slowest.figures.p99Ms)} ms (${slowest.name}).`);
  return words;
}

interface Named {
  readonly name: string;
  readonly figures: BenchFigures;
}

/** The run with ten clients that stands before all others. */
function extreme(figures: ReportFigures, isBefore: (a: BenchFigures, b: BenchFigures) => boolean): Named | undefined {
  let first: Named | undefined;
  for (const workload of workloadNames)
    for (const size of sizes) {
      const each = figures.ten(workload, size);
      if (each !== undefined && (first === undefined || isBefore(each, first.figures)))
        first = { name: nameOf(figures, workload, size), figures: each };
    }
  return first;
}

function nameOf(figures: ReportFigures, workload: WorkloadName, size: number): string {
  return `${workload.toUpperCase()}, ${figures.label(size)}`;
}

/** What more clients do, in sentences. */
export function trendWords(figures: ReportFigures): string[] {
  return trendSizes.flatMap((size) => {
    const measured = trendClients.flatMap((clients) => {
      const each = figures.trend(clients, size);
      return each === undefined ? [] : [{ clients, each }];
    });
    const [first] = measured;
    const last = measured.at(-1);
    if (first === undefined || last === undefined || first === last) return [];
    const most = measured.reduce((best, next) => (next.each.throughput > best.each.throughput ? next : best));
    const gain = last.each.throughput / first.each.throughput;
    const sentence = `With ${figures.label(size)}, ${last.clients} clients do ${gain.toFixed(1)} times as much as ${clientsText(first.clients)}: ${numberText(last.each.throughput)} operations a second instead of ${numberText(first.each.throughput)}; the 99th percentile is ${numberText(last.each.p99Ms)} ms instead of ${numberText(first.each.p99Ms)} ms.`;
    return [
      most === last ? sentence : `${sentence} The most is done by ${clientsText(most.clients)}: ${numberText(most.each.throughput)}.`,
    ];
  });
}

function clientsText(clients: number): string {
  return clients === 1 ? "one" : String(clients);
}
