import { Rng } from "../../base/rng.ts";
import type { GroupCounts } from "../group/counts.ts";
import { groupFuzzDefaults, type GroupFuzzOptions, type GroupSeedResult, GroupUniverse } from "../group/universe.ts";
import { type AdminCounts, AdminLife } from "./admin-life.ts";
import { AdminWishes } from "./draw.ts";
import { ConfigLaw } from "./config-law.ts";
import { masterGroup, masterName } from "./master-group.ts";
import { drawMasterPlan, type MasterPlan } from "./plan.ts";
import { MasterRecording } from "./recording.ts";

export type MasterFuzzOptions = GroupFuzzOptions<MasterPlan>;

export const masterFuzzDefaults: MasterFuzzOptions = groupFuzzDefaults;

/** How often that has happened which a seed of a shardmaster is for. */
export type MasterCounts = GroupCounts & Readonly<AdminCounts>;

export interface MasterSeedResult extends GroupSeedResult {
  readonly counts: MasterCounts;
}

/** Runs one universe of a shardmaster whose clients change configurations: the plan, its faults, the healing, the check. */
export function runMasterSeed(seed: string | number, given: Partial<MasterFuzzOptions> = {}): MasterSeedResult {
  const options = { ...masterFuzzDefaults, ...given };
  const rng = new Rng(String(seed));
  const plan = drawMasterPlan(String(seed), rng.fork("plan"), options);
  options.onPlan?.(plan);
  const law = new ConfigLaw();
  const recording = new MasterRecording((result) => law.isPremature(result));
  const counts: AdminCounts = { made: 0, unchanged: 0, latest: 0 };
  const { onTrace, onHistory } = options;
  const universe = new GroupUniverse(
    rng,
    plan,
    {
      name: masterName,
      kind: masterGroup(plan.replica, plan.shape),
      reference: law.watched(),
      newLife: (parts) => new AdminLife(parts, { wishes: (own) => new AdminWishes(plan.clients, plan.shape, own), recording, counts }),
      history: (log, tight) => recording.history(log, tight),
      finish: ({ state }) => law.finish(state),
    },
    { ...(onTrace === undefined ? {} : { onTrace }), ...(onHistory === undefined ? {} : { onHistory }) },
  );
  const result = universe.run();
  return { ...result, counts: { ...result.counts, ...counts } };
}
