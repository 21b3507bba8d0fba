import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { attack, mebibytes } from "./hostile-run.ts";

// Attacks a server with bytes of all kinds, by hand: npx tsx test/real/tcp/hostile.ts 200000 [--seed S] [--cluster C]
// [--canary echo|probe] [-- command with {address}]. The command starts the victim, which prints its port when it listens; without
// one it is a bare transport. Ends with 1 when the victim was not well at any time.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: String(Date.now()) },
    cluster: { type: "string", default: "test" },
    canary: { type: "string", default: "echo" },
  },
});
const [count = "20000", ...command] = positionals;
const own = [process.execPath, "--import", "tsx", fileURLToPath(new URL("victim.ts", import.meta.url)), "{address}"];
console.log(`${count} attacks with the seed ${values.seed}`);
const begun = performance.now();
const verdict = await attack({
  count: Number(count),
  seed: values.seed,
  cluster: values.cluster,
  canary: values.canary === "probe" ? "probe" : "echo",
  victim: command.length > 0 ? command : own,
  progress: (line) => console.log(`${((performance.now() - begun) / 1_000).toFixed(0)} s: ${line}`),
});
for (const [name, times] of Object.entries(verdict.byName).toSorted(([, a], [, b]) => b - a)) console.log(`  ${times} x ${name}`);
console.log(`the victim says: ${verdict.victimSays}`);
console.log(
  `the canary was answered ${verdict.canaries} times, in ${verdict.medianCanaryMs.toFixed(1)} ms (the median) to ${verdict.slowestCanaryMs.toFixed(0)} ms, over ${verdict.dialled} connection(s)`,
);
console.log(
  `the victim took ${mebibytes(verdict.rssBefore)} MiB before and ${mebibytes(verdict.rssMost)} MiB at most; ${mebibytes(verdict.rssMax)} MiB are allowed`,
);
for (const failure of verdict.failures) console.log(`FAILED: ${failure}`);
if (verdict.failures.length === 0) console.log(`${verdict.attacks} attacks did no harm`);
process.exitCode = verdict.failures.length === 0 ? 0 : 1;
