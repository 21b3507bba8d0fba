import type { Suite } from "../case.ts";
import { mixedRun } from "../kv/mixed.ts";
import { oneKeyRun } from "../kv/one-key.ts";
import { memoryCases } from "./memory.ts";

const shape = { servers: 1, iterationMs: 1_000 };

/** The MIT course of 2024. Its server is one without replicas: a group of one, here. */
export const kvsrvSuite: Suite = {
  name: "kvsrv",
  summary: "a store on a single server: exactly-once operations over lossy networks, and memory",
  cases: [
    { number: 1, title: "One client", runs: [mixedRun({ ...shape, clients: 1 })] },
    { number: 2, title: "Many clients", runs: [mixedRun({ ...shape, clients: 5 })] },
    { number: 3, title: "Unreliable net, many clients", runs: [mixedRun({ ...shape, clients: 5, unreliable: true })] },
    { number: 4, title: "Concurrent append to same key, unreliable", runs: [oneKeyRun(1)] },
    ...memoryCases,
  ],
};
