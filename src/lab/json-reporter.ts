import {
  type CaseResult,
  type InvalidRun,
  replayCommand,
  type Reporter,
  stallText,
  sumFigures,
  type Sums,
  type Totals,
  type WorldLabel,
} from "./result.ts";
import { durationText } from "./text.ts";
import type { Write } from "./text-reporter.ts";

/** A line of JSON for each case and each invalid attempt at one, and one at the end. */
export class JsonReporter implements Reporter {
  readonly #out: Write;
  #world = "";

  constructor(out: Write) {
    this.#out = out;
  }

  seedBegins(_: string, world: WorldLabel): void {
    this.#world = world.name;
  }

  caseBegins(): void {
    // A case is worth a line when its result is known.
  }

  caseRepeats(run: InvalidRun): void {
    const { suite, world, seed, number, title, reason, evidence, stall } = run;
    this.#line({ suite, world, seed, number, title, invalid: stallText(stall), reason, evidence });
  }

  caseEnds(result: CaseResult): void {
    const { suite, world, seed, number, title, reason, evidence, kept, figures, invalid, cpuMs } = result;
    const which = { suite, world, seed, number, title };
    const verdict = { passed: reason === undefined, reason, evidence };
    this.#line({
      ...which,
      ...verdict,
      replay: reason === undefined ? undefined : replayCommand(result),
      kept,
      invalidRuns: invalid,
      servers: figures.map((each) => each.servers),
      ...rounded(sumFigures(figures)),
      cpu: durationText(cpuMs),
    });
  }

  allEnded(suite: string, seeds: number, totals: Totals): void {
    const { cases, failed, invalid, cpuMs } = totals;
    this.#line({
      suite,
      world: this.#world,
      seeds,
      cases,
      failed,
      passed: failed === 0,
      invalidRuns: invalid,
      ...rounded(totals),
      cpu: durationText(cpuMs),
    });
  }

  #line(value: object): void {
    this.#out(`${JSON.stringify(value)}\n`);
  }
}

function rounded({ worldMs, rpcs, bytes, entries, operations }: Sums): object {
  return { worldMs: Math.round(worldMs), rpcs, bytes, entries, operations: operations === 0 ? undefined : operations };
}
