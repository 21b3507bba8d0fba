import type { Rng } from "../../base/rng.ts";
import type { WriteOp } from "../../env/storage.ts";
import type { DiskImage } from "./image.ts";

/** What a power cut would take out of the middle, and what would be left. */
interface Hole {
  /** The image without the batches of the hole and those behind it. */
  readonly base: DiskImage;
  /** Batches that no sync has reached: the last ones in a log file that has been left behind. */
  readonly exposed: (readonly WriteOp[])[];
  /** What was written since, into the next file. */
  readonly later: (readonly WriteOp[])[];
}

/**
 * A fault of the disk model, off unless asked for: what LevelDB does to one who writes a batch unsynced and counts on a later sync to
 * cover it. When the log file is full between the two, the sync reaches the new file only, and a power cut can still take the batch
 * away although the later one stays. A hole closes at the next rotation.
 */
export class RotationHole {
  readonly #fileBytesMax: number;
  #fileBytes = 0;
  /** The image before the batches of this file that stand behind its last sync. */
  #tailBase: DiskImage | undefined;
  #tail: (readonly WriteOp[])[] = [];
  #hole: Hole | undefined;

  constructor(fileBytesMax: number) {
    this.#fileBytesMax = fileBytesMax;
  }

  /** A batch is about to become part of `image`. */
  beforeBatch(image: DiskImage, ops: readonly WriteOp[], bytes: number): void {
    if (this.#fileBytes >= this.#fileBytesMax) this.#rotate();
    this.#fileBytes += bytes;
    this.#hole?.later.push(ops);
    this.#tailBase ??= image.copy();
    this.#tail.push(ops);
  }

  /** What this file holds is safe now, and what the file before holds is not. */
  synced(): void {
    this.#tailBase = undefined;
    this.#tail = [];
  }

  /** The image that a power cut leaves, by chance not the one that it should; undefined when it takes nothing from the middle. */
  powerCut(rng: Rng): DiskImage | undefined {
    const hole = this.#hole;
    if (hole === undefined || rng.chance(0.5)) return undefined;
    const image = hole.base;
    for (const ops of hole.exposed.slice(0, rng.int(0, hole.exposed.length - 1))) image.apply(ops);
    for (const ops of hole.later) image.apply(ops);
    return image;
  }

  /** The disk begins a new log file with nothing behind it that is not safe. */
  forget(): void {
    this.synced();
    this.#hole = undefined;
    this.#fileBytes = 0;
  }

  #rotate(): void {
    this.#fileBytes = 0;
    this.#hole = this.#tailBase === undefined ? undefined : { base: this.#tailBase, exposed: this.#tail, later: [] };
    this.synced();
  }
}
