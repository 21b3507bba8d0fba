import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { type CommandWords, commandWords } from "../bench/line/client-process.ts";
import { machineText, thisMachine } from "../bench/machine.ts";
import { ProgressLine } from "../bench/progress.ts";
import { storedNow, writeResult } from "../bench/report/results.ts";
import { inScratch } from "../bench/scratch.ts";
import { ServiceFailed } from "../bench/service/service.ts";
import type { ServiceShape } from "../bench/service/shape.ts";
import { libraryTarget } from "../bench/ycsb/library-target.ts";
import { BenchFailed } from "../bench/ycsb/phase.ts";
import { processTarget } from "../bench/ycsb/process-target.ts";
import { ycsbService } from "../bench/ycsb/service-run.ts";
import type { Target } from "../bench/ycsb/target.ts";
import { ycsbText } from "../bench/ycsb/text.ts";
import { recordCount, type WorkloadName, workloadNames, workloads } from "../bench/ycsb/workloads.ts";
import { runYcsb, type YcsbPlan, type YcsbProgress, type YcsbResult } from "../bench/ycsb/ycsb-run.ts";
import { KvorumError } from "../client/errors.ts";
import { connect } from "../real/connect.ts";
import { wholeNumber } from "./arguments.ts";
import { endWithSignals } from "./end-with-signals.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { thisKvorum } from "./this-kvorum.ts";
import { odd } from "./odd.ts";

interface YcsbFlags {
  readonly workload: WorkloadName;
  readonly clients: number;
  readonly records: number;
  readonly ops: number;
  readonly seed?: number;
  readonly client?: CommandWords;
  readonly group?: string;
  readonly masters?: string;
  readonly cluster?: string;
  readonly servers: number;
  readonly partitions: number;
  readonly rf: number;
  readonly managers: number;
  readonly json?: string;
}

const freshSeedMax = 2 ** 32 - 1;

/** `kvorum bench ycsb`: one of YCSB's workloads, with as many clients as one wishes. */
export function ycsbCommand(): Command {
  const command = new Command("ycsb")
    .description(
      "run a YCSB workload: load 1,000 records, then operations of each client; real latencies, from the question to the whole answer",
    )
    .argument("[project]", "p2 or p3: start a service of that project for this; without it, how the store is reached is said by an option");
  for (const option of [...workloadOptions(), ...targetOptions(), ...serviceOptions()]) command.addOption(option);
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action(async (project: string | undefined, flags: YcsbFlags) => {
    process.exitCode = await perform(project, flags, refuse);
  });
}

function workloadOptions(): Option[] {
  const names = workloadNames.map((name) => `${name}: ${workloads[name].title}`).join("; ");
  return [
    new Option("--workload <letter>", names).choices(workloadNames).default("a"),
    new Option("--clients <count>", "clients, each with one operation under way").argParser(wholeNumber({ min: 1, max: 1000 })).default(1),
    new Option("--records <count>", "records of the load, all of which every client inserts")
      .argParser(wholeNumber({ min: 2, max: 1_000_000 }))
      .default(recordCount),
    new Option("--ops <count>", "operations of each client").argParser(wholeNumber({ min: 1, max: 10_000_000 })).default(10_000),
    new Option("--seed <seed>", "decides what each client does (default: a fresh one)").argParser(wholeNumber()),
    new Option("--json <file>", "write the result there as JSON, besides, as `kvorum bench report` keeps it"),
  ];
}

function targetOptions(): Option[] {
  return [
    new Option("--client <command>", "clients are processes that speak the line protocol: the command of one, split at blanks").argParser(
      (text: string) => {
        const command = commandWords(text);
        if (command === undefined) throw new InvalidArgumentError("It is empty.");
        return command;
      },
    ),
    new Option("--group <addresses>", "clients are the library's: the servers of the one group that has all keys, with commas"),
    new Option("--masters <addresses>", "clients are the library's: the shardmaster's servers, with commas"),
    new Option("--cluster <name>", "with --group or --masters: the cluster's name (default: kvorum)"),
  ];
}

function serviceOptions(): Option[] {
  return [
    new Option("--servers <count>", "of p2: partitions, each with one server").argParser(wholeNumber({ min: 1, max: 50 })).default(3),
    new Option("--partitions <count>", "of p3").argParser(wholeNumber({ min: 1, max: 50 })).default(1),
    new Option("--rf <count>", "of p3: servers of each partition").argParser(odd).default(3),
    new Option("--managers <count>", "of p3: replicas of the manager").argParser(odd).default(3),
  ];
}

async function perform(project: string | undefined, flags: YcsbFlags, refuse: (sentence: string) => never): Promise<ExitCode> {
  const plan: YcsbPlan = {
    workload: flags.workload,
    clients: flags.clients,
    records: flags.records,
    operations: flags.ops,
    seed: flags.seed ?? randomInt(freshSeedMax),
  };
  const named = [project, flags.client, flags.group, flags.masters].filter((each) => each !== undefined);
  if (named.length !== 1) refuse("what is measured is one of p2, p3, --client, --group and --masters");
  const letGo = endWithSignals();
  process.stdout.write(
    `YCSB benchmark configuration: workload ${plan.workload} (${workloads[plan.workload].title}), ${plan.clients} clients, ${plan.operations} operations each, seed ${plan.seed}\n`,
  );
  try {
    const progress = new ProgressLine();
    const say: YcsbProgress = (phase, done, total) => progress.say(() => `[${phase}] ${done} of ${total} operations`);
    const run = project === undefined ? runYcsb(plan, targetOf(flags), say) : served(plan, shapeOf(project, flags, refuse), say);
    const result = await run.finally(() => progress.clear());
    process.stdout.write(ycsbText(result));
    process.stdout.write(`  Machine:       ${machineText(thisMachine())}\n`);
    if (flags.json !== undefined) writeResult(flags.json, storedNow({ ycsb: result }));
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof KvorumError) return refuse(error.message);
    if (!(error instanceof BenchFailed) && !(error instanceof ServiceFailed)) throw error;
    process.stderr.write(`kvorum: ${error.message}\n`);
    return exitCodes.failed;
  } finally {
    letGo();
  }
}

function targetOf({ client, group, masters, cluster }: YcsbFlags): Target {
  if (client !== undefined) return processTarget(client);
  const servers = { group: group?.split(","), masters: masters?.split(","), cluster };
  return libraryTarget(() => connect(servers));
}

function shapeOf(project: string, { servers, partitions, rf, managers }: YcsbFlags, refuse: (sentence: string) => never): ServiceShape {
  if (project === "p2") return { project, partitions: servers, rf: 1, managers: 1 };
  return project === "p3"
    ? { project, partitions, rf, managers }
    : refuse(`there is no project '${project}' to measure; there are p2 and p3`);
}

/** Measures a service that is started for this, in an empty directory. */
async function served(plan: YcsbPlan, shape: ServiceShape, progress: YcsbProgress): Promise<YcsbResult> {
  const { result } = await inScratch("ycsb", (directory) => ycsbService(plan, shape, { directory, kvorum: thisKvorum }, progress));
  return result;
}
