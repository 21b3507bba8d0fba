import { parseFlags, printReport, simSpeedTable } from "./report.ts";
import { measureSimSpeed, simSpeedSettings } from "./sim-speed-run.ts";

/** `tsx test/bench/sim-speed.ts`: how much faster than real time a cluster is simulated, without and with the oracle. */
const { json, quick } = parseFlags("sim-speed");
const results = quick ? measureSimSpeed(0.02, 1) : measureSimSpeed(1);
printReport(json, simSpeedSettings, { simSpeed: results }, [simSpeedTable(results)]);
