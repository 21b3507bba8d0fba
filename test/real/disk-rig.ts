import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FileCells } from "../../src/real/cell-file.ts";
import { LevelStorage } from "../../src/real/level-storage.ts";
import { openLevel } from "../../src/real/level.ts";
import type { StopReason } from "../../src/real/stop.ts";
import { Turn } from "../../src/real/turn.ts";

/** Why something stopped. */
export interface Stopped {
  readonly reason: StopReason;
  readonly sentence: string;
}

/** A directory that goes away with the test. */
export class Scratch {
  readonly path: string = mkdtempSync(join(tmpdir(), "kvorum-test-"));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A directory with a store and cells, and lives of a process that uses them. */
export class DiskRig {
  readonly turn: Turn = new Turn();
  readonly stops: Stopped[] = [];
  readonly #scratch = new Scratch();
  #storage: LevelStorage | undefined;
  #cells: FileCells | undefined;

  get rows(): string {
    return join(this.#scratch.path, "rows");
  }

  /** The cells' directory. */
  get path(): string {
    return this.#scratch.path;
  }

  get storage(): LevelStorage {
    if (this.#storage === undefined) throw new Error("no storage is open");
    return this.#storage;
  }

  get cells(): FileCells {
    this.#cells ??= new FileCells(this.path, { turn: this.turn, stop: this.stop });
    return this.#cells;
  }

  readonly stop = (reason: StopReason, sentence: string): void => {
    this.stops.push({ reason, sentence });
  };

  /** Begins a life. */
  async open(): Promise<this> {
    this.#storage = new LevelStorage(await openLevel(this.rows, { create: true }), { turn: this.turn, stop: this.stop });
    return this;
  }

  /** Ends the present life as a crash of the process does, as far as one can within a process. */
  async abandon(): Promise<void> {
    await this.#storage?.abandon();
    await this.#cells?.abandon();
    this.#cells = undefined;
  }

  async close(): Promise<void> {
    await this.abandon();
    this.#scratch.remove();
  }
}

/** Lets the event loop go on until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets at least `ms` milliseconds pass. */
export async function pass(ms: number): Promise<void> {
  await sleep(Math.max(1, Math.ceil(ms) + 1));
}
