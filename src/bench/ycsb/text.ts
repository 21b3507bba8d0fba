import type { PhaseFigures } from "./phase.ts";
import type { Access } from "./target.ts";
import type { YcsbResult } from "./ycsb-run.ts";

/** The names that YCSB has for what is measured. */
const accessNames: Readonly<Record<Access, string>> = { read: "READ", insert: "INSERT", update: "UPDATE", scan: "SCAN" };

/** The text of a benchmark in the lines of the course's bencher, with the median besides. */
export function ycsbText({ plan, load, run }: YcsbResult): string {
  const head = `Benchmarking results:  YCSB-${plan.workload}  ${plan.clients} clients`;
  return [head, ...phaseLines("Load", load), ...phaseLines("Run", run), ""].join("\n");
}

function phaseLines(name: string, { runtimeMs, throughput, latencies, rows, cpuUs }: PhaseFigures): string[] {
  const kinds = Object.entries(latencies) as [Access, NonNullable<PhaseFigures["latencies"][Access]>][];
  const lines = kinds.map(([access, { count, avgUs, minUs, maxUs, p50Us, p99Us }], at) => {
    const figures = `ops ${whole(count, 6)}  avg ${avgUs.toFixed(2).padStart(9)}  min ${whole(minUs, 6)}  max ${whole(maxUs, 6)}  p99 ${whole(p99Us, 6)}  us`;
    return `    ${at === 0 ? "Latency:" : "        "}    ${accessNames[access].padEnd(6)}  ${figures}  p50 ${whole(p50Us, 6)}  us`;
  });
  const scans = latencies.scan?.count ?? 0;
  if (scans > 0) lines.push(`    Rows:        ${(rows / scans).toFixed(1)} of each scan`);
  const cpu = [`benchmark ${cpuUs.driver.toFixed(0)}`, ...shares("clients", cpuUs.clients), ...shares("nodes", cpuUs.nodes)];
  lines.push(`    CPU:         ${cpu.join(", ")} us for each access`);
  return [
    `  ${`[${name}]`.padEnd(6)}  ${whole(runtimeMs, 6)} ms`,
    `    Throughput:  ${throughput.toFixed(2).padStart(9)} ops/sec`,
    ...lines,
  ];
}

function shares(name: string, us: number | undefined): string[] {
  return us === undefined ? [] : [`${name} ${us.toFixed(0)}`];
}

function whole(value: number, width: number): string {
  return value.toFixed(0).padStart(width);
}
