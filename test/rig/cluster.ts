import { parseArgs } from "node:util";
import { clusterPlan, runCluster } from "./cluster/run.ts";
import { printRig } from "./report.ts";

/**
 * `npm run rig -- cluster`: a whole store in processes, three shardmasters and three groups of three; groups join and leave, and servers are
 * killed and started again, while clients go on. Nothing that was acknowledged may be lost, and no operation may fail.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    seconds: { type: "string" },
    rows: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds ?? (values.quick ? 12 : clusterPlan.seconds));
const rows = Number(values.rows ?? (values.quick ? 2000 : clusterPlan.rows));
const plan = { ...clusterPlan, seconds, rows, seed: Number(values.seed) };
if (!(seconds > 0) || !Number.isSafeInteger(rows) || rows < 1 || !Number.isSafeInteger(plan.seed)) {
  process.stderr.write("usage: cluster [--quick] [--json] [--seconds N] [--rows N] [--seed N]\n");
  process.exit(2);
}
const report = await runCluster(plan, (text) => process.stderr.write(`${text}\n`));
printRig(values.json, { ...plan }, report);
