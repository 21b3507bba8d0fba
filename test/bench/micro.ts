import { codecCases, hashCases, packetCases } from "./codec-cases.ts";
import { appendCase, electionCase } from "./core-cases.ts";
import { logStoreCases } from "./log-store-cases.ts";
import { measure } from "./micro-run.ts";
import { microTable, parseFlags, printReport, throughputTable } from "./report.ts";
import { measureThroughput, throughputSettings } from "./throughput-run.ts";

/** `npm run bench -- micro`: what single steps of the hot path cost, and what three replicas in one thread get done with them. */
const { json, quick } = parseFlags("micro");
const ms = quick ? 20 : 1000;
const throughputMs = quick ? 150 : 3000;
const micro = measure([...codecCases(), ...packetCases(), ...hashCases(), appendCase(), ...logStoreCases(), electionCase()], ms);
const throughput = measureThroughput(throughputMs);
printReport(json, { ...throughputSettings, msPerCase: ms, msPerThroughput: throughputMs }, { micro, throughput }, [
  microTable(micro),
  throughputTable(throughput),
]);
