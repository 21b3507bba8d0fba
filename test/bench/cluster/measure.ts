import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadFigures, type LoadShape, measureLoad } from "../group/load.ts";
import { median, medians } from "../group/measure.ts";
import { measureMoves, type Moves } from "./moves.ts";
import { type BenchStore, startStore } from "./store.ts";

/** What everything is measured with. */
export const clusterSettings = {
  shards: 12,
  groups: 3,
  connectionsPerGroup: 8,
  depth: 4,
  valueBytes: 100,
  keys: 10_000,
  /** Of the most that one group does, what each group is asked for where the load is an even one. */
  evenShare: 0.2,
} as const;

export interface ClusterBenchPlan {
  readonly rounds: number;
  readonly seconds: number;
  /** How many rows move, of `valueBytes`. */
  readonly rows: number;
}

/**
 * `most`: clients ask for as much as they can, so that all groups together want more than the machine has. `even`: each group is asked for
 * the same in a second, however many there are.
 */
type Load = "most" | "even";

/** So many groups under so many clients each, whose keys are all in their own group: the medians of all rounds. */
export interface Scaled {
  readonly groups: number;
  readonly operation: "put" | "get";
  readonly load: Load;
  readonly figures: LoadFigures;
  /** Server CPU per operation beside that of one group in the same round. */
  readonly cpuOfOne: number;
}

export interface ClusterMeasured {
  readonly scaled: readonly Scaled[];
  readonly moves: Moves;
}

const cases = [
  { load: "most", operation: "put" },
  { load: "most", operation: "get" },
  { load: "even", operation: "put" },
  { load: "even", operation: "get" },
] as const;

/** Measures a store of one, two and three groups in turn, and then what it costs to move rows. */
export async function measureCluster(plan: ClusterBenchPlan, progress: (text: string) => void): Promise<ClusterMeasured> {
  const directory = mkdtempSync(join(tmpdir(), "kvorum-bench-"));
  const { shards, groups } = clusterSettings;
  const store = await startStore(directory, shards, groups);
  try {
    await store.admin.join([store.group(1)]);
    const scaled = await scale(store, plan, progress);
    await store.admin.leave([3]);
    await store.served();
    const moves = await measureMoves(store, { ...clusterSettings, ...plan }, progress);
    return { scaled, moves };
  } finally {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** In rounds of one, two, three groups, so that a machine that others use too is as slow for all of them. It ends with three. */
async function scale(store: BenchStore, { rounds, seconds }: ClusterBenchPlan, progress: (text: string) => void): Promise<Scaled[]> {
  const { groups: most } = clusterSettings;
  const all: LoadFigures[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const figures: LoadFigures[] = [];
    for (let groups = 1; groups <= most; groups += 1) {
      progress(`${groups} of ${most} groups, round ${round + 1} of ${rounds}`);
      // oxlint-disable no-await-in-loop -- one after the other
      if (groups > 1) await store.admin.join([store.group(groups)]);
      await store.served();
      const keyOf = await ownKeys(store, groups);
      for (const [which, { load, operation }] of cases.entries()) {
        const highest = load === "most" ? undefined : (figures[at(1, which % 2)] as LoadFigures).perSecond;
        const perSecondMax = highest && (highest * clusterSettings.evenShare) / clusterSettings.connectionsPerGroup;
        figures.push(await measureGroups(store, groups, { operation, seconds, key: keyOf, ...(perSecondMax && { perSecondMax }) }));
      }
    }
    if (round < rounds - 1) await store.admin.leave(Array.from({ length: most - 1 }, (_, number) => number + 2));
    // oxlint-enable no-await-in-loop
    all.push(figures);
  }
  return Array.from({ length: most }, (_, number) => number + 1).flatMap((groups) =>
    cases.map(({ load, operation }, which): Scaled => {
      const rows = all.map((figures) => figures[at(groups, which)] as LoadFigures);
      const ratios = all.map(
        (figures) => (figures[at(groups, which)] as LoadFigures).serverCpuUs / (figures[at(1, which)] as LoadFigures).serverCpuUs,
      );
      return { groups, operation, load, figures: medians(rows), cpuOfOne: median(ratios) };
    }),
  );
}

/** For each connection the keys of one group, in turn: as many connections for each group. */
async function ownKeys(store: BenchStore, groups: number): Promise<(number: number, connection: number) => string> {
  const gids = Array.from({ length: groups }, (_, number) => number + 1);
  const all = await Promise.all(gids.map(async (gid) => store.keysOf(await store.shardsOf(gid), clusterSettings.keys, "key")));
  return (number, connection) => (all[connection % groups] as string[])[number] as string;
}

async function measureGroups(
  store: BenchStore,
  groups: number,
  asked: Pick<LoadShape, "operation" | "seconds" | "key" | "perSecondMax">,
): Promise<LoadFigures> {
  const { connectionsPerGroup, depth, valueBytes, keys } = clusterSettings;
  const shape = { ...asked, connections: connectionsPerGroup * groups, depth, valueBytes, keys };
  const target = store.target(groups);
  await measureLoad(target, { ...shape, seconds: asked.seconds / 4 });
  return measureLoad(target, shape);
}

/** Where a round's figure stands: those of one group first. */
function at(groups: number, which: number): number {
  return cases.length * (groups - 1) + which;
}
