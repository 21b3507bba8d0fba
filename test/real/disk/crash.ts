import { parseArgs } from "node:util";
import { type Crash, crashes, type Round, runCrashes } from "./crash-run.ts";
import { whyNoDisk, whyNoStrace } from "./mounted.ts";
import { endWithCaller } from "./rig.ts";

/**
 * Ends servers by hand, and judges what is left: `npx tsx test/real/disk/crash.ts cut 200 --seed 1`, and `kill`, `full` or `sync` for
 * `cut`. With `--first` the first wrong round is the last one; `--verbose` prints every round. All but `kill` need root. A seed draws the same lives and moments again, which end in different places nevertheless. Exit
 * code 1 when anything went wrong, and 3 where it cannot be done.
 */
endWithCaller();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    first: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const crash = crashes.find((each) => each === positionals[0]);
const missing = whyNot(crash);
if (crash === undefined || missing !== undefined) {
  console.log(missing ?? `what is to be done? One of ${crashes.join(", ")}`);
  process.exitCode = 3;
} else await run(crash, Number(positionals[1] ?? 20), values.seed);

function whyNot(wanted: Crash | undefined): string | undefined {
  if (wanted === undefined || wanted === "kill") return undefined;
  return whyNoDisk() ?? (wanted === "sync" ? whyNoStrace() : undefined);
}

async function run(wanted: Crash, rounds: number, seed: string): Promise<void> {
  const start = performance.now();
  const progress = ({ number, verdict, end, promises, why }: Round): void => {
    if (values.verbose || verdict === "wrong") console.log(`round ${number}: ${end}, ${promises} promises: ${verdict} ${why}`);
    if (process.stderr.isTTY) process.stderr.write(`\r${number} of ${rounds}`);
  };
  const { rounds: done, folder } = await runCrashes({ crash: wanted, seed, rounds, first: values.first, progress });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const count = (verdict: Round["verdict"]): number => done.filter((round) => round.verdict === verdict).length;
  const promises = done.reduce((sum, round) => sum + round.promises, 0);
  console.log(`${wanted}: ${done.length} rounds with seed ${seed} in ${seconds} s; ${promises} promises`);
  console.log(`kept ${count("kept")}, unmade ${count("unmade")}, wrong ${count("wrong")}`);
  if (count("wrong") === 0) return;
  console.log(`what is left of the wrong ones lies in ${folder}`);
  process.exitCode = 1;
}
