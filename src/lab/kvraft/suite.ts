import type { Suite } from "../case.ts";
import { courseCases } from "./course.ts";
import { matrixCases } from "./matrix.ts";
import { scriptedCases } from "./scripted.ts";

/** 1 to 10 are those of the C++ course, in its numbers; 11 to 33 are the MIT course's; 34 is one that the C++ course does not run. */
export const kvraftSuite: Suite = {
  name: "kvraft",
  summary: "a replicated store: linearizable operations through partitions, restarts and snapshots of one group",
  cases: [...courseCases, ...matrixCases, ...scriptedCases].toSorted((a, b) => a.number - b.number),
};
