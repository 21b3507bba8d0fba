import { parseFlags, printReport, throughputTable } from "./report.ts";
import { measureThroughput, throughputSettings } from "./throughput-run.ts";

/** `tsx test/bench/throughput.ts`: how many entries a second three replicas in one thread commit and apply. */
const { json, quick } = parseFlags("throughput");
const ms = quick ? 300 : 3000;
const results = measureThroughput(ms);
printReport(json, { ...throughputSettings, ms }, { throughput: results }, [throughputTable(results)]);
