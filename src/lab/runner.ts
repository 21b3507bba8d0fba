import { Rng } from "../base/rng.ts";
import type { Case, Run, Suite } from "./case.ts";
import { CaseFailure } from "./failure.ts";
import { addResult, type CaseResult, noTotals, type Reporter, type Totals } from "./result.ts";
import type { Figures, WorldKind } from "./world.ts";

/** The course's tester snapshots after entry i when i + 1 is a multiple of it. */
const compactEvery = 10;

export interface LabOptions {
  readonly suite: Suite;
  /** Which of its cases, in the order in which they are to run. */
  readonly cases: readonly Case[];
  /** The cases run once for each. */
  readonly seeds: readonly number[];
  readonly world: WorldKind;
  readonly reporter: Reporter;
}

/** Runs cases one after the other, whatever becomes of those before. */
export async function runLab(options: LabOptions): Promise<Totals> {
  const { suite, cases, seeds, world, reporter } = options;
  let totals = noTotals;
  for (const seed of seeds) {
    reporter.seedBegins(suite.name, world.name, seed);
    for (const which of cases) {
      reporter.caseBegins(suite.name, which);
      const result = await runCase(suite.name, which, seed, world);
      reporter.caseEnds(result);
      totals = addResult(totals, result);
    }
  }
  reporter.allEnded(suite.name, seeds.length, totals);
  return totals;
}

/** Runs one case. Its worlds depend on seed, suite and number alone, not on what ran before. */
export async function runCase(suite: string, which: Case, seed: number, world: WorldKind): Promise<CaseResult> {
  const rng = new Rng(seed).fork(suite).fork(which.number);
  const began = process.cpuUsage();
  const figures: Figures[] = [];
  let failure: { readonly reason: string; readonly stack: string | undefined } | undefined;
  for (const [at, run] of which.runs.entries()) {
    const shape = { servers: run.servers, compactEvery: run.compacts === true ? compactEvery : undefined };
    const outcome = await world.run(shape, rng.fork(at), (lab) => run.run(lab));
    figures.push(outcome.figures);
    failure = outcome.failed ? describe(outcome.failure) : overLimit(run, outcome.figures);
    if (failure === undefined) continue;
    if (run.name !== undefined) failure = { ...failure, reason: `${run.name}: ${failure.reason}` };
    break;
  }
  const { user, system } = process.cpuUsage(began);
  const { number, title } = which;
  const cpuMs = (user + system) / 1000;
  return { suite, seed, number, title, reason: failure?.reason, stack: failure?.stack, figures, cpuMs };
}

/** A failed check speaks for itself; anything else is somebody's bug, and the stack tells whose. */
function describe(failure: unknown): { readonly reason: string; readonly stack: string | undefined } {
  if (failure instanceof CaseFailure) return { reason: failure.message, stack: undefined };
  if (!(failure instanceof Error)) return { reason: String(failure), stack: undefined };
  const origin = failure.cause instanceof Error ? failure.cause : failure;
  return { reason: failure.message, stack: origin.stack };
}

function overLimit(run: Run, figures: Figures): { readonly reason: string; readonly stack: undefined } | undefined {
  if (run.limitMs === undefined || figures.worldMs <= run.limitMs) return undefined;
  const reason = `it took ${figures.worldMs / 1000} seconds of its world's time, more than ${run.limitMs / 1000}`;
  return { reason, stack: undefined };
}
