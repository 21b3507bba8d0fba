import { existsSync } from "node:fs";
import type { Cell, Storage } from "../env/storage.ts";
import { FileCells } from "./cell-file.ts";
import { type DirectoryMarker, type DirectoryPaths, directoryPaths, inspectDirectory, makeDirectory } from "./directory.ts";
import { LevelStorage } from "./level-storage.ts";
import { type LevelMemory, openLevel } from "./level.ts";
import { MemoryCells, MemoryStorage } from "./memory-storage.ts";
import { Refusal, type Stop } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** Everything of a server that lasts: one storage, and cells. */
export interface Disk {
  readonly storage: Storage;
  cell(name: string): Cell;
  /** For how many milliseconds the oldest write has been on its way; 0 when there is none. */
  unfinishedMs(): number;
  /** Lets everything that was accepted go to disk, and closes. */
  close(): Promise<void>;
}

/** Where data lies, whose it is, and what to do when it fails. */
export interface DiskOptions {
  readonly path: string;
  readonly cluster: string;
  /** Makes the directory when it is missing. */
  readonly create: boolean;
  readonly memory?: LevelMemory;
  readonly turn: Turn;
  readonly stop: Stop;
}

/** A disk that forgets everything with its process. */
export function memoryDisk(turn: Turn): Disk {
  const storage = new MemoryStorage(turn);
  const cells = new MemoryCells(turn);
  return { storage, cell: (name) => cells.cell(name), unfinishedMs: () => 0, close: async () => {} };
}

/**
 * A data directory on its way to a disk. It is looked at first, and made only when all else of the server is known to be well: a server
 * that cannot start has written nothing.
 */
export class DataDirectory {
  readonly #options: DiskOptions;
  /** Undefined while the directory has to be made. */
  readonly marker: DirectoryMarker | undefined;
  #opened: Disk | undefined;

  private constructor(options: DiskOptions, marker: DirectoryMarker | undefined, opened: Disk | undefined) {
    this.#options = options;
    this.marker = marker;
    this.#opened = opened;
  }

  /** Looks at the directory, and locks and opens it if it is complete; rejects with a `Refusal`. */
  static async inspect(options: DiskOptions): Promise<DataDirectory> {
    const { path, cluster, create } = options;
    const marker = inspectDirectory(path, cluster, create);
    if (marker === undefined) return new DataDirectory(options, undefined, undefined);
    const paths = directoryPaths(path);
    for (const part of [paths.rows, paths.cells]) {
      if (!existsSync(part))
        throw new Refusal(
          "data_damaged",
          `The data directory ${path} has lost ${part}; replace this server's directory as that of a new server.`,
        );
    }
    return new DataDirectory(options, marker, await openDisk(options, paths, false));
  }

  /** The disk; a directory that had to be made is made now, and bears `incarnation`. */
  async open(incarnation: number): Promise<Disk> {
    const { path, cluster } = this.#options;
    this.#opened ??= await makeDirectory(path, { cluster, incarnation }, (paths) => openDisk(this.#options, paths, true));
    return this.#opened;
  }

  /** Lets go of a directory that was complete, because the server cannot start for another reason. */
  async release(): Promise<void> {
    await this.#opened?.close();
  }
}

async function openDisk({ memory, turn, stop }: DiskOptions, paths: DirectoryPaths, create: boolean): Promise<Disk> {
  const storage = new LevelStorage(await openLevel(paths.rows, { ...memory, create }), { turn, stop });
  const cells = new FileCells(paths.cells, { turn, stop });
  return {
    storage,
    cell: (name) => cells.cell(name),
    unfinishedMs: () => Math.max(storage.unfinishedMs(), cells.unfinishedMs()),
    close: async () => {
      await storage.close();
      await cells.close();
    },
  };
}
