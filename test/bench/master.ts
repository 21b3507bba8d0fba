import { masterCases, masterSettings } from "./master-cases.ts";
import { measureHistory } from "./master-process.ts";
import { measure } from "./micro-run.ts";
import { historyTable, microTable, parseFlags, printReport } from "./report.ts";

/** `npm run bench -- master`: what commands and queries cost the shardmaster's machine, and what a long history costs its process. */
const { json, quick } = parseFlags("master");
const ms = quick ? 20 : 1000;
const micro = measure(masterCases(masterSettings), ms);
const history = await measureHistory(quick ? 100 : 10_000, quick ? 10 : 100, 256, quick ? 10 : 2000);
printReport(json, { ...masterSettings, msPerCase: ms }, { micro, history }, [microTable(micro), historyTable(history)]);
