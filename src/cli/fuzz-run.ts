import { durationText } from "../lab/text.ts";
import { type FuzzOptions, fuzzDefaults, type runSeed, type SeedResult } from "../sim/fuzz.ts";
import { planLines } from "../sim/plan.ts";
import { FuzzSummary, invalidLine, type Replay, seedJson, seedLines } from "./fuzz-report.ts";

/** What a command line asks for. */
export interface FuzzSettings {
  /** The scenarios to play, in turn; undefined stands for random faults. */
  readonly scenarios: readonly (string | undefined)[];
  readonly faultsMs: number;
  readonly settleMs: number;
  readonly twice: boolean;
  readonly trace: boolean;
  readonly json: boolean;
}

/** Runs seeds and prints what became of them: reports to stdout, what only passes to stderr. */
export class FuzzRun {
  readonly #settings: FuzzSettings;
  readonly #simulate: typeof runSeed;

  constructor(settings: FuzzSettings, simulate: typeof runSeed) {
    this.#settings = settings;
    this.#simulate = simulate;
  }

  /** Prints the plan before anything runs, then what happened. Says whether something is broken. */
  one(seed: string): boolean {
    const { scenarios, json } = this.#settings;
    let broken = false;
    for (const scenario of scenarios) {
      const replay = this.#replay(seed, scenario);
      const begun = process.cpuUsage();
      const result = this.#run(seed, scenario, (plan) => {
        if (!json) out([`seed ${seed}`, ...planLines(plan).map((line) => `  ${line}`)]);
      });
      if (json) out([seedJson(result, replay)]);
      else out([...seedLines(result, replay), `  ${durationText(cpuMs(begun))} CPU`]);
      broken ||= result.verdict === "broken";
    }
    return broken;
  }

  /** Runs one seed after another, and says in the end how often each kind of fault struck. */
  many(first: number, count: number): boolean {
    const { scenarios, json } = this.#settings;
    const summary = new FuzzSummary(first, count);
    const begun = process.cpuUsage();
    const progress = new Progress(count * scenarios.length);
    for (const scenario of scenarios) {
      for (let i = 0; i < count; i += 1) this.#next(String(first + i), scenario, summary, progress);
    }
    progress.clear();
    const cpu = durationText(cpuMs(begun));
    out(json ? [summary.json(cpu)] : summary.lines(cpu, scenarios[0] === undefined));
    return summary.broken > 0 || summary.valid === 0;
  }

  #next(seed: string, scenario: string | undefined, summary: FuzzSummary, progress: Progress): void {
    const replay = this.#replay(seed, scenario);
    const result = this.#run(seed, scenario);
    summary.add(result, replay);
    progress.say(summary.line);
    if (this.#settings.json) out([seedJson(result, replay)]);
    else if (result.verdict !== "ok") {
      progress.clear();
      out(result.verdict === "invalid" ? [invalidLine(result)] : [`seed ${seed}`, ...seedLines(result, replay)]);
    }
  }

  /** The command that runs a seed again, as it was run. */
  #replay(seed: string, scenario: string | undefined): Replay {
    const { faultsMs, settleMs, twice } = this.#settings;
    const words = ["kvorum fuzz", seed];
    if (scenario !== undefined) words.push(`--scenario ${scenario}`);
    if (faultsMs !== fuzzDefaults.faultsMs) words.push(`--faults ${faultsMs}ms`);
    if (settleMs !== fuzzDefaults.settleMs) words.push(`--settle ${settleMs}ms`);
    if (twice) words.push("--twice");
    return { scenario, command: words.join(" ") };
  }

  #run(seed: string, scenario: string | undefined, onPlan?: FuzzOptions["onPlan"]): SeedResult {
    try {
      return this.#onceOrTwice(seed, scenario, onPlan);
    } catch (error) {
      throw new Error(`the simulator itself has failed; it will again with: ${this.#replay(seed, scenario).command}`, { cause: error });
    }
  }

  #onceOrTwice(seed: string, scenario: string | undefined, onPlan: FuzzOptions["onPlan"]): SeedResult {
    const { faultsMs, settleMs, trace, twice } = this.#settings;
    const options = { faultsMs, settleMs, ...(scenario === undefined ? {} : { scenario }) };
    const listening = { ...(onPlan === undefined ? {} : { onPlan }), ...(trace ? { onTrace: traceToStderr } : {}) };
    const first = this.#simulate(seed, { ...options, ...listening });
    if (!twice) return first;
    const second = this.#simulate(seed, options);
    if (JSON.stringify(first) === JSON.stringify(second)) return first;
    const sentence = `two runs of this seed were not the same: their streams are ${first.stream} and ${second.stream}`;
    return { ...first, verdict: "broken", finding: { invariant: "R27", sentence, atMs: first.counts.simulatedMs, stack: undefined } };
  }
}

const traceToStderr: NonNullable<FuzzOptions["onTrace"]> = (ms, server, name, fields) => {
  process.stderr.write(`${ms.toFixed(3)} ${server} ${name}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}\n`);
};

function out(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

function cpuMs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

/** One line on stderr that is written over; where nobody could see that, a line now and then. */
class Progress {
  readonly #count: number;
  readonly #terminal = process.stderr.isTTY;
  #done = 0;
  #saidAt = Date.now();
  #shown = false;

  constructor(count: number) {
    this.#count = count;
  }

  say(line: string): void {
    this.#done += 1;
    const now = Date.now();
    if (now - this.#saidAt < (this.#terminal ? 200 : 10_000)) return;
    this.#saidAt = now;
    const text = `${this.#done} of ${this.#count}: ${line}`;
    // Carriage return, and clear to the end of the line.
    process.stderr.write(this.#terminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#shown = this.#terminal;
  }

  clear(): void {
    if (this.#shown) process.stderr.write("\r\u001b[K");
    this.#shown = false;
  }
}
