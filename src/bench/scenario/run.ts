import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BadResponse } from "../../client/line-response.ts";
import type { CommandWords } from "../line/client-process.ts";
import { ServiceFailed } from "../service/service.ts";
import type { KvorumCommand } from "../service/shape.ts";
import { freshMark, testcases } from "./p1.ts";
import { p2Scenarios } from "./p2.ts";
import { p3Scenarios } from "./p3.ts";
import type { Scenario, Step } from "./scenario.ts";
import { ScenarioFailed } from "./demand.ts";
import { Talker } from "./talker.ts";

const scenariosOf: Readonly<Record<"p2" | "p3", readonly Scenario[]>> = { p2: p2Scenarios, p3: p3Scenarios };

/** The scenario in which a number is played; undefined when there is none. */
export function scenarioOf(project: "p2" | "p3", number: number): Scenario | undefined {
  return scenariosOf[project].find(({ numbers }) => numbers.includes(number));
}

/** The numbers that there are, for a sentence. */
export function scenarioNumbers(project: "p2" | "p3"): string {
  return scenariosOf[project].flatMap(({ numbers }) => numbers).join(", ");
}

/** Plays a scenario, and says of each step what it demands and whether it holds. Whether all do. */
export async function playScenario(scenario: Scenario, kvorum: KvorumCommand, say: (text: string) => void): Promise<boolean> {
  if ("fuzz" in scenario) return fuzzes(kvorum, scenario.fuzz);
  const directory = mkdtempSync(join(tmpdir(), "kvorum-scenario-"));
  const holds = await plays(say, (step) => scenario.play({ place: { directory, kvorum }, step }));
  if (holds) rmSync(directory, { recursive: true, force: true });
  else say(`  The servers' logs and data are left in ${directory}.\n`);
  return holds;
}

/** Likewise, one of the testcases that need a server that runs. */
export async function playTestcase(number: number, client: CommandWords, say: (text: string) => void): Promise<boolean> {
  const testcase = testcases[number - 1];
  if (testcase === undefined) return false;
  const talkers: Talker[] = [];
  const talker = (): Talker => {
    const made = new Talker(`client ${talkers.length}`, client);
    talkers.push(made);
    return made;
  };
  return plays(say, async (step) => {
    try {
      await testcase({ client: talker, step, own: freshMark() });
      await Promise.all(talkers.map((one) => one.stop()));
    } finally {
      for (const one of talkers) one.kill();
    }
  });
}

async function plays(say: (text: string) => void, play: (step: Step) => Promise<void>): Promise<boolean> {
  const step: Step = async (number, demands, part) => {
    say(`  ${number.padEnd(4)} ${demands} ... `);
    const begun = performance.now();
    await part();
    say(`ok (${((performance.now() - begun) / 1000).toFixed(1)} s)\n`);
  };
  try {
    await play(step);
    return true;
  } catch (error) {
    if (!(error instanceof ScenarioFailed) && !(error instanceof ServiceFailed) && !(error instanceof BadResponse)) throw error;
    say(`FAILED\n\n  ${error.message}\n`);
    return false;
  }
}

/** Has `kvorum fuzz-service` say what it says. */
function fuzzes(kvorum: KvorumCommand, words: readonly string[]): Promise<boolean> {
  const [program, ...rest] = kvorum(["fuzz-service", ...words]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code === 0));
  });
}
