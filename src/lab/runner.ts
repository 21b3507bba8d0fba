import { Rng } from "../base/rng.ts";
import type { Case, Run, Suite } from "./case.ts";
import { CaseFailure } from "./failure.ts";
import { addResult, type CaseResult, type InvalidRun, noTotals, type Reporter, stallText, type Totals } from "./result.ts";
import type { Figures, Outcome, Remains, Stall } from "./world.ts";
import type { WorldKind } from "./world-kind.ts";

/** The course's tester snapshots after entry i when i + 1 is a multiple of it. */
const compactEvery = 10;
/** When so many attempts at a case were invalid, it has failed: a machine that never lets it run says nothing good about it either. */
const invalidMax = 3;

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
    reporter.seedBegins(suite.name, world, seed);
    for (const which of cases) {
      reporter.caseBegins(suite.name, which);
      const result = await runCase(suite.name, which, seed, world, (run) => reporter.caseRepeats(run));
      reporter.caseEnds(result);
      totals = addResult(totals, result);
    }
  }
  reporter.allEnded(suite.name, seeds.length, totals);
  return totals;
}

/**
 * Runs one case. Its worlds depend on seed, suite and number alone, not on what ran before. An attempt that failed while something
 * stood still is invalid, and the case runs again; a case that passed has passed.
 */
export async function runCase(
  suite: string,
  which: Case,
  seed: number,
  world: WorldKind,
  repeats: (run: InvalidRun) => void = () => {},
): Promise<CaseResult> {
  const played = { suite, world: world.name, seed, number: which.number, title: which.title };
  const rng = new Rng(seed).fork(suite).fork(which.number);
  let cpuMs = 0;
  for (let invalid = 0; ;) {
    const { figures, failure, stalls, remains, cpuMs: more } = await attempt(which, rng, world);
    cpuMs += more;
    const stall = longest(stalls);
    if (failure !== undefined && stall !== undefined) invalid += 1;
    if (failure === undefined || stall === undefined || invalid === invalidMax) {
      const reason = failure !== undefined && stall !== undefined ? neverValid(failure.reason, stall) : failure?.reason;
      return { ...played, reason, evidence: failure?.evidence, kept: remains?.folder, invalid, figures, cpuMs };
    }
    remains?.remove();
    repeats({ ...played, ...failure, stall });
  }
}

interface Failure {
  readonly reason: string;
  readonly evidence: string | undefined;
}

/** What came of a case's runs, up to the first that failed. */
interface Attempt {
  readonly figures: readonly Figures[];
  readonly failure: Failure | undefined;
  /** Those of the run that failed. */
  readonly stalls: readonly Stall[];
  readonly remains: Remains | undefined;
  readonly cpuMs: number;
}

async function attempt(which: Case, rng: Rng, world: WorldKind): Promise<Attempt> {
  const began = process.cpuUsage();
  const figures: Figures[] = [];
  let childrenCpuMs = 0;
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000 + childrenCpuMs;
  };
  for (const [at, run] of which.runs.entries()) {
    const outcome = await play(run, world, rng.fork(at));
    figures.push(outcome.figures);
    childrenCpuMs += outcome.childrenCpuMs;
    const failure = outcome.failed ? describe(outcome.failure) : overLimit(run, outcome.figures);
    if (failure === undefined) continue;
    const reason = run.name === undefined ? failure.reason : `${run.name}: ${failure.reason}`;
    const { stalls, remains } = outcome;
    return { figures, failure: { ...failure, reason }, stalls, remains, cpuMs: cpuMs() };
  }
  return { figures, failure: undefined, stalls: [], remains: undefined, cpuMs: cpuMs() };
}

function play(run: Run, world: WorldKind, rng: Rng): Promise<Outcome> {
  if (run.on === "store") return world.runStore(run.shape, rng, (store) => run.run(store));
  if (run.on === "master") return world.runMaster(run.shape, rng, (master) => run.run(master));
  if (run.on === "sharded") return world.runSharded(run.shape, rng, (sharded) => run.run(sharded));
  if (run.on === "process") return world.runProcess(rng, (process) => run.run(process));
  const shape = { servers: run.servers, compactEvery: run.compacts === true ? compactEvery : undefined };
  return world.run(shape, rng, (lab) => run.run(lab));
}

function longest(stalls: readonly Stall[]): Stall | undefined {
  return stalls.reduce<Stall | undefined>((worst, stall) => (worst === undefined || stall.ms > worst.ms ? stall : worst), undefined);
}

function neverValid(reason: string, stall: Stall): string {
  return `${reason}; none of ${invalidMax} runs was valid, in the last one ${stallText(stall)}`;
}

/** A failed check speaks for itself; anything else is somebody's bug, and the stack tells whose. */
function describe(failure: unknown): Failure {
  if (failure instanceof CaseFailure) return { reason: failure.message, evidence: failure.evidence };
  if (!(failure instanceof Error)) return { reason: String(failure), evidence: undefined };
  const origin = failure.cause instanceof Error ? failure.cause : failure;
  return { reason: failure.message, evidence: origin.stack };
}

function overLimit(run: Run, figures: Figures): Failure | undefined {
  if (run.limitMs === undefined || figures.worldMs <= run.limitMs) return undefined;
  const reason = `it took ${figures.worldMs / 1000} seconds of its world's time, more than ${run.limitMs / 1000}`;
  return { reason, evidence: undefined };
}
