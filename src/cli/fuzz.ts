import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { durationText } from "../lab/text.ts";
import { type FuzzOptions, fuzzDefaults, runSeed, type SeedResult } from "../sim/fuzz.ts";
import { planLines } from "../sim/plan.ts";
import { scenarios } from "../sim/scenarios.ts";
import { duration, wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { FuzzSummary, invalidLine, type Replay, seedJson, seedLines } from "./fuzz-report.ts";
import { nearest } from "./nearest.ts";

const countMax = 10_000_000;
/** Fresh seeds are short enough to be typed. */
const freshSeedMax = 2 ** 32 - 1;
const countDefault = 20;

interface FuzzFlags {
  readonly count?: number;
  readonly seed?: number;
  readonly scenario?: string;
  readonly faults: number;
  readonly settle: number;
  readonly twice?: boolean;
  readonly trace?: boolean;
  readonly json?: boolean;
}

/** `kvorum fuzz`: replays one simulated universe, or runs many and counts what happened in them. */
export function fuzzCommand(): Command {
  const command = new Command("fuzz")
    .description("run simulated universes, each decided by its seed, and check every promise after every event")
    .argument("[seed]", "replay this one, with its plan", wholeNumber())
    .addOption(new Option("--count <count>", `run so many (default: ${countDefault})`).argParser(wholeNumber({ min: 1, max: countMax })))
    .addOption(new Option("--seed <seed>", "the first of them; the others follow (default: a fresh one)").argParser(wholeNumber()))
    .option(
      "--scenario <name>",
      `play a directed scenario instead of random faults: ${scenarios.map(({ name }) => name).join(", ")}, or all`,
    )
    .addOption(length("--faults <duration>", "simulated time with faults", fuzzDefaults.faultsMs))
    .addOption(length("--settle <duration>", "simulated time that it may take to recover", fuzzDefaults.settleMs))
    .option("--twice", "run each twice, and compare everything that happened")
    .option("--trace", "print what the servers do, with virtual times, to stderr")
    .option("--json", "print one line of JSON for each seed, and one for all");
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action((seed: number | undefined, flags: FuzzFlags) => {
    if (seed !== undefined && (flags.count !== undefined || flags.seed !== undefined))
      refuse("one seed is replayed, or many are run with --count and --seed, not both");
    const names = chosenScenarios(flags.scenario, refuse);
    const broken = seed === undefined ? runMany(names, flags, refuse) : runOne(seed, names, flags);
    process.exitCode = broken ? exitCodes.failed : exitCodes.ok;
  });
}

function length(flag: string, description: string, ms: number): Option {
  return new Option(flag, description).argParser(duration({ min: 1, max: 86_400_000 })).default(ms, `${ms / 1000}s`);
}

/** The scenarios to play, in turn; undefined stands for random faults. */
function chosenScenarios(name: string | undefined, refuse: (sentence: string) => never): readonly (string | undefined)[] {
  if (name === undefined) return [undefined];
  const names = scenarios.map((each) => each.name);
  if (name === "all") return names;
  if (names.includes(name)) return [name];
  const like = nearest(name, [...names, "all"]);
  return refuse(
    `there is no scenario '${name}'. ${like === undefined ? "" : `Did you mean ${like}? `}There are ${names.join(", ")}, and all`,
  );
}

/** The command that runs a seed again, as it was run. */
function replayOf(seed: string, scenario: string | undefined, flags: FuzzFlags): Replay {
  const words = ["kvorum fuzz", seed];
  if (scenario !== undefined) words.push(`--scenario ${scenario}`);
  if (flags.faults !== fuzzDefaults.faultsMs) words.push(`--faults ${flags.faults}ms`);
  if (flags.settle !== fuzzDefaults.settleMs) words.push(`--settle ${flags.settle}ms`);
  return { scenario, command: words.join(" ") };
}

function run(seed: string, scenario: string | undefined, flags: FuzzFlags, onPlan?: FuzzOptions["onPlan"]): SeedResult {
  try {
    return runOnceOrTwice(seed, scenario, flags, onPlan);
  } catch (error) {
    throw new Error(`the simulator itself has failed; it will again with: ${replayOf(seed, scenario, flags).command}`, { cause: error });
  }
}

function runOnceOrTwice(seed: string, scenario: string | undefined, flags: FuzzFlags, onPlan: FuzzOptions["onPlan"]): SeedResult {
  const lengths = { faultsMs: flags.faults, settleMs: flags.settle };
  const played = scenario === undefined ? {} : { scenario };
  const first = runSeed(seed, {
    ...lengths,
    ...played,
    ...(onPlan === undefined ? {} : { onPlan }),
    ...(flags.trace === true ? { onTrace: traceToStderr } : {}),
  });
  if (flags.twice !== true) return first;
  const second = runSeed(seed, { ...lengths, ...played });
  if (first.stream === second.stream) return first;
  const sentence = `two runs of this seed were not the same: ${first.stream} and ${second.stream}`;
  return { ...first, verdict: "broken", finding: { invariant: "R27", sentence, atMs: first.counts.simulatedMs, stack: undefined } };
}

/** Prints the plan before anything runs, then what happened. Says whether something is broken. */
function runOne(seed: number, names: readonly (string | undefined)[], flags: FuzzFlags): boolean {
  let broken = false;
  for (const scenario of names) {
    const replay = replayOf(String(seed), scenario, flags);
    const begun = process.cpuUsage();
    const result = run(String(seed), scenario, flags, (plan) => {
      if (flags.json !== true) out([`seed ${seed}`, ...planLines(plan).map((line) => `  ${line}`)]);
    });
    if (flags.json === true) out([seedJson(result, replay)]);
    else out([...seedLines(result, replay), `  ${durationText(cpuMs(begun))} CPU`]);
    broken ||= result.verdict === "broken";
  }
  return broken;
}

/** Runs one seed after another, tells on the side how far it is, and in the end how often each kind of fault struck. */
function runMany(names: readonly (string | undefined)[], flags: FuzzFlags, refuse: (sentence: string) => never): boolean {
  const count = flags.count ?? countDefault;
  const first = flags.seed ?? randomInt(freshSeedMax);
  if (!Number.isSafeInteger(first + count)) refuse(`there are no ${count} seeds from ${first} on`);
  const summary = new FuzzSummary(first, count);
  const begun = process.cpuUsage();
  const progress = new Progress(count * names.length);
  for (const scenario of names) {
    for (let i = 0; i < count; i += 1) {
      const seed = String(first + i);
      const replay = replayOf(seed, scenario, flags);
      const result = run(seed, scenario, flags);
      summary.add(result, replay);
      progress.say(summary.line);
      if (flags.json === true) out([seedJson(result, replay)]);
      else if (result.verdict !== "ok") {
        progress.clear();
        out(result.verdict === "invalid" ? [invalidLine(result)] : [`seed ${seed}`, ...seedLines(result, replay)]);
      }
    }
  }
  progress.clear();
  const cpu = durationText(cpuMs(begun));
  out(flags.json === true ? [summary.json(cpu)] : summary.lines(cpu, names[0] === undefined));
  return summary.broken > 0 || summary.valid === 0;
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
    process.stderr.write(this.#terminal ? `\r${text}` : `${text}\n`);
    this.#shown = this.#terminal;
  }

  clear(): void {
    if (this.#shown) process.stderr.write("\r\u001b[K");
    this.#shown = false;
  }
}
