import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCeiling } from "./ceiling.ts";
import { startKvorum } from "./kvorum.ts";
import { type LoadFigures, measureLoad } from "./load.ts";
import type { Target } from "./target.ts";

export const groupSettings = { valueBytes: 128, keys: 10_000 } as const;

/** Connections, and operations in flight on each. */
const shapes = [
  [1, 1],
  [30, 1],
  [16, 16],
  [64, 16],
] as const;

/** One store under one load: the medians of all rounds. */
export interface GroupMeasured {
  readonly name: string;
  readonly shape: string;
  readonly operation: "put" | "get";
  readonly figures: LoadFigures;
  /** Throughput beside the ceiling's puts of the same rounds, and CPU beside theirs; only of puts. */
  readonly ofCeiling?: number;
  readonly cpuOfCeiling?: number;
}

export interface GroupPlan {
  /** Pairs of measurements, one of each store: first the one, then the other. */
  readonly rounds: number;
  readonly seconds: number;
}

/** Measures kvorum beside the ceiling in interleaved pairs: a machine that others use too is as slow for both. */
export async function measureGroup({ rounds, seconds }: GroupPlan, progress: (text: string) => void): Promise<readonly GroupMeasured[]> {
  const directory = mkdtempSync(join(tmpdir(), "kvorum-bench-"));
  const [kvorum, ceiling] = [await startKvorum(join(directory, "kvorum")), await startCeiling(join(directory, "ceiling"))];
  try {
    const measured: GroupMeasured[] = [];
    for (const [connections, depth] of shapes) {
      const shape = `${connections}x${depth}`;
      const load = { connections, depth, seconds, ...groupSettings };
      const all: Record<"put" | "get" | "ceiling", LoadFigures[]> = { put: [], get: [], ceiling: [] };
      for (let round = 1; round <= rounds; round += 1) {
        progress(`${shape}, round ${round} of ${rounds}`);
        const measure = (target: Target, operation: "put" | "get"): Promise<LoadFigures> => measureLoad(target, { ...load, operation });
        all.put.push(await measure(kvorum, "put"));
        all.ceiling.push(await measure(ceiling, "put"));
        all.get.push(await measure(kvorum, "get"));
      }
      const [put, get, top] = [medians(all.put), medians(all.get), medians(all.ceiling)];
      const ratio = (of: (figures: LoadFigures) => number): number =>
        median(all.put.map((figures, round) => of(figures) / of(all.ceiling[round] as LoadFigures)));
      const [ofCeiling, cpuOfCeiling] = [ratio(({ perSecond }) => perSecond), ratio(({ serverCpuUs }) => serverCpuUs)];
      measured.push(
        { name: "ceiling", shape, operation: "put", figures: top },
        { name: "kvorum", shape, operation: "put", figures: put, ofCeiling, cpuOfCeiling },
        { name: "kvorum", shape, operation: "get", figures: get },
      );
    }
    return measured;
  } finally {
    await Promise.all([kvorum.stop(), ceiling.stop()]);
    rmSync(directory, { recursive: true, force: true });
  }
}

export function medians(rounds: readonly LoadFigures[]): LoadFigures {
  const of = (figure: keyof LoadFigures): number => median(rounds.map((figures) => figures[figure]));
  const [operations, perSecond, serverCpuUs] = [of("operations"), of("perSecond"), of("serverCpuUs")];
  return { operations, perSecond, serverCpuUs, p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), p999Ms: of("p999Ms") };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
