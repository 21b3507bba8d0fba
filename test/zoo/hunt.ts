import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Fuzz from "../../src/sim/fuzz.ts";
import { bugs as coreRules } from "./bugs.ts";
import { raftBugs } from "./bugs-raft.ts";
import { rsmBugs } from "./bugs-rsm.ts";
import { type Bug, plant } from "./plant.ts";

/** Every planted bug, in the order of the table. */
export const zoo: readonly Bug[] = [...raftBugs, ...coreRules, ...rsmBugs].toSorted((a, b) =>
  a.id.localeCompare(b.id, "en", { numeric: true }),
);

/** What a seed showed. */
export interface Catch {
  readonly seed: string;
  readonly invariant: string;
  readonly sentence: string;
}

/** The fuzzer of a copy of the source that has the bug. */
export async function plantedFuzz(bug: Bug): Promise<typeof Fuzz> {
  return (await import(pathToFileURL(join(plant(bug), "sim/fuzz.ts")).href)) as typeof Fuzz;
}

/** What the seed shows in that fuzzer; undefined when it finds nothing wrong. */
export function trySeed(fuzz: typeof Fuzz, seed: string): Catch | undefined {
  const { finding } = fuzz.runSeed(seed);
  return finding === undefined ? undefined : { seed, invariant: finding.invariant, sentence: finding.sentence };
}

/** The first of `count` seeds from `first` on that finds the bug. */
export async function hunt(bug: Bug, first: number, count: number, tried: (seeds: number) => void): Promise<Catch | undefined> {
  const fuzz = await plantedFuzz(bug);
  for (let i = 0; i < count; i += 1) {
    const caught = trySeed(fuzz, String(first + i));
    tried(i + 1);
    if (caught !== undefined) return caught;
  }
  return undefined;
}
