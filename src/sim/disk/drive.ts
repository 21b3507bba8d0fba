import { assert } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { World } from "../world.ts";

/** A write that failed. It ends the process: a storage that fails stops it (no retry, no going on). */
export class DiskFailure extends Error {
  override readonly name = "DiskFailure";
}

export interface DriveOptions {
  /** How long a write takes until it is safe: uniform between the two. */
  readonly syncMinMs: number;
  readonly syncMaxMs: number;
  /** How long a short write takes until it outlives the process, likewise. */
  readonly noteMinMs: number;
  readonly noteMaxMs: number;
}

/** The mechanical part of a disk: how long a write takes, and whether it ever ends. */
export class DiskDrive {
  readonly #world: World;
  readonly #rng: Rng;
  readonly #options: DriveOptions;
  #factor = 1;
  #extraMeanMs = 0;
  #hung = false;
  #failure: string | undefined;
  #stuck: ((failure: DiskFailure | undefined) => void)[] = [];

  constructor(world: World, rng: Rng, options: DriveOptions) {
    assert(options.syncMinMs >= 0 && options.syncMinMs <= options.syncMaxMs, "a sync takes some time or none");
    assert(options.noteMinMs >= 0 && options.noteMinMs <= options.noteMaxMs, "a short write takes some time or none");
    this.#world = world;
    this.#rng = rng;
    this.#options = options;
  }

  /** Calls `finish` when the write that begins now has ended: later, perhaps never; with a failure when it went wrong. */
  begin(finish: (failure: DiskFailure | undefined) => void): void {
    this.#begin(this.#options.syncMinMs, this.#options.syncMaxMs, finish);
  }

  /** As `begin`, of a short write that is not synced. A disk that is slow or hangs holds it up just the same: it waits for the journal. */
  note(finish: (failure: DiskFailure | undefined) => void): void {
    this.#begin(this.#options.noteMinMs, this.#options.noteMaxMs, finish);
  }

  #begin(minMs: number, maxMs: number, finish: (failure: DiskFailure | undefined) => void): void {
    let ms = this.#rng.between(minMs, maxMs) * this.#factor;
    if (this.#extraMeanMs > 0) ms += this.#rng.exponential(this.#extraMeanMs);
    this.#endAfter(ms, finish);
  }

  #endAfter(ms: number, finish: (failure: DiskFailure | undefined) => void): void {
    this.#world.post(ms, () => {
      if (this.#hung) this.#stuck.push(finish);
      else finish(this.#takeFailure());
    });
  }

  /** Writes that begin from now on take `factor` times as long, and a random time with the given mean on top. */
  slow(factor: number, extraMeanMs = 0): void {
    assert(factor > 0 && extraMeanMs >= 0, "a write takes some time");
    this.#factor = factor;
    this.#extraMeanMs = extraMeanMs;
  }

  /** No write ends until `release`. */
  hang(): void {
    this.#hung = true;
  }

  release(): void {
    this.#hung = false;
    for (const finish of this.#stuck.splice(0)) this.#endAfter(0, finish);
  }

  get hung(): boolean {
    return this.#hung;
  }

  /** The next write that ends goes wrong; what it was to write is there afterwards, or not. */
  failNext(reason: string): void {
    this.#failure = reason;
  }

  #takeFailure(): DiskFailure | undefined {
    if (this.#failure === undefined) return undefined;
    const failure = new DiskFailure(this.#failure);
    this.#failure = undefined;
    return failure;
  }
}
