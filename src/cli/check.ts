import { Command, Option } from "commander";
import { checkOptions } from "../check/check.ts";
import { wholeNumber } from "./arguments.ts";
import { CheckRun, standardInput } from "./check-run.ts";
import { exitCodes } from "./exit.ts";

const codes = [
  "  0  all are linearizable",
  "  1  one is not linearizable",
  "  2  one is undecided, since it would have taken more steps or memory; or the command line was not understood",
  "  3  one cannot be read or holds no history, or the picture cannot be written",
].join("\n");

interface CheckFlags {
  readonly steps: number;
  readonly html?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/**
 * `kvorum check`: says of recorded histories whether they are linearizable. It ends with 0 when all are, with 1 when one is not, else
 * with 3 when one cannot be read, else with 2 when one is undecided.
 */
export function checkCommand(input: () => AsyncIterable<Uint8Array> = () => process.stdin): Command {
  const command = new Command("check")
    .description("say whether recorded histories are linearizable")
    .argument(
      "<files...>",
      `Jepsen logs, key-value events or JSON lines, each recognised by what is in it; ${standardInput} is standard input`,
    )
    .addOption(
      new Option("--steps <count>", "the most steps that each may take")
        .argParser(wholeNumber({ min: 1 }))
        .default(checkOptions().stepsMax),
    )
    .option("--html <file>", "write a picture of the first that is not linearizable")
    .option("--explain", "print below the verdict why a history is not linearizable")
    .option("--json", "print a line of JSON for each")
    .addHelpText("after", `\nExit codes:\n${codes}\n`);
  const refuse = (sentence: string): never => command.error(sentence, { exitCode: exitCodes.usage });
  return command.action(async (files: readonly string[], flags: CheckFlags) => {
    if (files.filter((file) => file === standardInput).length > 1) refuse("standard input can be read only once");
    if (flags.html !== undefined && files.includes(flags.html)) refuse(`the picture would be written over ${flags.html}`);
    const settings = { stepsMax: flags.steps, html: flags.html, explain: flags.explain === true, json: flags.json === true };
    process.exitCode = await new CheckRun(settings, input).all(files);
  });
}
