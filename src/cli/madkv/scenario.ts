import { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import { endWithSignals } from "../end-with-signals.ts";
import { exitCodes } from "../exit.ts";
import { thisKvorum } from "../this-kvorum.ts";

/** `kvorum madkv p2 scenario 1`: one of the course's graded scenarios. */
export function scenarioCommand(project: "p2" | "p3"): Command {
  const command = new Command("scenario")
    .description("play a graded scenario with processes of its own, and say step by step whether what it demands holds")
    .argument("<number>", "its number; some are one run: see docs/MADKV.md", wholeNumber());
  return command.action(async (number: number) => {
    // Servers are started by the dozen, and need nothing of this.
    const { playScenario, scenarioNumbers, scenarioOf } = await import("../../bench/scenario/run.ts");
    const scenario =
      scenarioOf(project, number) ??
      command.error(`there is no scenario ${number} of ${project}; there are ${scenarioNumbers(project)}`, { exitCode: exitCodes.usage });
    const letGo = endWithSignals();
    process.stdout.write(`${project.toUpperCase()}, scenario ${scenario.numbers.join(", ")}:\n`);
    const holds = await playScenario(scenario, thisKvorum, (text) => process.stdout.write(text));
    letGo();
    process.stdout.write(`${holds ? "PASSED" : "FAILED"}\n`);
    process.exitCode = holds ? exitCodes.ok : exitCodes.failed;
  });
}

/** `kvorum madkv p1 testcase 1 127.0.0.1:3777`: one of five testcases against a server that runs. */
export function testcaseCommand(): Command {
  return new Command("testcase")
    .description("play a testcase against a server that runs, and say whether what it demands holds")
    .argument("<number>", "1 to 5", wholeNumber({ min: 1, max: 5 }))
    .argument("<server>", "its address")
    .action(async (number: number, server: string) => {
      const { playTestcase } = await import("../../bench/scenario/run.ts");
      const letGo = endWithSignals();
      const holds = await playTestcase(number, thisKvorum(["madkv", "p1", "client", server]), (text) => process.stdout.write(text));
      letGo();
      process.stdout.write(`${holds ? "PASSED" : "FAILED"}\n`);
      process.exitCode = holds ? exitCodes.ok : exitCodes.failed;
    });
}
