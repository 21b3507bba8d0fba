import { assert } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cancel } from "../../env/clock.ts";
import type { Row, WriteOp } from "../../env/storage.ts";
import { type CellImages, SimCells } from "./cell.ts";
import { DiskDrive, type DiskFailure, type DriveOptions } from "./drive.ts";
import { DiskImage } from "./image.ts";
import { type Batch, DiskSession } from "./session.ts";
import type { EventOwner } from "../event-queue.ts";
import { RotationHole } from "./rotation-hole.ts";
import { Seals } from "../network/seal.ts";
import type { World } from "../world.ts";

export interface DiskOptions extends DriveOptions {
  /** How long, and with how many bytes, unsynced batches wait for a sync that takes them along. */
  readonly waitMs: number;
  readonly waitBytesMax: number;
  /** Rows that one step of a `deleteRange` removes. */
  readonly deleteRowsMax: number;
  /** Mutant: unsynced batches are written on their own, and one just before a log rotation can vanish: see `RotationHole`. */
  readonly rotationHole: boolean;
  /** Bytes of a log file, for `rotationHole`. */
  readonly rotationBytes: number;
  /** Finds out who changes bytes that he has given to the storage or got from it; costs a pass over them at every use. */
  readonly checkBytes: boolean;
}

const defaults: DiskOptions = {
  syncMinMs: 1,
  syncMaxMs: 3,
  noteMinMs: 0.02,
  noteMaxMs: 0.2,
  waitMs: 10,
  waitBytesMax: 256 * 1024,
  deleteRowsMax: 64,
  rotationHole: false,
  rotationBytes: 64 * 1024,
  checkBytes: false,
};

/** Hears what becomes of a disk's rows: `onRestore` followed by every `onDurable` gives the image. */
export interface DiskObserver {
  /** The storage took a batch; nothing of it is safe yet. */
  onAccepted?(ops: readonly WriteOp[]): void;
  /** A batch became part of what the next life will find. Its `done` has not run. A step of a `deleteRange` comes here too. */
  onDurable?(ops: readonly WriteOp[]): void;
  /** The whole image was replaced by another one: wiped, restored, tampered with, or by a mutant's power cut. */
  onRestore?(): void;
}

/** What a disk held at one moment. */
export interface DiskCopy {
  readonly rows: DiskImage;
  readonly cells: CellImages;
}

/** A server's disk: it outlives the lives that open it. */
export class SimDisk {
  readonly options: DiskOptions;
  /** Slow, hung and failing disks are made here. */
  readonly drive: DiskDrive;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #cells: SimCells;
  readonly #hole: RotationHole | undefined;
  readonly #seals: Seals | undefined;
  readonly #observers: DiskObserver[] = [];
  #image = new DiskImage();
  #session: DiskSession | undefined;
  #full = false;

  constructor(world: World, name: string, options: Partial<DiskOptions> = {}) {
    this.options = Object.freeze({ ...defaults, ...options });
    this.#world = world;
    this.#rng = world.rng.fork("disk").fork(name);
    this.drive = new DiskDrive(world, this.#rng.fork("drive"), this.options);
    this.#cells = new SimCells(this.drive, this.#rng.fork("cells"));
    this.#hole = this.options.rotationHole ? new RotationHole(this.options.rotationBytes) : undefined;
    this.#seals = this.options.checkBytes ? new Seals() : undefined;
  }

  /** The storage of a new life, which `owner` stands for. A write that fails ends it through `onFatal`, which crashes the disk. */
  open(owner: EventOwner, onFatal: (failure: DiskFailure) => void): DiskSession {
    assert(this.#session === undefined, "one life at a time has the disk open");
    this.#session = new DiskSession({
      world: this.#world,
      disk: this,
      owner,
      rng: this.#rng,
      cells: this.#cells.open(owner, onFatal),
      seals: this.#seals,
      onFatal,
    });
    return this.#session;
  }

