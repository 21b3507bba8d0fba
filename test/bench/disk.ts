import { diskSettings, measureDisk } from "./disk-cases.ts";
import { diskTable, parseFlags, printReport } from "./report.ts";

/** `tsx test/bench/disk.ts`: what it costs to put rows on this machine's disk, beside LevelDB without anything around it. */
const { json, quick } = parseFlags("disk");
const ms = quick ? 50 : 2000;
const disk = await measureDisk(ms);
printReport(json, { ...diskSettings, msPerCase: ms }, { disk }, [diskTable(disk)]);
