import { measureReplica, type ReplicaLoad } from "./replica-run.ts";
import { parseFlags, printReport } from "./report.ts";

/** `npm run bench -- replica`: what one group with sessions and its clients get done in one thread, without disk and network. */
const { json, quick } = parseFlags("replica");
const base = { replicas: 3, clients: 10, window: 10, readShare: 0, valueBytes: 100 };
const loads: readonly ReplicaLoad[] = [
  { ...base, name: "10 clients, 10 puts at a time" },
  { ...base, name: "10 clients, 64 puts at a time", window: 64 },
  { ...base, name: "10 clients, 10 gets at a time", readShare: 1 },
  { ...base, name: "a single replica, 10 clients, 10 puts at a time", replicas: 1 },
];
const ms = quick ? 200 : 3000;
const speeds = loads.map((load) => measureReplica(load, ms));
const rows = speeds.map(
  ({ name, operationsPerSecond, cpuMicrosecondsPerOperation }) =>
    `${name.padEnd(50)} ${String(Math.round(operationsPerSecond)).padStart(9)} op/s ${cpuMicrosecondsPerOperation.toFixed(1).padStart(7)} us CPU/op`,
);
printReport(json, { msPerLoad: ms }, { speeds }, [rows.join("\n")]);
