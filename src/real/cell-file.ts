import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { assert } from "../base/assert.ts";
import type { Cell, WriteOptions } from "../env/storage.ts";
import { type CellDisk, fileDisk } from "./cell-disk.ts";
import { encodeSlot, newestVersion, slotBytes, slotCount } from "./cell-slots.ts";
import { DiskFate } from "./disk-fate.ts";
import type { Stop } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** What cells stand on. */
export interface FileCellsOptions {
  /** Begins what a turn has written at its end: of several values of one cell only the last costs anything. */
  readonly turn: Pick<Turn, "last">;
  readonly stop: Stop;
  readonly disk?: CellDisk;
}

/** The cells in a directory, which is there already: one small file each, made by the first write. */
export class FileCells {
  readonly #path: string;
  readonly #turn: Pick<Turn, "last">;
  readonly #disk: CellDisk;
  readonly #fate: DiskFate;
  readonly #cells = new Map<string, FileCell>();
  #closing = false;

  constructor(path: string, { turn, stop, disk = fileDisk }: FileCellsOptions) {
    this.#path = path;
    this.#turn = turn;
    this.#disk = disk;
    this.#fate = new DiskFate(path, stop, () => {
      for (const cell of this.#cells.values()) cell.settle();
    });
  }

  /** The cell of that name: lower-case letters, digits and spaces. */
  cell(name: string): Cell {
    assert(/^[a-z0-9 ]+$/.test(name), "a cell's name is lower-case letters, digits and spaces");
    let cell = this.#cells.get(name);
    if (cell === undefined) {
      cell = new FileCell({
        path: this.#path,
        name,
        turn: this.#turn,
        disk: this.#disk,
        fate: this.#fate,
        accepts: () => !this.#closing,
      });
      this.#cells.set(name, cell);
    }
    return cell;
  }

  /** For how long the oldest write has been unfinished; 0 when none is under way. */
  unfinishedMs(): number {
    let oldest = Infinity;
    for (const cell of this.#cells.values()) oldest = Math.min(oldest, cell.busySince);
    return oldest === Infinity ? 0 : performance.now() - oldest;
  }

  /** Accepts nothing more, finishes every write that was asked for, and closes. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#cells.values()].map((cell) => cell.settled()));
    await this.abandon();
  }

  /** Closes as soon as no write is under way, as a crash would. Calls nothing back any more. */
  async abandon(): Promise<void> {
    this.#fate.end();
    await Promise.all([...this.#cells.values()].map((cell) => cell.settled()));
    for (const cell of this.#cells.values()) cell.close();
  }
}

interface CellParts {
  readonly path: string;
  readonly name: string;
  readonly turn: Pick<Turn, "last">;
  readonly disk: CellDisk;
  readonly fate: DiskFate;
  readonly accepts: () => boolean;
}

/** A value on its way into the file, and who waits for it. */
interface CellWrite {
  slot: Uint8Array;
  sync: boolean;
  readonly dones: (() => void)[];
}

/** One cell. One value is on its way at a time; of those that are written meanwhile the newest follows it. */
class FileCell implements Cell {
  readonly #parts: CellParts;
  /** Undefined until it is looked for, null when there is none. */
  #file: number | null | undefined;
  #value: Uint8Array | undefined;
  #sequence = 0;
  /** The slots of the newest value that was written, and of the newest one that a power cut cannot take. */
  #newest = 0;
  #durable = 0;
  /** A value is on its way, or is to be at the end of this turn, or those who waited for it are being told. */
  #busy = false;
  #busySince = Infinity;
  #waiting: CellWrite | undefined;
  #onSettled: (() => void)[] = [];

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  /** When the write that is under way began. */
  get busySince(): number {
    return this.#busySince;
  }

  read(): Uint8Array | undefined {
    this.#open();
    return this.#parts.fate.over || this.#value === undefined ? undefined : new Uint8Array(this.#value);
  }

  write(value: Uint8Array, options: WriteOptions, done?: () => void): void {
    const { name, fate, accepts } = this.#parts;
    this.#open();
    if (fate.over || !accepts()) return;
    const slot = encodeSlot(name, this.#sequence + 1, value);
    this.#sequence += 1;
    this.#value = value;
    this.#waiting ??= { slot, sync: false, dones: [] };
    this.#waiting.slot = slot;
    if (options.sync) this.#waiting.sync = true;
    if (done !== undefined) this.#waiting.dones.push(done);
    this.#hurry();
  }

  /** Resolves when nothing is under way and nothing waits. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled.push(resolve);
      this.settle();
    });
  }

  /** Tells those who wait for it that nothing is under way, if that is so. */
  settle(): void {
    if (this.#busy) return;
    for (const resolve of this.#onSettled.splice(0)) resolve();
  }

  close(): void {
    if (typeof this.#file === "number") this.#parts.disk.close(this.#file);
    this.#file = null;
  }

  /**
   * Looks for the file. The newest value may have been written by a process that is gone, and never synced: it is now, so that it may
   * stand as the durable one while the other slots are written over, and cannot be followed by an older one.
   */
  #open(): void {
    const { path, name, disk, fate } = this.#parts;
    if (this.#file !== undefined || fate.over) return;
    try {
      const file = disk.open(join(path, fileName(name)));
      this.#file = file ?? null;
      if (file === undefined) return;
      disk.syncNow(file);
      const found = newestVersion(disk.read(file, slotCount * slotBytes), name);
      // A file gets its name when its first value is durable, and from then on one of its slots always is.
      if (found === undefined) return fate.damaged(`The file ${fileName(name)}`);
      this.#value = found.value;
      this.#sequence = found.sequence;
      this.#newest = found.slot;
      this.#durable = found.slot;
    } catch (error) {
      this.#failed("Opening", error);
    }
  }

  /** Sees to it that what waits is written. */
  #hurry(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#parts.turn.last(this.#begin);
  }

  /** Writes what waits, and syncs it if anybody asked for that. */
  readonly #begin = (): void => {
    const write = this.#waiting;
    if (write === undefined || this.#parts.fate.over) {
      this.#busy = false;
      return this.settle();
    }
    this.#waiting = undefined;
    this.#busySince = performance.now();
    if (typeof this.#file !== "number") return this.#create(write);
    const { disk } = this.#parts;
    const slot = this.#freeSlot();
    disk.write(this.#file, write.slot, slot * slotBytes, (failure) => {
      if (failure !== null) return this.#failed("A write", failure);
      this.#newest = slot;
      if (write.sync) this.#sync(write);
      else this.#finish(write);
    });
  };

  /** The first value makes the file, once in the life of a directory, and waits for the disk. */
  #create(write: CellWrite): void {
    const { path, name, disk } = this.#parts;
    const whole = new Uint8Array(slotCount * slotBytes);
    whole.set(write.slot);
    try {
      this.#file = disk.create(join(path, fileName(name)), whole);
    } catch (error) {
      return this.#failed("A write", error);
    }
    this.#sync(write);
  }

  #sync(write: CellWrite): void {
    assert(typeof this.#file === "number", "a file is synced after it was written to");
    this.#parts.disk.sync(this.#file, (failure) => {
      if (failure !== null) return this.#failed("A sync", failure);
      this.#durable = this.#newest;
      this.#finish(write);
    });
  }

  #finish({ dones }: CellWrite): void {
    const { fate } = this.#parts;
    this.#busySince = Infinity;
    for (const done of dones) if (!fate.over) done();
    this.#busy = false;
    if (this.#waiting !== undefined && !fate.over) this.#hurry();
    else this.settle();
  }

  /** The one that holds neither the newest value nor the newest durable one. */
  #freeSlot(): number {
    let free = 0;
    while (free === this.#newest || free === this.#durable) free += 1;
    assert(free < slotCount, "of three slots two are taken at most");
    return free;
  }

  #failed(what: string, error: unknown): void {
    this.#busySince = Infinity;
    this.#busy = false;
    this.#parts.fate.failed(`${what} of the file ${fileName(this.#parts.name)}`, error);
  }
}

function fileName(name: string): string {
  return name.replaceAll(" ", "-");
}
