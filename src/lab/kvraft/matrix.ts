import type { Case } from "../case.ts";
import { type MixedOptions, mixedRun } from "../kv/mixed.ts";
import { oneKeyRun } from "../kv/one-key.ts";
import { shortLogBytes } from "../group/steps.ts";

type Given = Omit<MixedOptions, "iterationMs">;

function mixed(number: number, title: string, options: Given): Case {
  return { number, title, runs: [mixedRun({ ...options, iterationMs: 5_000 })] };
}

const one: Given = { clients: 1, servers: 5 };
const many: Given = { clients: 5, servers: 5 };
const most: Given = { clients: 15, servers: 7, randomKeys: true };
const unreliable = { unreliable: true };
const restarts = { restarts: true };
const partitions = { partitions: true };
const snapshots = { logBytesMax: shortLogBytes };
const everything = { ...unreliable, ...restarts, ...partitions };

/** Mixed operations of one or many clients, with every kind of fault alone and together. */
export const matrixCases: readonly Case[] = [
  mixed(11, "One client", one),
  mixed(13, "Many clients", many),
  mixed(14, "Unreliable net, many clients", { ...many, ...unreliable }),
  { number: 15, title: "Concurrent append to same key, unreliable", runs: [oneKeyRun(3)] },
  mixed(17, "Partitions, one client", { ...one, ...partitions }),
  mixed(18, "Partitions, many clients", { ...many, ...partitions }),
  mixed(19, "Restarts, one client", { ...one, ...restarts }),
  mixed(20, "Restarts, many clients", { ...many, ...restarts }),
  mixed(21, "Unreliable net, restarts, many clients", { ...many, ...unreliable, ...restarts }),
  mixed(22, "Restarts, partitions, many clients", { ...many, ...restarts, ...partitions }),
  mixed(23, "Unreliable net, restarts, partitions, many clients", { ...many, ...everything }),
  mixed(24, "Unreliable net, restarts, partitions, random keys, many clients", { ...most, ...everything }),
  mixed(28, "Restarts, snapshots, one client", { ...one, ...restarts, ...snapshots }),
  mixed(29, "Restarts, snapshots, many clients", { ...many, clients: 20, ...restarts, ...snapshots }),
  mixed(30, "Unreliable net, snapshots, many clients", { ...many, ...unreliable, ...snapshots }),
  mixed(31, "Unreliable net, restarts, snapshots, many clients", { ...many, ...unreliable, ...restarts, ...snapshots }),
  mixed(32, "Unreliable net, restarts, partitions, snapshots, many clients", { ...many, ...everything, ...snapshots }),
  mixed(33, "Unreliable net, restarts, partitions, snapshots, random keys, many clients", { ...most, ...everything, ...snapshots }),
];
