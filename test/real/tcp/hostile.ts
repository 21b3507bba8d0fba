import { parseArgs } from "node:util";
import { attack, mebibytes } from "./hostile-run.ts";
import { barePrey, LiveGroup } from "./prey.ts";

// Attacks a server with bytes of all kinds: npm run hostile -- 200000 [--seed S] [--bare]. The victim is a member of a live group of
// three `kvorum serve`, as it was built; with --bare it is a transport and nothing else. Ends with 1 when it was not well at any time.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: String(Date.now()) }, bare: { type: "boolean", default: false } },
});
const count = Number(positionals[0] ?? "20000");
const live = values.bare ? undefined : await LiveGroup.open();
console.log(`${count} attacks on ${live === undefined ? "a transport" : "a live replica"} with the seed ${values.seed}`);
const begun = performance.now();
const seconds = (): number => (performance.now() - begun) / 1_000;
const verdict = await attack({
  count,
  seed: values.seed,
  prey: live ?? (await barePrey()),
  progress: (line) => console.log(`${seconds().toFixed(0)} s: ${line}`),
});
await live?.close();
for (const [name, times] of Object.entries(verdict.byName).toSorted(([, a], [, b]) => b - a)) console.log(`  ${times} x ${name}`);
console.log(`the victim has said last: ${verdict.victimSays}`);
console.log(
  `the canary was answered ${verdict.canaries} times, in ${verdict.medianCanaryMs.toFixed(1)} ms (the median) to ${verdict.slowestCanaryMs.toFixed(0)} ms, over ${verdict.dialled} connection(s)`,
);
if (live !== undefined) console.log(`the other members have lost the victim ${live.partings} time(s)`);
console.log(
  `the victim took ${mebibytes(verdict.rssBefore)} MiB before, ${mebibytes(verdict.rssMost)} MiB at most and ${mebibytes(verdict.rssAfter)} MiB after; ${mebibytes(verdict.rssMax)} MiB are allowed`,
);
for (const failure of verdict.failures) console.log(`FAILED: ${failure}`);
if (verdict.failures.length === 0) console.log(`${verdict.attacks} attacks did no harm in ${seconds().toFixed(0)} s`);
// Node itself turns round for ever now and then when it tidies up after sockets that were reset; an exit does not tidy up.
process.exit(verdict.failures.length === 0 ? 0 : 1);
