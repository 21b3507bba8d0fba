import type { Case } from "./case.ts";
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

/** Takes text, with its line ends. */
export type Write = (text: string) => void;

/** The course text's four lines, and what is indented between them: figures, and how to play a failed case again. */
export class TextReporter implements Reporter {
  readonly #out: Write;
  readonly #error: Write;
  #isRealTime = false;

  /** `error` gets what is longer than a line. */
  constructor(out: Write, error: Write) {
    this.#out = out;
    this.#error = error;
  }

  seedBegins(suite: string, world: WorldLabel, seed: number): void {
    this.#isRealTime = world.isRealTime;
    this.#out(`suite ${suite}, world ${world.name}, seed ${seed}\n`);
  }

  caseBegins(_: string, which: Case): void {
    this.#out(`TEST ${which.number}: ${which.title}\n`);
  }

  caseRepeats({ number, reason, evidence, stall }: InvalidRun): void {
    this.#out(`TEST ${number} invalid: ${stallText(stall)}; it runs again\n    its failure: ${reason}\n`);
    if (evidence !== undefined) this.#error(`${evidence}\n`);
  }

  caseEnds(result: CaseResult): void {
    const { number, reason, evidence, kept, figures, invalid, cpuMs } = result;
    this.#out(reason === undefined ? `TEST ${number} Passed\n` : `TEST ${number} Failed: ${reason}\n`);
    const servers = figures.map((each) => each.servers).join("+");
    this.#out(`    ${servers} servers, ${this.#sums(sumFigures(figures))}${invalidText(invalid)}, ${durationText(cpuMs)} CPU\n`);
    if (reason !== undefined) this.#out(`    replay: ${replayCommand(result)}\n`);
    if (kept !== undefined) this.#out(`    kept: ${kept}\n`);
    if (evidence !== undefined) this.#error(`${evidence}\n`);
  }

  allEnded(_: string, seeds: number, totals: Totals): void {
    const { cases, failed, invalid, cpuMs } = totals;
    const over = seeds > 1 ? ` over ${seeds} seeds` : "";
    const counts = `${cases - failed} passed, ${failed} failed`;
    this.#out(`    total${over}: ${counts}${invalidText(invalid)}, ${this.#sums(totals)}, ${durationText(cpuMs)} CPU\n`);
    this.#out(failed === 0 ? "ALL TESTS PASSED\n" : "TESTS FAILED\n");
  }

  #sums(sums: Sums): string {
    const time = this.#isRealTime ? durationText(sums.worldMs) : `${(sums.worldMs / 1000).toFixed(1)} simulated seconds`;
    const operations = sums.operations === 0 ? "" : `, ${sums.operations} operations`;
    return `${time}, ${sums.rpcs} rpcs, ${sums.bytes} bytes, ${sums.entries} entries${operations}`;
  }
}

function invalidText(count: number): string {
  if (count === 0) return "";
  return count === 1 ? ", 1 invalid run" : `, ${count} invalid runs`;
}
