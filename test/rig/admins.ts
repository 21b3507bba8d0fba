import { parseArgs } from "node:util";
import { adminsPlan, runAdmins } from "./admins/run.ts";
import { printRig } from "./report.ts";

/**
 * `npm run rig -- admins`: a shardmaster of three servers over disks and TCP, whose leader is killed again and again while administrators
 * let groups join and leave and move shards. Each of their operations has to have made one configuration, the one that it was told.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    operations: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const operations = Number(values.operations ?? (values.quick ? 60 : adminsPlan.operations));
const plan = { ...adminsPlan, operations, seed: Number(values.seed) };
if (!Number.isSafeInteger(operations) || operations < 1 || !Number.isSafeInteger(plan.seed)) {
  process.stderr.write("usage: admins [--quick] [--json] [--operations N] [--seed N]\n");
  process.exit(2);
}
const report = await runAdmins(plan, (text) => process.stderr.write(`${text}\n`));
printRig(values.json, { ...plan }, report);
