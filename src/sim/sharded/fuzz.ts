import { Rng } from "../../base/rng.ts";
import type { PlanLengths } from "../plan.ts";
import { drawShardedPlan, type ShardedPlan } from "./plan.ts";
import { type ShardedOptions, type ShardedSeedResult, ShardedUniverse } from "./universe.ts";

/** How the seed of a whole cluster is run. */
export interface ShardedFuzzOptions extends ShardedOptions, PlanLengths {
  /** Hears of the plan before anything runs. */
  readonly onPlan?: (plan: ShardedPlan) => void;
}

export const shardedFuzzDefaults: PlanLengths = Object.freeze({ faultsMs: 10_000, settleMs: 40_000 });

/** Runs one universe of a whole cluster: the plan, its faults and its storm, the healing, the check; and says what became of it. */
export function runShardedSeed(seed: string | number, given: Partial<ShardedFuzzOptions> = {}): ShardedSeedResult {
  const options = { ...shardedFuzzDefaults, ...given };
  const { faultsMs, settleMs } = options;
  const rng = new Rng(String(seed));
  const plan = drawShardedPlan(String(seed), rng.fork("plan"), { faultsMs, settleMs });
  options.onPlan?.(plan);
  return new ShardedUniverse(rng, plan, options).run();
}
