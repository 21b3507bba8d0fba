import type { Env } from "../../src/env/env.ts";
import type { SimProcess } from "../../src/sim/process.ts";
import type { World } from "../../src/sim/world.ts";
import { serverId } from "../../src/base/ids.ts";
import { Rig } from "../sim/rig.ts";
import { type CellHarness, cellContract } from "./cell.ts";
import { clockContract, type ClockHarness } from "./clock.ts";
import type { Crash, Time } from "./harness.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { storageContract } from "./storage.ts";
import { transportContract, type TransportHarness } from "./transport.ts";

function timeOf(world: World): Time {
  return {
    until: async (condition) => {
      for (let steps = 0; !condition(); steps += 1) {
        if (steps > 1_000_000 || !world.step()) throw new Error("what was waited for does not happen");
      }
    },
    pass: async (ms) => world.runFor(ms),
  };
}

function restart(rig: Rig, process: SimProcess, how: Crash): Env {
  process.crash({ powerCut: how === "power" });
  return rig.started(process);
}

let seed = 0;

async function openStorage(): Promise<StorageHarness & CellHarness> {
  const rig = new Rig({ seed: (seed += 1) });
  const process = rig.process("a");
  let env = rig.started(process);
  return {
    ...timeOf(rig.world),
    get storage() {
      return env.storage;
    },
    cell: (name) => env.cell(name),
    crash: async (how) => {
      env = restart(rig, process, how);
    },
    close: async () => process.disk.checkBytes(),
  };
}

async function openTransport(): Promise<TransportHarness> {
  const rig = new Rig({ seed: (seed += 1) });
  const [a, b] = (["a", "b"] as const).map((name) => ({ id: serverId(name), transport: rig.started(rig.process(name)).transport }));
  if (a === undefined || b === undefined) throw new Error("two servers were made");
  return { ...timeOf(rig.world), a, b, nobody: serverId("nobody"), close: async () => {} };
}

async function openClock(): Promise<ClockHarness> {
  const rig = new Rig({ seed: (seed += 1) });
  return { ...timeOf(rig.world), clock: rig.started(rig.process("a")).clock, close: async () => {} };
}

storageContract("simulated", openStorage, ["process", "power"]);
cellContract("simulated", openStorage, ["process", "power"]);
transportContract("simulated", openTransport);
clockContract("simulated", openClock);
