import type { Case } from "./case.ts";
import { type CaseResult, replayCommand, type Reporter, sumFigures, type Totals } from "./result.ts";
import { durationText } from "./text.ts";

/** Takes text, with its line ends. */
export type Write = (text: string) => void;

/** The course text's four lines, and what is indented between them: figures, and how to play a failed case again. */
export class TextReporter implements Reporter {
  readonly #out: Write;
  readonly #error: Write;

  /** `error` gets stack traces. */
  constructor(out: Write, error: Write) {
    this.#out = out;
    this.#error = error;
  }

  seedBegins(suite: string, world: string, seed: number): void {
    this.#out(`suite ${suite}, world ${world}, seed ${seed}\n`);
  }

  caseBegins(_: string, which: Case): void {
    this.#out(`TEST ${which.number}: ${which.title}\n`);
  }

  caseEnds(result: CaseResult): void {
    const { number, reason, stack, figures, cpuMs } = result;
    this.#out(reason === undefined ? `TEST ${number} Passed\n` : `TEST ${number} Failed: ${reason}\n`);
    const servers = figures.map((each) => each.servers).join("+");
    this.#out(`    ${servers} servers, ${sumsText(sumFigures(figures))}, ${durationText(cpuMs)} CPU\n`);
    if (reason !== undefined) this.#out(`    replay: ${replayCommand(result)}\n`);
    if (stack !== undefined) this.#error(`${stack}\n`);
  }

  allEnded(_: string, seeds: number, totals: Totals): void {
    const { cases, failed, cpuMs } = totals;
    const over = seeds > 1 ? ` over ${seeds} seeds` : "";
    this.#out(`    total${over}: ${cases - failed} passed, ${failed} failed, ${sumsText(totals)}, ${durationText(cpuMs)} CPU\n`);
    this.#out(failed === 0 ? "ALL TESTS PASSED\n" : "TESTS FAILED\n");
  }
}

function sumsText(sums: { worldMs: number; rpcs: number; bytes: number; entries: number }): string {
  return `${(sums.worldMs / 1000).toFixed(1)} simulated seconds, ${sums.rpcs} rpcs, ${sums.bytes} bytes, ${sums.entries} entries`;
}
