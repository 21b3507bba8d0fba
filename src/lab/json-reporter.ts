import { type CaseResult, replayCommand, type Reporter, sumFigures, type Totals } from "./result.ts";
import { durationText } from "./text.ts";
import type { Write } from "./text-reporter.ts";

/** A line of JSON for each case, and one at the end. */
export class JsonReporter implements Reporter {
  readonly #out: Write;
  #world = "";

  constructor(out: Write) {
    this.#out = out;
  }

  seedBegins(_: string, world: string): void {
    this.#world = world;
  }

  caseBegins(): void {
    // A case is worth a line when its result is known.
  }

  caseEnds(result: CaseResult): void {
    const { suite, seed, number, title, reason, figures, cpuMs } = result;
    const servers = figures.map((each) => each.servers);
    this.#line({
      suite,
      world: this.#world,
      seed,
      number,
      title,
      passed: reason === undefined,
      reason,
      replay: reason === undefined ? undefined : replayCommand(result),
      servers,
      ...rounded(sumFigures(figures)),
      cpu: durationText(cpuMs),
    });
  }

  allEnded(suite: string, seeds: number, totals: Totals): void {
    const { cases, failed, cpuMs } = totals;
    this.#line({ suite, world: this.#world, seeds, cases, failed, passed: failed === 0, ...rounded(totals), cpu: durationText(cpuMs) });
  }

  #line(value: object): void {
    this.#out(`${JSON.stringify(value)}\n`);
  }
}

function rounded(sums: { worldMs: number; rpcs: number; bytes: number; entries: number }): object {
  const { worldMs, rpcs, bytes, entries } = sums;
  return { worldMs: Math.round(worldMs), rpcs, bytes, entries };
}
