import { groupSettings, measureGroup } from "./group/measure.ts";
import { groupTable, parseFlags, printReport } from "./report.ts";

/** `npm run bench -- group`: three replicas in three processes under a closed loop, beside what the dependencies reach without consensus. */
const { json, quick } = parseFlags("group");
const plan = quick ? { rounds: 1, seconds: 0.2 } : { rounds: 3, seconds: 4 };
const measured = await measureGroup(plan, (text) => process.stderr.write(`${text}\n`));
printReport(json, { ...groupSettings, ...plan }, { group: measured }, [groupTable(measured)]);
