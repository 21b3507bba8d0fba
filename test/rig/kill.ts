import { parseArgs } from "node:util";
import { killPlan, type Plant, plants, restartPlan, runKills } from "./kill/run.ts";
import { printRig } from "./report.ts";

/**
 * `npm run rig -- kill`: three servers over disks and TCP; every two seconds one of them is killed, and started again a second later,
 * while clients go on. Nothing that was acknowledged may be lost, and no operation may fail. `--plant rollback` breaks that on purpose;
 * `--polite` tells them to end instead, one after the other, as a rolling restart does.
 */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    plant: { type: "string" },
    polite: { type: "boolean", default: false },
  },
});
const whole = values.polite ? restartPlan : killPlan;
const seconds = Number(values.seconds ?? (values.quick ? 6 : whole.seconds));
const plan = { ...whole, seconds, seed: Number(values.seed) };
if (
  !(seconds > 0) ||
  !Number.isSafeInteger(plan.seed) ||
  !(values.plant === undefined || (plants as readonly string[]).includes(values.plant))
) {
  process.stderr.write(`usage: kill [--quick] [--json] [--seconds N] [--seed N] [--polite] [--plant ${plants.join("|")}]\n`);
  process.exit(2);
}
const report = await runKills(plan, (text) => process.stderr.write(`${text}\n`), values.plant as Plant | undefined);
const { signal: _, ...settings } = plan;
printRig(values.json, settings, report);
