import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Victim } from "../bench/fuzz/crashes.ts";
import type { FuzzResult } from "../bench/fuzz/fuzz-run.ts";
import { fuzzClients, fuzzService, type ServiceFuzzListener } from "../bench/fuzz/service-run.ts";
import { fuzzHead, fuzzText, type FuzzVerdict, fuzzVerdict } from "../bench/fuzz/text.ts";
import type { FuzzPlan } from "../bench/fuzz/workload.ts";
import { explainFailure } from "../check/explain.ts";
import { jsonLine } from "../check/json-lines.ts";
import { failureHtml } from "../check/render-html.ts";
import { type CommandWords, commandWords } from "../bench/line/client-process.ts";
import { fuzzSummary, storedNow, writeResult } from "../bench/report/results.ts";
import { inScratch } from "../bench/scratch.ts";
import type { ServiceShape } from "../bench/service/shape.ts";
import { duration, durationText, wholeNumber } from "./arguments.ts";
import { endWithSignals } from "./end-with-signals.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { thisKvorum } from "./this-kvorum.ts";
import { odd } from "./odd.ts";

interface FuzzServiceFlags {
  readonly client?: CommandWords;
  readonly servers: number;
  readonly partitions: number;
  readonly rf: number;
  readonly managers: number;
  readonly numClis: number;
  readonly numKeys: number;
  readonly numOps: number;
  readonly conflict: boolean;
  readonly seed?: number;
  readonly crash: readonly Victim[];
  readonly relaunch?: number | "never";
  readonly history?: string;
  readonly html?: string;
  readonly json?: string;
}

const freshSeedMax = 2 ** 32 - 1;
/** P2's servers are started again so soon unless one says otherwise: nobody else has their keys. */
const relaunchDefaultMs = 1000;

/** `kvorum fuzz-service`: many clients of a real service, on few keys, judged by the checker. */
export function fuzzServiceCommand(): Command {
  const command = new Command("fuzz-service")
    .description(
      "have clients of a service use few keys all at once, through the line protocol, and check that what they saw is linearizable",
    )
    .argument("[project]", "p2 or p3: start a service of that project for this; without it --client says how clients are started")
    .addOption(new Option("--client <command>", "the command of a client of a service that runs, split at blanks").argParser(words));
  for (const option of [...serviceOptions(), ...workloadOptions(), ...crashOptions(), ...fileOptions()]) command.addOption(option);
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action(async (project: string | undefined, flags: FuzzServiceFlags) => {
    const run = chosenRun(project, flags, refuse);
    process.exitCode = await perform(run, flags);
  });
}

function serviceOptions(): Option[] {
  return [
    new Option("--servers <count>", "of p2: partitions, each with one server").argParser(wholeNumber({ min: 1, max: 50 })).default(3),
    new Option("--partitions <count>", "of p3").argParser(wholeNumber({ min: 1, max: 50 })).default(1),
    new Option("--rf <count>", "of p3: servers of each partition").argParser(odd).default(3),
    new Option("--managers <count>", "of p3: replicas of the manager").argParser(odd).default(3),
  ];
}

function workloadOptions(): Option[] {
  return [
    new Option("--num-clis <count>", "clients").argParser(wholeNumber({ min: 1, max: 1000 })).default(5),
    new Option("--num-keys <count>", "keys of each client").argParser(wholeNumber({ min: 1, max: 99_999 })).default(5),
    new Option("--num-ops <count>", "operations of each client, on average")
      .argParser(wholeNumber({ min: 1, max: 1_000_000 }))
      .default(5000),
    new Option("--conflict", "all clients use the same keys").default(true),
    new Option("--no-conflict", "each client has keys of its own"),
    new Option("--seed <seed>", "decides what each client asks, not how they meet (default: a fresh one)").argParser(wholeNumber()),
  ];
}

function crashOptions(): Option[] {
  return [
    new Option(
      "--crash <servers>",
      "kill these: of p2 numbers of servers, at half time; of p3 numbers of replicas, leader or follower, one after the other",
    )
      .argParser(victims)
      .default([], "nothing"),
    new Option(
      "--relaunch <duration>",
      `start what was killed again so much later, or never (default: p2 ${durationText(relaunchDefaultMs)}, p3 never)`,
    ).argParser((text: string) => (text === "never" ? text : duration({ max: 3_600_000 })(text))),
  ];
}

function fileOptions(): Option[] {
  return [
    new Option("--json <file>", "write the result there as JSON, besides, as `kvorum bench report` keeps it"),
    new Option("--history <file>", "write what clients saw, for `kvorum check`"),
    new Option("--html <file>", "draw why what clients saw is not linearizable, if it is not"),
  ];
}

function words(text: string): CommandWords {
  const command = commandWords(text);
  if (command === undefined) throw new InvalidArgumentError("It is empty.");
  return command;
}

function victims(text: string): Victim[] {
  return text.split(",").map((word) => {
    if (word === "leader" || word === "follower") return word;
    if (/^\d+$/.test(word)) return Number(word);
    throw new InvalidArgumentError(`'${word}' is neither the number of a server nor leader or follower.`);
  });
}

