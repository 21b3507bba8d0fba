import { join } from "node:path";
import { Command, Option } from "commander";
import { ProgressLine } from "../bench/progress.ts";
import { type Configuration, configurationsOf, type Project } from "../bench/report/configurations.ts";
import { measure, quickEffort, wholeEffort } from "../bench/report/measure.ts";
import { writeReport } from "../bench/report/report.ts";
import { BadResult, Results } from "../bench/report/results.ts";
import { ServiceFailed } from "../bench/service/service.ts";
import { BenchFailed } from "../bench/ycsb/phase.ts";
import { durationText } from "./arguments.ts";
import { endWithSignals } from "./end-with-signals.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { thisKvorum } from "./this-kvorum.ts";
import { nearest } from "./nearest.ts";

interface ReportFlags {
  readonly out: string;
  readonly results?: string;
  readonly collect?: boolean;
  readonly quick?: boolean;
  readonly fresh?: boolean;
  readonly only?: readonly string[];
}

/** `kvorum bench report`: all measurements of a project of MadKV, as one document with pictures. */
export function reportCommand(): Command {
  const command = new Command("report")
    .description(
      "measure all configurations of a project of MadKV that have not been measured yet, and write a report with tables and plots",
    )
    .argument("<project>", "p2 or p3")
    .option("--out <directory>", "where the report goes", "report")
    .option(
      "--results <directory>",
      "where each measurement's result is kept (default: results-<project> beside the report; a quick one has its own)",
    )
    .option("--collect", "measure nothing: write the report from the results that there are")
    .option("--fresh", "measure again what has been measured")
    .option("--quick", "a hundred operations of each client: whether it works, not how fast it is")
    .addOption(
      new Option("--only <names>", "measure only these, such as bench-10-a-3,fuzz-5-yes").argParser((text: string) => text.split(",")),
    );
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action(async (name: string, flags: ReportFlags) => {
    const project = name === "p2" || name === "p3" ? name : refuse(`there is no report of '${name}'; there are p2 and p3`);
    if (flags.collect === true && (flags.fresh === true || flags.quick === true))
      refuse("--collect measures nothing, so that --fresh and --quick mean nothing");
    const chosen = chosenConfigurations(project, flags.only, refuse);
    process.exitCode = await perform(project, chosen, flags);
  });
}

function chosenConfigurations(
  project: Project,
  only: readonly string[] | undefined,
  refuse: (sentence: string) => never,
): readonly Configuration[] {
  const all = configurationsOf(project);
  if (only === undefined) return all;
  const names = all.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const like = nearest(unknown, names);
    refuse(
      `${project} has no measurement '${unknown}'. ${like === undefined ? "" : `Did you mean ${like}? `}There are ${names.join(", ")}`,
    );
  }
  return all.filter(({ name }) => only.includes(name));
}

async function perform(project: Project, chosen: readonly Configuration[], flags: ReportFlags): Promise<ExitCode> {
  const results = new Results(flags.results ?? join(flags.out, `results-${project}${flags.quick === true ? "-quick" : ""}`));
  const letGo = endWithSignals();
  try {
    const failed = flags.collect === true ? 0 : await measureAll(chosen, results, flags);
    process.stdout.write(`The report is ${writeReport(project, results, flags.out)}\n`);
    return failed === 0 ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    if (!(error instanceof BadResult)) throw error;
    process.stderr.write(`kvorum: ${error.message}\n`);
    return exitCodes.unreadable;
  } finally {
    letGo();
  }
}

/** Measures one after the other; says how many failed. */
async function measureAll(chosen: readonly Configuration[], results: Results, flags: ReportFlags): Promise<number> {
  const progress = new ProgressLine();
  const effort = flags.quick === true ? quickEffort : wholeEffort;
  const begun = Date.now();
  let failed = 0;
  for (const [at, configuration] of chosen.entries()) {
    const { name } = configuration;
    if (flags.fresh !== true && results.read(name) !== undefined) continue;
    const place = `${at + 1} of ${chosen.length}, ${name}`;
    try {
      // Two at once would measure each other.
      // oxlint-disable-next-line no-await-in-loop
      const result = await measure(configuration, effort, thisKvorum, (text) => progress.say(() => `${place}: ${text}`));
      results.write(name, result);
      if ("fuzz" in result && result.fuzz.verdict !== "PASSED") failed += 1;
      const came = "fuzz" in result ? result.fuzz.verdict : `${result.ycsb.run.throughput.toFixed(0)} operations a second`;
      progress.note(`${place}: ${came}, ${durationText(Math.round((Date.now() - begun) / 1000) * 1000)} so far`);
    } catch (error) {
      if (!(error instanceof BenchFailed) && !(error instanceof ServiceFailed)) throw error;
      failed += 1;
      progress.note(`${place}: ${error.message}`);
    }
  }
  return failed;
}
