import { Rng } from "../../base/rng.ts";
import { KvMachine } from "../../shardkv/kv-machine.ts";
import { kvOptions } from "../../shardkv/options.ts";
import { decodeResult } from "../../shardkv/results.ts";
import type { GroupCounts } from "../group/counts.ts";
import { groupFuzzDefaults, type GroupFuzzOptions, type GroupSeedResult, GroupUniverse } from "../group/universe.ts";
import { Recording } from "./recording.ts";
import { kvGroup } from "./kv-group.ts";
import { KvLife, type KvOutcomeCounts } from "./kv-life.ts";
import { drawKvPlan, type KvPlan } from "./plan.ts";

export type KvFuzzOptions = GroupFuzzOptions<KvPlan>;

export const kvFuzzDefaults: KvFuzzOptions = groupFuzzDefaults;

/** How often that has happened which a seed of a store is for. */
export type KvCounts = GroupCounts & Readonly<KvOutcomeCounts>;

export interface KvSeedResult extends GroupSeedResult {
  readonly counts: KvCounts;
}

/** Runs one universe with clients of a store: the plan, its faults, the healing, the check; and says what became of it. */
export function runKvSeed(seed: string | number, given: Partial<KvFuzzOptions> = {}): KvSeedResult {
  const options = { ...kvFuzzDefaults, ...given };
  const rng = new Rng(String(seed));
  const plan = drawKvPlan(String(seed), rng.fork("plan"), options);
  options.onPlan?.(plan);
  const recording = new Recording();
  const counts: KvOutcomeCounts = { done: 0, pages: 0 };
  const { onTrace, onHistory } = options;
  const universe = new GroupUniverse(
    rng,
    plan,
    {
      kind: kvGroup(plan.replica, plan.kv),
      reference: {
        machine: new KvMachine(kvOptions(plan.kv)),
        isRefusal: (result) => !decodeResult(result).ok,
      },
      newLife: (parts) => new KvLife(parts, { plan: plan.clients, recording, counts }),
      history: ({ executed }, tight) => recording.history(executed, tight),
    },
    { ...(onTrace === undefined ? {} : { onTrace }), ...(onHistory === undefined ? {} : { onHistory }) },
  );
  const result = universe.run();
  return { ...result, counts: { ...result.counts, ...counts } };
}
