import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { duration, wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { clusterKind, type FuzzKind, groupKind, masterKind, raftKind } from "./fuzz-kinds.ts";
import { FuzzRun, type FuzzSettings } from "./fuzz-run.ts";
import { nearest } from "./nearest.ts";

const countMax = 10_000_000;
const countDefault = 20;
/** Fresh seeds are short enough to be typed. */
const freshSeedMax = 2 ** 32 - 1;
const lengthMaxMs = 86_400_000;

interface FuzzFlags {
  readonly count?: number;
  readonly seed?: number;
  readonly scenario?: string;
  readonly faults: number;
  readonly settle: number;
  readonly twice?: boolean;
  readonly trace?: boolean;
  readonly json?: boolean;
  readonly history?: string;
  readonly html?: string;
}

/** `kvorum fuzz`: replays one simulated universe, or runs many and counts what happened in them. The first kind is the usual one. */
export function fuzzCommand(kinds: readonly FuzzKind[] = [clusterKind(), groupKind(), masterKind(), raftKind()]): Command {
  const command = new Command("fuzz").description(
    "run simulated universes, each decided by its seed, and check every promise after every event",
  );
  for (const [at, kind] of kinds.entries()) command.addCommand(kindCommand(kind), { isDefault: at === 0 });
  return command;
}

function kindCommand(kind: FuzzKind): Command {
  const { scenarios: names, defaults } = kind;
  const command = new Command(kind.name)
    .description(kind.description)
    .argument("[seed]", "replay this one, with its plan", wholeNumber())
    .addOption(new Option("--count <count>", `run so many (default: ${countDefault})`).argParser(wholeNumber({ min: 1, max: countMax })))
    .addOption(new Option("--seed <seed>", "the first of them; the others follow (default: a fresh one)").argParser(wholeNumber()))
    .addOption(length("--faults <duration>", "simulated time with faults", defaults.faultsMs))
    .addOption(length("--settle <duration>", "simulated time that it may take to recover", defaults.settleMs))
    .option("--twice", "run each twice, and compare everything that happened")
    .option("--trace", "print what the servers do, with virtual times, to stderr")
    .option("--json", "print one line of JSON for each seed, and with several one for all");
  if (names.length > 0)
    command.option("--scenario <name>", `play a directed scenario instead of random faults: ${names.join(", ")}, or all`);
  if (kind.hasHistory)
    command
      .option("--history <file>", "of one seed: write what its clients saw, for `kvorum check`")
      .option("--html <file>", "of one seed: draw why what its clients saw is not linearizable, if it is not");
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action((seed: number | undefined, flags: FuzzFlags) => {
    const run = new FuzzRun(settingsOf(flags, chosenScenarios(flags.scenario, names, refuse)), kind);
    process.exitCode = perform(run, seed, flags, refuse) ? exitCodes.failed : exitCodes.ok;
  });
}

function length(flag: string, description: string, ms: number): Option {
  return new Option(flag, description).argParser(duration({ min: 1, max: lengthMaxMs })).default(ms, `${ms / 1000}s`);
}

function settingsOf(flags: FuzzFlags, chosen: FuzzSettings["scenarios"]): FuzzSettings {
  return {
    scenarios: chosen,
    faultsMs: flags.faults,
    settleMs: flags.settle,
    twice: flags.twice === true,
    trace: flags.trace === true,
    json: flags.json === true,
    history: flags.history,
    html: flags.html,
  };
}

/** Says whether something is broken. */
function perform(run: FuzzRun, seed: number | undefined, flags: FuzzFlags, refuse: (sentence: string) => never): boolean {
  if (seed !== undefined) {
    if (flags.count !== undefined || flags.seed !== undefined)
      refuse("one seed is replayed, or many are run with --count and --seed, not both");
    return run.one(String(seed));
  }
  if (flags.history !== undefined || flags.html !== undefined) refuse("--history and --html are for one seed");
  const count = flags.count ?? countDefault;
  const first = flags.seed ?? randomInt(freshSeedMax);
  if (!Number.isSafeInteger(first + count)) refuse(`there are no ${count} seeds from ${first} on`);
  return run.many(first, count);
}

function chosenScenarios(
  name: string | undefined,
  names: readonly string[],
  refuse: (sentence: string) => never,
): FuzzSettings["scenarios"] {
  if (name === undefined) return [undefined];
  if (name === "all") return names;
  if (names.includes(name)) return [name];
  const like = nearest(name, [...names, "all"]);
  const hint = like === undefined ? "" : `Did you mean ${like}? `;
  return refuse(`there is no scenario '${name}'. ${hint}There are ${names.join(", ")}, and all`);
}
