import { kvCases, kvSettings } from "./kv-cases.ts";
import { measure } from "./micro-run.ts";
import { microTable, parseFlags, printReport } from "./report.ts";

/** `npx tsx test/bench/kv-micro.ts`: what commands and queries cost in the store's state machine. */
const { json, quick } = parseFlags("kv-micro");
const ms = quick ? 20 : 1000;
const micro = measure(kvCases(), ms);
printReport(json, { ...kvSettings, msPerCase: ms }, { micro }, [microTable(micro)]);