  /** The life that has the disk open, if there is one, is over. What was not finished may be lost, from the newest back. */
  crash(powerCut: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    session?.end(powerCut);
    this.#cells.crash(powerCut);
    const torn = powerCut ? this.#hole?.powerCut(this.#rng) : undefined;
    this.#hole?.forget();
    if (torn !== undefined) this.#replace(torn);
  }

  /** A new, empty directory: no rows, no cells. */
  wipe(): void {
    this.restore({ rows: new DiskImage(), cells: new Map() });
  }

  /** What the cell of that name holds at the least when the present life ends now, and the machine goes on. */
  written(cell: string): Uint8Array | undefined {
    return this.#cells.written(cell);
  }

  /** All that the disk holds now. */
  copyOfImage(): DiskCopy {
    return { rows: this.#image.copy(), cells: this.#cells.copy() };
  }

  /** Puts a copy of this or another disk in the place of what is there, while nobody has it open. */
  restore(copy: DiskCopy): void {
    assert(this.#session === undefined, "a disk is exchanged between two lives");
    this.#cells.restore(copy.cells);
    this.#hole?.forget();
    this.#replace(copy.rows.copy());
  }

  /** Changes rows behind everybody's back, as damage does, while nobody has the disk open. */
  tamper(ops: readonly WriteOp[]): void {
    assert(this.#session === undefined, "a disk is damaged between two lives");
    const image = this.#image.copy();
    image.apply(ops);
    this.#hole?.forget();
    this.#replace(image);
  }

  /** While it is full, every write fails, and nothing of it is there afterwards. */
  setFull(full: boolean): void {
    this.#full = full;
  }

  get full(): boolean {
    return this.#full;
  }

  /** The rows that a life would find if it began now, in ascending order of their keys. */
  image(): Iterable<Row> {
    return this.#image.rows();
  }

  /** How many bytes, and how many batches, the present life has written that are not safe yet. */
  get unfinishedBytes(): number {
    return this.#session?.unfinishedBytes ?? 0;
  }

  get unfinishedBatches(): number {
    return this.#session?.unfinishedBatches ?? 0;
  }

  /** With `checkBytes`: throws if anybody has changed a row that he once gave to the storage or got from it. */
  checkBytes(): void {
    for (const { key, value } of this.#image.rows()) {
      this.#seals?.check(key, "a key in the storage");
      this.#seals?.check(value, "a value in the storage");
    }
  }

  observe(observer: DiskObserver): Cancel {
    this.#observers.push(observer);
    return () => {
      const at = this.#observers.indexOf(observer);
      if (at >= 0) this.#observers.splice(at, 1);
    };
  }

  /** For the session: the rows as they are safe now; only to be read, or copied. */
  get durable(): DiskImage {
    return this.#image;
  }

  /** For the session: a batch was taken. */
  accepted(batch: Batch): void {
    for (const observer of this.#observers) observer.onAccepted?.(batch.ops);
  }

  /** For the session: a batch is safe now. */
  keep(batch: Batch): void {
    if (this.#seals !== undefined) checkOps(this.#seals, batch.ops);
    this.#hole?.beforeBatch(this.#image, batch.ops, batch.bytes);
    // A sync covers what stands in its log file; one that is on its way when the power fails does not.
    if (batch.sync) this.#hole?.synced();
    this.#image.apply(batch.ops);
    for (const observer of this.#observers) observer.onDurable?.(batch.ops);
  }

  /** For the session: a write has ended, and all that it wrote into the present log file is safe. */
  writeEnded(): void {
    this.#hole?.synced();
  }

  #replace(image: DiskImage): void {
    this.#image = image;
    for (const observer of this.#observers) observer.onRestore?.();
  }
}

function checkOps(seals: Seals, ops: readonly WriteOp[]): void {
  for (const op of ops) {
    seals.check(op.key, "a key in a batch");
    if (op.op === "put") seals.check(op.value, "a value in a batch");
  }
}
