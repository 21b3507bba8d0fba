import type { Case } from "./case.ts";
import type { Figures, Stall } from "./world.ts";
import type { WorldKind } from "./world-kind.ts";

/** One of a suite's cases, as it is played. */
export interface Played {
  readonly suite: string;
  /** The name of its world. */
  readonly world: string;
  readonly seed: number;
  readonly number: number;
  readonly title: string;
}

/** An attempt at a case that failed while something stood still: it says nothing, and the case runs again. */
export interface InvalidRun extends Played {
  readonly reason: string;
  /** What more there is to say than the reason: such an end may be a bug's all the same. */
  readonly evidence: string | undefined;
  /** The longest that was seen. */
  readonly stall: Stall;
}

/** How one case ended. */
export interface CaseResult extends Played {
  /** Why it failed; undefined when it passed. */
  readonly reason: string | undefined;
  /** What more there is to say than the reason: where a bug broke its code, or a dead server's last words. */
  readonly evidence: string | undefined;
  /** Where what the servers had on their disks has been kept. */
  readonly kept: string | undefined;
  /** Attempts that were invalid. */
  readonly invalid: number;
  /** Of its runs, in their order; those behind a failed one did not happen. */
  readonly figures: readonly Figures[];
  /** Milliseconds of this machine's processor. */
  readonly cpuMs: number;
}

/** Sums over cases. */
export interface Totals {
  readonly cases: number;
  readonly failed: number;
  /** Attempts that count as neither passed nor failed. */
  readonly invalid: number;
  readonly worldMs: number;
  readonly rpcs: number;
  readonly bytes: number;
  readonly entries: number;
  readonly operations: number;
  readonly cpuMs: number;
}

/** What is said of a world to those who report. */
export type WorldLabel = Pick<WorldKind, "name" | "isRealTime">;

/** Hears what happens while a suite runs. */
export interface Reporter {
  seedBegins(suite: string, world: WorldLabel, seed: number): void;
  caseBegins(suite: string, which: Case): void;
  caseRepeats(run: InvalidRun): void;
  caseEnds(result: CaseResult): void;
  allEnded(suite: string, seeds: number, totals: Totals): void;
}

/** The world of cases for which none is named. */
export const defaultWorld = "sim";

export const noTotals: Totals = { cases: 0, failed: 0, invalid: 0, worldMs: 0, rpcs: 0, bytes: 0, entries: 0, operations: 0, cpuMs: 0 };

export function addResult(totals: Totals, result: CaseResult): Totals {
  const sums = sumFigures(result.figures);
  return {
    cases: totals.cases + 1,
    failed: totals.failed + (result.reason === undefined ? 0 : 1),
    invalid: totals.invalid + result.invalid,
    worldMs: totals.worldMs + sums.worldMs,
    rpcs: totals.rpcs + sums.rpcs,
    bytes: totals.bytes + sums.bytes,
    entries: totals.entries + sums.entries,
    operations: totals.operations + sums.operations,
    cpuMs: totals.cpuMs + result.cpuMs,
  };
}

/** Sums of figures. */
export type Sums = Required<Omit<Figures, "servers">>;

export function sumFigures(figures: readonly Figures[]): Sums {
  const sums = { worldMs: 0, rpcs: 0, bytes: 0, entries: 0, operations: 0 };
  for (const { worldMs, rpcs, bytes, entries, operations = 0 } of figures) {
    sums.worldMs += worldMs;
    sums.rpcs += rpcs;
    sums.bytes += bytes;
    sums.entries += entries;
    sums.operations += operations;
  }
  return sums;
}

/** The one command that plays a case again: exactly as it was, as far as its world can. */
export function replayCommand({ suite, world, seed, number }: Played): string {
  return `kvorum lab ${suite} ${number}${world === defaultWorld ? "" : ` --world ${world}`} --seed ${seed}`;
}

/** "server 2 stalled for 310 ms" */
export function stallText({ who, ms }: Stall): string {
  return `${who} stalled for ${Math.round(ms)} ms`;
}
