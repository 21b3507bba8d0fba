import { checkHistory, type CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import { violate } from "../oracle/violation.ts";

/** With fewer operations answered a seed has shown nothing. */
export const answeredMin = 10;

/** What the checker may cost: a history of a seed takes a few thousand steps. */
const stepsMax = 300_000;

/** What clients saw is judged as they saw it; where many have asked at once, which can take for ever, more strictly. */
export function judge(history: (tight: boolean) => History): CheckResult {
  const result = checkHistory(history(false), { stepsMax });
  return result.verdict === "undecided" ? checkHistory(history(true), { stepsMax }) : result;
}

/** Throws a `Violation` where what clients saw is not linearizable. */
export function demandOrder({ verdict, failure }: CheckResult): void {
  if (verdict === "not linearizable") violate("LIN", `no order explains what clients saw of ${JSON.stringify(failure?.key)}`);
}

/** What is said of histories that the checker has not come to the end of. */
export function whyUndecided(checks: readonly (CheckResult | undefined)[]): string | undefined {
  const isDecided = checks.every((check) => check?.verdict === "linearizable");
  return isDecided ? undefined : `its history was not decided in ${stepsMax} steps`;
}
