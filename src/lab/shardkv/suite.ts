import type { Suite } from "../case.ts";
import { challengeCases } from "./challenges.ts";
import { courseCases } from "./course.ts";
import { deathCases } from "./deaths.ts";
import { loadCases } from "./load.ts";
import { moveCases } from "./moves.ts";
import { seedCases } from "./seed.ts";
import { stormCases } from "./storms.ts";

/** 1 to 6 are the C++ course's, 7 to 20 the MIT courses', with checks that can fail; the rest is ours. */
export const shardkvSuite: Suite = {
  name: "shardkv",
  summary: "shards that move between groups while clients go on",
  cases: [...seedCases, ...courseCases, ...stormCases, ...challengeCases, ...moveCases, ...deathCases, ...loadCases],
};
