import { parseArgs } from "node:util";
import { millionPlan, quickMillion, runMillion } from "./million/run.ts";
import { printRig } from "./report.ts";

/**
 * `npm run rig -- million`: a group of three with a million keys. Their memory, how soon they answer after a restart, and what clients
 * notice while a replica is sent everything because the log that it would need is gone.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    keys: { type: "string" },
    seconds: { type: "string" },
  },
});
const base = values.quick ? quickMillion : millionPlan;
const plan = { ...base, keys: Number(values.keys ?? base.keys), seconds: Number(values.seconds ?? base.seconds) };
if (!(plan.seconds > 0) || !(Number.isSafeInteger(plan.keys) && plan.keys > 0)) {
  process.stderr.write("usage: million [--quick] [--json] [--keys N] [--seconds N]\n");
  process.exit(2);
}
printRig(values.json, { ...plan }, await runMillion(plan, (text) => process.stderr.write(`${text}\n`)));
