import type { Case } from "./case.ts";
import type { Figures } from "./world.ts";

/** How one case ended. */
export interface CaseResult {
  readonly suite: string;
  readonly seed: number;
  readonly number: number;
  readonly title: string;
  /** Why it failed; undefined when it passed. */
  readonly reason: string | undefined;
  /** Where its code broke, when the reason is no failed check but a bug. */
  readonly stack: string | undefined;
  /** Of its runs, in their order; those behind a failed one did not happen. */
  readonly figures: readonly Figures[];
  /** Milliseconds of this machine's processor. */
  readonly cpuMs: number;
}

/** Sums over cases. */
export interface Totals {
  readonly cases: number;
  readonly failed: number;
  readonly worldMs: number;
  readonly rpcs: number;
  readonly bytes: number;
  readonly entries: number;
  readonly cpuMs: number;
}

/** Hears what happens while a suite runs. */
export interface Reporter {
  seedBegins(suite: string, world: string, seed: number): void;
  caseBegins(suite: string, which: Case): void;
  caseEnds(result: CaseResult): void;
  allEnded(suite: string, seeds: number, totals: Totals): void;
}

export const noTotals: Totals = { cases: 0, failed: 0, worldMs: 0, rpcs: 0, bytes: 0, entries: 0, cpuMs: 0 };

export function addResult(totals: Totals, result: CaseResult): Totals {
  const sums = sumFigures(result.figures);
  return {
    cases: totals.cases + 1,
    failed: totals.failed + (result.reason === undefined ? 0 : 1),
    worldMs: totals.worldMs + sums.worldMs,
    rpcs: totals.rpcs + sums.rpcs,
    bytes: totals.bytes + sums.bytes,
    entries: totals.entries + sums.entries,
    cpuMs: totals.cpuMs + result.cpuMs,
  };
}

export function sumFigures(figures: readonly Figures[]): Omit<Figures, "servers"> {
  const sums = { worldMs: 0, rpcs: 0, bytes: 0, entries: 0 };
  for (const { worldMs, rpcs, bytes, entries } of figures) {
    sums.worldMs += worldMs;
    sums.rpcs += rpcs;
    sums.bytes += bytes;
    sums.entries += entries;
  }
  return sums;
}

/** The one command that plays a case again, exactly as it was. */
export function replayCommand(result: CaseResult): string {
  return `kvorum lab ${result.suite} ${result.number} --seed ${result.seed}`;
}
