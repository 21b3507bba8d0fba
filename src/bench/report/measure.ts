import { fuzzService } from "../fuzz/service-run.ts";
import { inScratch } from "../scratch.ts";
import type { ServicePlace } from "../service/service.ts";
import type { KvorumCommand } from "../service/shape.ts";
import { ycsbService } from "../ycsb/service-run.ts";
import type { YcsbResult } from "../ycsb/ycsb-run.ts";
import { recordCount } from "../ycsb/workloads.ts";
import type { Configuration, FuzzConfiguration, YcsbConfiguration } from "./configurations.ts";
import { type FuzzSummary, fuzzSummary, type StoredResult, storedNow } from "./results.ts";

/** How much is done of each configuration. */
export interface Effort {
  readonly fuzzOperations: number;
  readonly ycsbRecords: number;
  readonly ycsbOperations: number;
}

/** As much as the course does. */
export const wholeEffort: Effort = { fuzzOperations: 5000, ycsbRecords: recordCount, ycsbOperations: 10_000 };
/** Enough to see that everything works; no figure of it means anything. */
export const quickEffort: Effort = { fuzzOperations: 200, ycsbRecords: 100, ycsbOperations: 100 };

/** What fuzz runs have in common with the course's. */
const fuzzClients = { clients: 5, keys: 5, conflict: true } as const;
const relaunchMs = 1000;
/** All that is measured twice does the same. */
const seed = 1;

/** Told how far a measurement is. */
export type MeasureProgress = (text: string) => void;

/** Measures a configuration with a service of its own, started in an empty directory. Throws `BenchFailed` and `ServiceFailed`. */
export async function measure(
  configuration: Configuration,
  effort: Effort,
  kvorum: KvorumCommand,
  progress: MeasureProgress,
): Promise<StoredResult> {
  const { result } = await inScratch("report", async (directory) => {
    const place = { directory, kvorum };
    if (configuration.kind === "fuzz") return storedNow({ fuzz: await fuzzed(configuration, effort, place, progress) });
    return storedNow({ ycsb: await benched(configuration, effort, place, progress) });
  });
  return result;
}

async function fuzzed(
  { shape, victims }: FuzzConfiguration,
  effort: Effort,
  place: ServicePlace,
  progress: MeasureProgress,
): Promise<FuzzSummary> {
  const events: string[] = [];
  const plan = { ...fuzzClients, operations: effort.fuzzOperations, seed };
  // Of P3 two replicas are gone for good: the others go on without them.
  const crash = { victims, relaunchMs: shape.project === "p2" ? relaunchMs : undefined };
  const result = await fuzzService(plan, shape, crash, place, {
    progress: (_, answered, total) => progress(`${answered} of ${total} operations`),
    happened: (event) => events.push(event),
  });
  return fuzzSummary(result, events);
}

function benched(
  { shape, workload, clients }: YcsbConfiguration,
  effort: Effort,
  place: ServicePlace,
  progress: MeasureProgress,
): Promise<YcsbResult> {
  const plan = { workload, clients, records: effort.ycsbRecords, operations: effort.ycsbOperations, seed };
  return ycsbService(plan, shape, place, (phase, done, total) => progress(`[${phase}] ${done} of ${total} operations`));
}
