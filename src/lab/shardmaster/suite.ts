import type { Suite } from "../case.ts";
import { courseCases } from "./course.ts";
import { ownCases } from "./own.ts";

/** 1 to 12 are the MIT courses', with checks that can fail; the rest is ours. */
export const shardmasterSuite: Suite = {
  name: "shardmaster",
  summary: "numbered configurations: even shares, few moves, one history for everybody",
  cases: [...courseCases, ...ownCases],
};
