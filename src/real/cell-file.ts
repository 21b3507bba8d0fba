import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { assert } from "../base/assert.ts";
import type { Cell, WriteOptions } from "../env/storage.ts";
import { type CellDisk, fileDisk } from "./cell-disk.ts";
import { encodeSlot, newestVersion, slotBytes, slotCount } from "./cell-slots.ts";
import { DiskFate } from "./disk-fate.ts";
import type { Stop } from "./stop.ts";

/** The cells in a directory, which is there already: one small file each, made by the first write. */
export class FileCells {
  readonly #path: string;
  readonly #disk: CellDisk;
  readonly #fate: DiskFate;
  readonly #cells = new Map<string, FileCell>();
  #closing = false;

  constructor(path: string, stop: Stop, disk: CellDisk = fileDisk) {
    this.#path = path;
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
      cell = new FileCell({ path: this.#path, name, disk: this.#disk, fate: this.#fate, accepts: () => !this.#closing });
      this.#cells.set(name, cell);
    }
    return cell;
  }

  /** For how long the oldest sync has been unfinished; 0 when none is under way. */
  unfinishedMs(): number {
    let oldest = Infinity;
    for (const cell of this.#cells.values()) oldest = Math.min(oldest, cell.syncingSince);
    return oldest === Infinity ? 0 : performance.now() - oldest;
  }

  /** Accepts nothing more, finishes every sync that was asked for, and closes. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#cells.values()].map((cell) => cell.settled()));
    await this.abandon();
  }

  /** Closes as soon as no sync is under way, as a crash would. Calls nothing back any more. */
  async abandon(): Promise<void> {
    this.#fate.end();
    await Promise.all([...this.#cells.values()].map((cell) => cell.settled()));
    for (const cell of this.#cells.values()) cell.close();
  }
}

interface CellParts {
  readonly path: string;
  readonly name: string;
  readonly disk: CellDisk;
  readonly fate: DiskFate;
  readonly accepts: () => boolean;
}

type Done = (() => void) | undefined;

/** Slots are made up one at a time. */
const scratch = new Uint8Array(slotBytes);

/** One cell. One sync is under way at a time; what is written meanwhile is covered by the next one. */
class FileCell implements Cell {
  readonly #parts: CellParts;
  /** Undefined until it is looked for, null when there is none. */
  #file: number | null | undefined;
  #value: Uint8Array | undefined;
  #sequence = 0;
  /** The slots of the newest value, of the newest one that a power cut cannot take, and of the one that is being synced. */
  #newest = 0;
  #durable = 0;
  #syncing: number | undefined;
  #syncingSince = Infinity;
  /** A sync is under way, or what waited for it is being told. */
  #busy = false;
  /** What waits for the sync that is under way, and for the next one. */
  #covered: Done[] = [];
  #asked: Done[] = [];
  #onSettled: (() => void)[] = [];

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  get syncingSince(): number {
    return this.#syncingSince;
  }

  read(): Uint8Array | undefined {
    this.#open();
    return this.#parts.fate.over || this.#value === undefined ? undefined : new Uint8Array(this.#value);
  }

  write(value: Uint8Array, options: WriteOptions, done?: () => void): void {
    const { name, fate, accepts } = this.#parts;
    this.#open();
    if (fate.over || !accepts()) return;
    const slot = encodeSlot(scratch, name, this.#sequence + 1, value);
    this.#sequence += 1;
    this.#value = value;
    try {
      this.#put(slot);
    } catch (error) {
      return this.#failed("A write", error);
    }
    if (!options.sync) return;
    this.#asked.push(done);
    if (!this.#busy) this.#sync();
  }

  /** Resolves when no sync is under way and none is asked for. */
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

  #put(slot: Uint8Array): void {
    const { path, name, disk } = this.#parts;
    if (typeof this.#file === "number") {
      this.#newest = this.#freeSlot();
      disk.write(this.#file, slot, this.#newest * slotBytes);
      return;
    }
    const whole = new Uint8Array(slotCount * slotBytes);
    whole.set(slot);
    this.#file = disk.create(join(path, fileName(name)), whole);
  }

  /** One that may be torn; not that of the newest value, if there is a choice. */
  #freeSlot(): number {
    let free = this.#newest;
    for (let slot = 0; slot < slotCount; slot += 1) {
      if (slot !== this.#durable && slot !== this.#syncing && slot !== this.#newest) free = slot;
    }
    assert(free !== this.#durable && free !== this.#syncing, "of three slots two are taken at most");
    return free;
  }

  /** Syncs what was written last, and all that was asked for so far. */
  #sync(): void {
    this.#busy = true;
    this.#syncing = this.#newest;
    this.#syncingSince = performance.now();
    this.#covered = this.#asked;
    this.#asked = [];
    const { disk } = this.#parts;
    assert(typeof this.#file === "number", "a file is synced after it was written to");
    disk.sync(this.#file, this.#onSynced);
  }

  readonly #onSynced = (failure: Error | null): void => {
    const { fate } = this.#parts;
    const synced = this.#syncing;
    this.#syncing = undefined;
    this.#syncingSince = Infinity;
    if (failure !== null) this.#failed("A sync", failure);
    else this.#durable = synced ?? this.#durable;
    for (const done of this.#covered) if (!fate.over) done?.();
    this.#busy = false;
    if (this.#asked.length > 0 && !fate.over) this.#sync();
    else this.settle();
  };

  #failed(what: string, error: unknown): void {
    this.#parts.fate.failed(`${what} of the file ${fileName(this.#parts.name)}`, error);
  }
}

function fileName(name: string): string {
  return name.replaceAll(" ", "-");
}
