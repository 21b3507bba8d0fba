import { FileCells } from "../../../src/real/cell-file.ts";
import { type DirectoryPaths, directoryPaths, inspectDirectory, makeDirectory } from "../../../src/real/directory.ts";
import type { Disk } from "../../../src/real/disk.ts";
import { LevelStorage } from "../../../src/real/level-storage.ts";
import { type LevelDoor, openLevel } from "../../../src/real/level.ts";
import type { Stop } from "../../../src/real/stop.ts";
import type { Turn } from "../../../src/real/turn.ts";

/** The name of the cluster of every directory in here; it is what `kvorum serve` takes if nothing is said. */
export const cluster = "kvorum";

/** A data directory put together as `src/real/disk.ts` does, so that it can be ended as a crash would. */
export interface OwnDisk extends Disk {
  /** Forgets what is not on disk yet. */
  abandon(): Promise<void>;
}

/** LevelDB's smallest write buffer is 64 KiB: then table files and new logs come soon, and often. */
export async function openOwnDisk(path: string, writeBufferBytes: number, { turn, stop }: { turn: Turn; stop: Stop }): Promise<OwnDisk> {
  const open = (paths: DirectoryPaths, create: boolean): Promise<LevelDoor> => openLevel(paths.rows, { create, writeBufferBytes });
  const isThere = inspectDirectory(path, cluster, true) !== undefined;
  const door = isThere ? await open(directoryPaths(path), false) : await makeDirectory(path, newMarker(), (paths) => open(paths, true));
  const storage = new LevelStorage(door, { turn, stop });
  const cells = new FileCells(directoryPaths(path).cells, { turn, stop });
  return {
    storage,
    cell: (name) => cells.cell(name),
    unfinishedMs: () => Math.max(storage.unfinishedMs(), cells.unfinishedMs()),
    close: async () => {
      await storage.close();
      await cells.close();
    },
    abandon: async () => {
      await storage.abandon();
      await cells.abandon();
    },
  };
}

function newMarker(): { cluster: string; incarnation: number } {
  return { cluster, incarnation: Math.floor(Math.random() * Number.MAX_SAFE_INTEGER) };
}
