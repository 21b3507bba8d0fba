import { parseArgs } from "node:util";
import { floodKinds } from "./flood/kinds.ts";
import { floodPlan, runFloods } from "./flood/run.ts";
import { printRig } from "./report.ts";

/**
 * `npm run rig -- flood [KIND...]`: a process that asks three servers without measure, beside clients who do not. The former is told
 * that it is too much, and the latter hardly notice.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, quick: { type: "boolean", default: false }, seconds: { type: "string" } },
});
const kinds = positionals.length === 0 ? floodKinds : floodKinds.filter((kind) => positionals.includes(kind));
const plan = { ...floodPlan, seconds: Number(values.seconds ?? (values.quick ? 2 : floodPlan.seconds)) };
if (!(plan.seconds > 0) || (positionals.length > 0 && kinds.length !== positionals.length)) {
  process.stderr.write(`usage: flood [${floodKinds.join("|")}...] [--quick] [--json] [--seconds N]\n`);
  process.exit(2);
}
printRig(values.json, { ...plan }, await runFloods(plan, (text) => process.stderr.write(`${text}\n`), kinds));
