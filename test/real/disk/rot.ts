import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { openBase } from "./bases.ts";
import { fileKinds } from "./damage.ts";
import { Inspector } from "./inspector.ts";
import { verdicts } from "./judge.ts";
import { endWithCaller } from "./rig.ts";
import { judgeAgain, runRot, type Trial, trialText } from "./rot-run.ts";

/**
 * Damages data directories by hand, a bit or a file's end at a time: `npx tsx test/real/disk/rot.ts 1000 --seed 1`. Prints a table of
 * what became of them. A seed draws the same lives and the same kinds of damage again, but not the same bytes, because those depend
 * on how fast the disk is; so what went wrong is left behind, and `--again FOLDER` judges it once more. `--verbose` prints every
 * trial, and with `--first` the first wrong one is the last. Exit code 1 when anything went wrong.
 */
endWithCaller();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    served: { type: "string" },
    first: { type: "boolean", default: false },
    again: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

if (values.again === undefined) await run(Number(positionals[0] ?? 1000), values.seed);
else await again(values.again);

async function run(trials: number, seed: string): Promise<void> {
  const served = Number(values.served ?? Math.ceil(trials / 25));
  const start = performance.now();
  const progress = (trial: Trial): void => {
    if (values.verbose || trial.judgement.verdict === "wrong") console.log(trialText(trial));
    if (process.stderr.isTTY && trial.number % 10 === 0) process.stderr.write(`\r${trial.number} of ${trials}`);
  };
  const { trials: done, folder } = await runRot({ seed, trials, served, first: values.first, progress });
  console.log(table(done));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${done.length} trials with seed ${seed}, ${served} of them with a real server as well, in ${seconds} s`);
  const wrong = done.filter(({ judgement }) => judgement.verdict === "wrong");
  if (wrong.length === 0) return;
  for (const { number } of wrong) console.log(`npx tsx test/real/disk/rot.ts --again ${folder}/*/trial-${number}`);
  process.exitCode = 1;
}

/** How often what happened to which kind of file. */
function table(trials: readonly Trial[]): string {
  const head = ["", ...verdicts, "all"];
  const rows = [...fileKinds, "all"].map((kind) => {
    const those = trials.filter(({ damage }) => kind === "all" || damage.kind === kind);
    const counts = verdicts.map((verdict) => those.filter(({ judgement }) => judgement.verdict === verdict).length);
    return [kind, ...counts, those.length].map(String);
  });
  return [head, ...rows].map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14))).join("")).join("\n");
}

async function again(folder: string): Promise<void> {
  const inspector = new Inspector();
  const base = await openBase(dirname(folder), inspector);
  const { verdict, why } = await judgeAgain(base, folder, inspector);
  await inspector.close();
  rmSync(join(dirname(folder), `${basename(folder)}-copy`), { recursive: true, force: true });
  console.log(`${verdict}: ${why}`);
  process.exitCode = verdict === "wrong" ? 1 : 0;
}
