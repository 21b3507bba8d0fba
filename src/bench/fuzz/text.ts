import { explainFailure } from "../../check/explain.ts";
import { failureText } from "../../check/render-text.ts";
import type { FuzzResult } from "./fuzz-run.ts";
import type { FuzzPlan } from "./workload.ts";

/** `PASSED`: everything was answered, and what was seen is linearizable. `UNDECIDED`: the checker has given up; that is no pass. */
export type FuzzVerdict = "PASSED" | "FAILED" | "UNDECIDED";

export function fuzzVerdict({ failures, checked }: FuzzResult): FuzzVerdict {
  if (failures.length > 0 || checked.verdict === "not linearizable") return "FAILED";
  return checked.verdict === "linearizable" ? "PASSED" : "UNDECIDED";
}

/** The configuration, before anything runs. */
export function fuzzHead({ clients, keys, operations, conflict, seed }: FuzzPlan, service: string): string {
  return [
    "Fuzz testing configuration:",
    `  ${clients} clients, ${keys} keys${conflict ? " that all share" : " each"}, ${operations} operations each on average, seed ${seed}`,
    `  ${service}`,
    "",
  ].join("\n");
}

/** The text of a run in the lines of the course's fuzzer, the verdict's last but for what explains it. */
export function fuzzText(plan: FuzzPlan, result: FuzzResult): string {
  const { counts, keys, checked, failures, longest, ms } = result;
  const operations = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const frequencies = (plan.conflict ? [summed(keys)] : keys).map((each) => `[${each.join(", ")}]`);
  const verdict = fuzzVerdict(result);
  const lines = [
    `  Ops stats:  Put ${counts.PUT}  Swap ${counts.SWAP}  Get ${counts.GET}  Scan ${counts.SCAN}  Delete ${counts.DELETE}`,
    `  Keys freq:  ${frequencies.join("\n              ")}`,
    `  Time:       ${(ms / 1000).toFixed(1)} s, ${Math.round((operations / ms) * 1000)} operations a second`,
    `  Longest:    ${longest === undefined ? "none" : `${longest.ms.toFixed(0)} ms, client ${longest.client}, ${longest.line}`}`,
    `  Checked:    ${checked.verdict}: ${checked.keys} keys, ${checked.operations} operations on them, ${checked.steps} steps`,
    ...failures.map((failure) => `  ${failure}`),
    `Fuzz testing result: ${verdict}`,
  ];
  if (checked.failure !== undefined) lines.push("", failureText(explainFailure(checked.failure)));
  return `${lines.join("\n")}\n`;
}

function summed(keys: readonly (readonly number[])[]): number[] {
  return (keys[0] ?? []).map((_, at) => keys.reduce((sum, each) => sum + (each[at] ?? 0), 0));
}
