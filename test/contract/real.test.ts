import { MemoryCells, MemoryStorage } from "../../src/real/memory-storage.ts";
import { RealClock } from "../../src/real/clock.ts";
import { Turn } from "../../src/real/turn.ts";
import { DiskRig, pass, until } from "../real/disk-rig.ts";
import { type CellHarness, cellContract } from "./cell.ts";
import { clockContract } from "./clock.ts";
import type { StorageHarness } from "./storage-harness.ts";
import { storageContract } from "./storage.ts";

async function openDisk(): Promise<StorageHarness & CellHarness> {
  const rig = await new DiskRig().open();
  return {
    until,
    pass,
    get storage() {
      return rig.storage;
    },
    cell: (name) => rig.cells.cell(name),
    crash: async () => {
      await rig.abandon();
      await rig.open();
    },
    close: () => rig.close(),
  };
}

function survivesNothing(): Promise<void> {
  return Promise.reject(new Error("memory survives nothing"));
}

async function openMemory(): Promise<StorageHarness & CellHarness> {
  const turn = new Turn();
  const cells = new MemoryCells(turn);
  return { until, pass, storage: new MemoryStorage(turn), cell: (name) => cells.cell(name), crash: survivesNothing, close: async () => {} };
}

storageContract("level", openDisk, ["process"]);
storageContract("memory", openMemory, []);
cellContract("file", openDisk, ["process"]);
cellContract("memory", openMemory, []);
clockContract("real", async () => ({ until, pass, clock: new RealClock(new Turn()), close: async () => {} }));
