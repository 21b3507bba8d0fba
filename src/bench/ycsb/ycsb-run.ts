import { Rng } from "../../base/rng.ts";
import { LoadDraw, RunDraw } from "./draw.ts";
import { type CpuClock, Phase, type PhaseFigures } from "./phase.ts";
import type { Target } from "./target.ts";
import { type WorkloadName, workloads } from "./workloads.ts";

/** What a benchmark does. */
export interface YcsbPlan {
  readonly workload: WorkloadName;
  readonly clients: number;
  /** Records of the load: each client inserts all of them. */
  readonly records: number;
  /** Operations of each client in the run. */
  readonly operations: number;
  /** Decides what each client does, one thing after the other. */
  readonly seed: number;
}

/** What it came to. */
export interface YcsbResult {
  readonly plan: YcsbPlan;
  readonly driver: Target["name"];
  readonly load: PhaseFigures;
  readonly run: PhaseFigures;
}

/** Told how far a phase is. */
export type YcsbProgress = (phase: "Load" | "Run", done: number, total: number) => void;

/**
 * Loads the table and runs a workload, with new clients for each of the two; `nodes` is the CPU clock of the service. Throws
 * `BenchFailed`.
 */
export async function runYcsb(
  plan: YcsbPlan,
  target: Target,
  progress: YcsbProgress,
  nodes: CpuClock = () => undefined,
): Promise<YcsbResult> {
  const { clients, records, operations } = plan;
  const rng = new Rng(plan.seed);
  const each = <T>(make: (rng: Rng) => T): T[] => Array.from({ length: clients }, (_, client) => make(rng.fork(`client ${client}`)));
  const loads = each((own) => new LoadDraw(own.fork("load"), records));
  const load = await new Phase(target, loads, nodes, (done) => progress("Load", done, clients * records)).run();
  const runs = each((own) => new RunDraw(workloads[plan.workload], records, operations, own.fork("run")));
  const run = await new Phase(target, runs, nodes, (done) => progress("Run", done, clients * operations)).run();
  return { plan, driver: target.name, load, run };
}