/** What is fuzzed, in words, and how. */
interface ChosenRun {
  readonly title: string;
  readonly run: (plan: FuzzPlan, listener: ServiceFuzzListener) => Promise<FuzzResult>;
}

function chosenRun(project: string | undefined, flags: FuzzServiceFlags, refuse: (sentence: string) => never): ChosenRun {
  const { client, crash, relaunch } = flags;
  if (project === undefined) {
    if (client === undefined) return refuse("what is to be fuzzed is p2, p3, or what --client says");
    if (crash.length > 0) refuse("--crash is for a service that is started for this: p2 or p3");
    return { title: `clients: ${client.join(" ")}`, run: (plan, listener) => fuzzClients(plan, client, listener) };
  }
  if (client !== undefined) refuse("a project or --client is given, not both");
  const shape = shapeOf(project, flags) ?? refuse(`there is no project '${project}' to fuzz; there are p2 and p3`);
  const plain = shape.project === "p2" ? relaunchDefaultMs : undefined;
  const relaunchMs = relaunch === undefined ? plain : relaunch === "never" ? undefined : relaunch;
  checkVictims(shape, crash, refuse);
  const spare = shape.project === "p2" ? 0 : (shape.rf - 1) / 2;
  if (relaunchMs === undefined && crash.length > spare)
    refuse(
      `when ${crash.length} of these servers are gone for good nobody answers any more; at most ${spare} may be, or say with --relaunch when they come back`,
    );
  return {
    title: titleOf(shape, crash, relaunchMs),
    run: async (plan, listener) => {
      const { result, kept } = await inScratch(
        "fuzz-service",
        (directory) => fuzzService(plan, shape, { victims: crash, relaunchMs }, { directory, kvorum: thisKvorum }, listener),
        (each) => fuzzVerdict(each) !== "PASSED",
      );
      if (kept !== undefined) process.stderr.write(`kvorum: the servers' logs and data are left in ${kept}.\n`);
      return result;
    },
  };
}

function shapeOf(project: string, { servers, partitions, rf, managers }: FuzzServiceFlags): ServiceShape | undefined {
  if (project === "p2") return { project, partitions: servers, rf: 1, managers: 1 };
  return project === "p3" ? { project, partitions, rf, managers } : undefined;
}

function checkVictims({ project, partitions, rf }: ServiceShape, crash: readonly Victim[], refuse: (sentence: string) => never): void {
  const servers = project === "p2" ? partitions : rf;
  for (const victim of crash) {
    if (typeof victim !== "number" && project === "p2") refuse(`p2 has no ${victim}; --crash takes numbers of servers`);
    if (typeof victim === "number" && victim >= servers) refuse(`there is no server ${victim} to crash; they are 0 to ${servers - 1}`);
  }
  if (
    crash.length > servers ||
    new Set(crash.filter((victim) => typeof victim === "number")).size < crash.filter((victim) => typeof victim === "number").length
  )
    refuse("each server is killed once");
}

function titleOf({ project, partitions, rf, managers }: ServiceShape, crash: readonly Victim[], relaunchMs: number | undefined): string {
  const servers =
    project === "p2" ? counted(partitions, "partition") : `${counted(partitions, "partition")} of ${rf}, ${counted(managers, "manager")}`;
  if (crash.length === 0) return `${project}: ${servers}, nothing is killed`;
  const again = relaunchMs === undefined ? "never started again" : `started again after ${durationText(relaunchMs)}`;
  return `${project}: ${servers}; killed: ${crash.join(", ")}, ${again}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function perform({ title, run }: ChosenRun, flags: FuzzServiceFlags): Promise<ExitCode> {
  const { numClis: clients, numKeys: keys, numOps: operations, conflict } = flags;
  const plan: FuzzPlan = { clients, keys, operations, conflict, seed: flags.seed ?? randomInt(freshSeedMax) };
  const letGo = endWithSignals();
  out(`${fuzzHead(plan, title)}Fuzzing starts...\n`);
  const events: string[] = [];
  const happened = (event: string): void => {
    events.push(event);
    out(`\n  ${event}\n`);
  };
  const result = await run(plan, { progress: sayProgress, happened });
  letGo();
  out(`\n${fuzzText(plan, result)}`);
  const { history, checked } = result;
  if (flags.json !== undefined) writeResult(flags.json, storedNow({ fuzz: fuzzSummary(result, events) }));
  if (flags.history !== undefined) writeFileSync(flags.history, history.operations.map((operation) => `${jsonLine(operation)}\n`).join(""));
  if (flags.html !== undefined && checked.failure !== undefined)
    writeFileSync(flags.html, failureHtml(title, explainFailure(checked.failure)));
  return codes[fuzzVerdict(result)];
}

const codes: Readonly<Record<FuzzVerdict, ExitCode>> = { PASSED: exitCodes.ok, FAILED: exitCodes.failed, UNDECIDED: exitCodes.undecided };

/** In the words of the course's fuzzer, a hundred times. */
function sayProgress(asked: number, answered: number, total: number): void {
  if (answered % Math.max(1, Math.floor(total / 100)) === 0 || answered === total)
    out(`  Progress:  called ${asked} / ${total}  waited ${answered} / ${total}\r`);
}

function out(text: string): void {
  process.stdout.write(text);
}
