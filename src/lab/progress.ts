import type { Case } from "./case.ts";
import type { CaseResult, InvalidRun, Reporter, Totals, WorldLabel } from "./result.ts";
import { durationText } from "./text.ts";
import type { Write } from "./text-reporter.ts";

const firstMs = 2_000;
const terminalMs = 1_000;
const plainMs = 10_000;

/** Where progress is shown: a terminal, where a line can be written over, or anything else. */
export interface ProgressScreen {
  readonly write: Write;
  readonly isTerminal: boolean;
}

/** Tells on the side how long a case has been running that takes long, and hands everything on to another reporter. */
export class ProgressReporter implements Reporter {
  readonly #inner: Reporter;
  readonly #screen: ProgressScreen;
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  constructor(inner: Reporter, screen: ProgressScreen) {
    this.#inner = inner;
    this.#screen = screen;
  }

  seedBegins(suite: string, world: WorldLabel, seed: number): void {
    this.#inner.seedBegins(suite, world, seed);
  }

  caseBegins(suite: string, which: Case): void {
    this.#inner.caseBegins(suite, which);
    const began = Date.now();
    const { isTerminal } = this.#screen;
    this.#every(isTerminal ? firstMs : plainMs, isTerminal ? terminalMs : plainMs, () => {
      const text = `${suite} ${which.number} has been running for ${durationText(Date.now() - began)}`;
      this.#screen.write(isTerminal ? `\r${text}` : `${text}\n`);
      this.#shown = isTerminal;
    });
  }

  caseRepeats(run: InvalidRun): void {
    this.#wipe();
    this.#inner.caseRepeats(run);
  }

  caseEnds(result: CaseResult): void {
    clearTimeout(this.#timer);
    this.#wipe();
    this.#inner.caseEnds(result);
  }

  allEnded(suite: string, seeds: number, totals: Totals): void {
    this.#inner.allEnded(suite, seeds, totals);
  }

  #wipe(): void {
    // Carriage return, and clear to the end of the line.
    if (this.#shown) this.#screen.write("\r\u001b[K");
    this.#shown = false;
  }

  #every(first: number, then: number, run: () => void): void {
    this.#timer = setTimeout(() => {
      run();
      this.#every(then, then, run);
    }, first);
  }
}
