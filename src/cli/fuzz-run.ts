import { writeFileSync } from "node:fs";
import { durationText } from "../lab/text.ts";
import { type FuzzKind, historyLines, historyPage, type SeedOptions, type SeedReport } from "./fuzz-kinds.ts";
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
  /** The file into which what clients saw is written, and the one for a page that shows why it is wrong. */
  readonly history: string | undefined;
  readonly html: string | undefined;
}

type Hooks = Pick<SeedOptions, "onPlan" | "onHistory">;

/** Runs seeds and prints what became of them: reports to stdout, what only passes to stderr. */
export class FuzzRun {
  readonly #settings: FuzzSettings;
  readonly #kind: FuzzKind;

  constructor(settings: FuzzSettings, kind: FuzzKind) {
    this.#settings = settings;
    this.#kind = kind;
  }

  /** Prints the plan before anything runs, then what happened. Says whether something is broken. */
  one(seed: string): boolean {
    const { scenarios, json } = this.#settings;
    let broken = false;
    for (const scenario of scenarios) {
      const replay = this.#replay(seed, scenario);
      const begun = process.cpuUsage();
      const result = this.#run(seed, scenario, {
        onPlan: (lines) => {
          if (!json) out([`seed ${seed}`, ...lines.map((line) => `  ${line}`)]);
        },
        onHistory: (history) => this.#write(replay.command, history),
      });
      if (json) out([seedJson(result, replay)]);
      else out([...seedLines(this.#kind, result, replay), `  ${durationText(cpuMs(begun))} CPU`]);
      broken ||= result.verdict === "broken";
    }
    return broken;
  }

  /** Runs one seed after another, and says in the end how often each kind of fault struck. */
  many(first: number, count: number): boolean {
    const { scenarios, json } = this.#settings;
    const summary = new FuzzSummary(this.#kind, first, count);
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
      out(result.verdict === "invalid" ? [invalidLine(result)] : [`seed ${seed}`, ...seedLines(this.#kind, result, replay)]);
    }
  }

  /** The command that runs a seed again, as it was run. */
  #replay(seed: string, scenario: string | undefined): Replay {
    const { faultsMs, settleMs, twice } = this.#settings;
    const { words: before, defaults } = this.#kind;
    const words = [before, seed];
    if (scenario !== undefined) words.push(`--scenario ${scenario}`);
    if (faultsMs !== defaults.faultsMs) words.push(`--faults ${faultsMs}ms`);
    if (settleMs !== defaults.settleMs) words.push(`--settle ${settleMs}ms`);
    if (twice) words.push("--twice");
    return { scenario, command: words.join(" ") };
  }

  #run(seed: string, scenario: string | undefined, hooks: Hooks = {}): SeedReport {
    try {
      return this.#onceOrTwice(seed, scenario, hooks);
    } catch (error) {
      throw new Error(`the simulator itself has failed; it will again with: ${this.#replay(seed, scenario).command}`, { cause: error });
    }
  }

  /** Writes what clients saw into the files that were asked for. */
  #write(title: string, history: Parameters<NonNullable<SeedOptions["onHistory"]>>[0]): void {
    const { history: file, html } = this.#settings;
    if (file !== undefined) writeFileSync(file, historyLines(history));
    if (html === undefined) return;
    const page = historyPage(title, history);
    if (page === undefined) process.stderr.write(`kvorum: ${html} is not written: what clients saw is linearizable.\n`);
    else writeFileSync(html, page);
  }

  #onceOrTwice(seed: string, scenario: string | undefined, hooks: Hooks): SeedReport {
    const { faultsMs, settleMs, trace, twice } = this.#settings;
    const options = { faultsMs, settleMs, ...(scenario === undefined ? {} : { scenario }) };
    const listening = { ...hooks, ...(trace ? { onTrace: traceToStderr } : {}) };
    const first = this.#kind.run(seed, { ...options, ...listening });
    if (!twice) return first;
    const second = this.#kind.run(seed, options);
    if (JSON.stringify(first) === JSON.stringify(second)) return first;
    const sentence = `two runs of this seed were not the same: their streams are ${first.stream} and ${second.stream}`;
    return {
      ...first,
      verdict: "broken",
      finding: { invariant: "R27", sentence, atMs: first.counts["simulatedMs"] ?? 0, stack: undefined },
    };
  }
}

const traceToStderr: NonNullable<SeedOptions["onTrace"]> = (ms, server, name, fields) => {
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
