import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import type { Case, Suite } from "../lab/case.ts";
import { JsonReporter } from "../lab/json-reporter.ts";
import { ProgressReporter } from "../lab/progress.ts";
import { RealWorlds } from "../lab/real/kind.ts";
import { defaultWorld } from "../lab/result.ts";
import { runLab } from "../lab/runner.ts";
import { SimWorlds } from "../lab/sim/sim-kind.ts";
import { suites } from "../lab/suites.ts";
import { TextReporter } from "../lab/text-reporter.ts";
import type { TraceSink } from "../lab/world.ts";
import type { WorldKind } from "../lab/world-kind.ts";
import { wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { nearest } from "./nearest.ts";

const repeatMax = 1_000_000;
/** Fresh seeds are short enough to be typed. */
const freshSeedMax = 2 ** 32 - 1;

/** The worlds by their names. */
const worlds: ReadonlyMap<string, (trace: TraceSink | undefined) => WorldKind> = new Map<string, (trace?: TraceSink) => WorldKind>([
  ["sim", (trace) => new SimWorlds(trace)],
  ["real", (trace) => new RealWorlds(trace)],
]);

interface LabFlags {
  readonly seed?: number;
  readonly repeat: number;
  readonly world: string;
  readonly json?: boolean;
  readonly trace?: boolean;
}

/** `kvorum lab`: runs the numbered cases of a suite, or lists what there is. */
export function labCommand(known: readonly Suite[] = suites): Command {
  const command = new Command("lab")
    .description("run the numbered test cases of a suite, or list them")
    .argument("[suite]", "which suite; without it the suites and their cases are listed")
    .argument("[numbers...]", "which cases, such as 8 11 or 3-7 (default: all)")
    .addOption(
      new Option("--seed <seed>", "what decides everything, but for the timing of the real world (default: a fresh one)").argParser(
        wholeNumber(),
      ),
    )
    .addOption(
      new Option("--repeat <count>", "run with so many seeds, each one more than the one before")
        .argParser(wholeNumber({ min: 1, max: repeatMax }))
        .default(1),
    )
    .option("--world <name>", "sim: virtual time, reproducible; real: processes, disks and sockets of this machine", defaultWorld)
    .option("--json", "print a line of JSON for each case")
    .option("--trace", "print what the servers do to stderr");
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action(async (name: string | undefined, numbers: readonly string[], flags: LabFlags) => {
    if (name === undefined) {
      process.stdout.write(listing(known));
      return;
    }
    const suite = known.find((each) => each.name === name) ?? refuse(unknownSuite(name, known));
    const world = worlds.get(flags.world) ?? refuse(unknownWorld(flags.world));
    const cases = chosenCases(suite, numbers, refuse);
    const seed = flags.seed ?? randomInt(freshSeedMax);
    if (!Number.isSafeInteger(seed + flags.repeat)) refuse(`there are no ${flags.repeat} seeds from ${seed} on`);
    await run(suite, cases, world(flags.trace === true ? traceToStderr : undefined), seed, flags);
  });
}

function out(text: string): void {
  process.stdout.write(text);
}

function error(text: string): void {
  process.stderr.write(text);
}

async function run(suite: Suite, cases: readonly Case[], world: WorldKind, seed: number, flags: LabFlags): Promise<void> {
  const seeds = Array.from({ length: flags.repeat }, (_, i) => seed + i);
  const printed = flags.json === true ? new JsonReporter(out) : new TextReporter(out, error);
  const reporter = new ProgressReporter(printed, { write: error, isTerminal: process.stderr.isTTY });
  const totals = await runLab({ suite, cases, seeds, world, reporter });
  process.exitCode = totals.failed === 0 ? exitCodes.ok : exitCodes.failed;
}

const traceToStderr: TraceSink = (ms, server, name, fields) => {
  error(`${ms.toFixed(3)} s${server} ${name}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}
`);
};

function listing(known: readonly Suite[]): string {
  return known
    .map(({ name, summary, cases }) => {
      const lines = cases.map(({ number, title }) => `  ${String(number).padStart(3)}  ${title}\n`);
      return `${name}: ${summary}\n${lines.join("")}`;
    })
    .join("\n");
}

/** The cases that the words name, in their order, each once; all when there are none. */
function chosenCases(suite: Suite, words: readonly string[], refuse: (sentence: string) => never): readonly Case[] {
  if (words.length === 0) return suite.cases;
  const chosen = new Set<Case>();
  for (const word of words) {
    const [, from = "", to = from] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? refuse(notANumber(suite, word));
    if (Number(from) > Number(to)) refuse(notANumber(suite, word));
    const wanted = [Number(from), Number(to)];
    const missing = wanted.find((number) => !suite.cases.some((each) => each.number === number));
    if (missing !== undefined) refuse(`the suite ${suite.name} has no case ${missing}; it has ${range(suite)}`);
    for (const each of suite.cases) if (each.number >= Number(from) && each.number <= Number(to)) chosen.add(each);
  }
  return [...chosen];
}

function notANumber(suite: Suite, word: string): string {
  return `'${word}' is neither the number of a case nor a range such as 3-7; the suite ${suite.name} has ${range(suite)}`;
}

function range(suite: Suite): string {
  const numbers = suite.cases.map(({ number }) => number);
  return `the cases ${Math.min(...numbers)} to ${Math.max(...numbers)}`;
}

function unknownSuite(name: string, known: readonly Suite[]): string {
  const names = known.map((suite) => suite.name);
  const like = nearest(name, names);
  return `there is no suite '${name}'. ${like === undefined ? "" : `Did you mean ${like}? `}There is ${names.join(", ")}`;
}

function unknownWorld(name: string): string {
  const names = [...worlds.keys()];
  const like = nearest(name, names);
  return `there is no world '${name}'. ${like === undefined ? "" : `Did you mean ${like}? `}There are ${names.join(" and ")}`;
}
