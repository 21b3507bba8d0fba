import type { Rng } from "../../base/rng.ts";
import type { Cell, WriteOptions } from "../../env/storage.ts";
import type { DiskDrive, DiskFailure } from "./drive.ts";
import type { EventOwner } from "../event-queue.ts";

/** One value that was written to a cell. */
interface Version {
  readonly value: Uint8Array | undefined;
  /** Written without sync: it outlives the process from then on. */
  readonly unsynced: boolean;
}

/** From so many on, unsynced values that newer ones have replaced are forgotten: a power cut then brings back one of the others. */
const versionsMax = 32;

/** What a cell holds: first the value that a power cut cannot take, then those written since. The last one is read. */
type Versions = Version[];

/** What all cells of a disk would hold after a power cut. */
export type CellImages = ReadonlyMap<string, Uint8Array | undefined>;

/** The cells of one disk. They outlive the lives that use them. */
export class SimCells {
  readonly #drive: DiskDrive;
  readonly #rng: Rng;
  readonly #versions = new Map<string, Versions>();
  /** The life that has the cells open, or had them last. */
  #life: CellLife = { alive: false };

  constructor(drive: DiskDrive, rng: Rng) {
    this.#drive = drive;
    this.#rng = rng;
  }

  /** The cells as one life sees them: the same name gives the same cell. */
  open(owner: EventOwner, onFatal: (failure: DiskFailure) => void): (name: string) => Cell {
    const opened = new Map<string, SimCell>();
    const life: CellLife = { alive: true };
    this.#life = life;
    return (name) => {
      let cell = opened.get(name);
      if (cell === undefined) {
        cell = new SimCell({ versions: this.#versionsOf(name), drive: this.#drive, rng: this.#rng, life, owner, onFatal });
        opened.set(name, cell);
      }
      return cell;
    };
  }

  /** The life is over. What it had not finished is there or not, but nothing older than what had to survive. */
  crash(powerCut: boolean): void {
    this.#life.alive = false;
    for (const versions of this.#versions.values()) {
      const oldest = powerCut ? 0 : versions.findLastIndex((version, at) => version.unsynced || at === 0);
      versions.splice(this.#rng.int(oldest, versions.length - 1) + 1);
      if (powerCut) versions.splice(0, versions.length - 1);
    }
  }

  copy(): CellImages {
    return new Map([...this.#versions].map(([name, versions]) => [name, versions[0]?.value]));
  }

  restore(images: CellImages): void {
    this.#versions.clear();
    for (const [name, value] of images) this.#versions.set(name, [{ value, unsynced: false }]);
  }

  #versionsOf(name: string): Versions {
    let versions = this.#versions.get(name);
    if (versions === undefined) {
      versions = [{ value: undefined, unsynced: false }];
      this.#versions.set(name, versions);
    }
    return versions;
  }
}

/** What the cells of one life share. */
interface CellLife {
  alive: boolean;
}

interface CellParts {
  readonly versions: Versions;
  readonly drive: DiskDrive;
  readonly rng: Rng;
  readonly life: CellLife;
  readonly owner: EventOwner;
  readonly onFatal: (failure: DiskFailure) => void;
}

/** A synced write. */
interface SyncedWrite {
  readonly version: Version;
  readonly done: (() => void) | undefined;
}

/** A cell as one life sees it. One sync is under way at a time; what is written meanwhile is covered by the next one. */
class SimCell implements Cell {
  readonly #parts: CellParts;
  #waiting: SyncedWrite[] = [];
  #syncing = false;

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  read(): Uint8Array | undefined {
    const value = this.#parts.versions.at(-1)?.value;
    return value && new Uint8Array(value);
  }

  write(value: Uint8Array, options: WriteOptions, done?: () => void): void {
    if (!this.#parts.life.alive) return;
    const version: Version = { value: new Uint8Array(value), unsynced: !options.sync };
    this.#parts.versions.push(version);
    if (!options.sync) return this.#thin();
    this.#waiting.push({ version, done });
    this.#begin();
  }

  #thin(): void {
    const { versions, rng } = this.#parts;
    if (versions.length <= versionsMax) return;
    const at = rng.int(1, versions.length - 2);
    if (versions[at]?.unsynced === true) versions.splice(at, 1);
  }

  #begin(): void {
    if (this.#syncing || this.#waiting.length === 0) return;
    this.#syncing = true;
    const covered = this.#waiting;
    this.#waiting = [];
    const { drive, owner, onFatal } = this.#parts;
    drive.begin((failure) => {
      if (!this.#parts.life.alive) return;
      if (failure !== undefined) return onFatal(failure);
      this.#keep(covered);
      owner.enter(() => this.#report(covered));
    });
  }

  #keep(covered: readonly SyncedWrite[]): void {
    const { versions } = this.#parts;
    const newest = versions.findIndex((version) => version === covered.at(-1)?.version);
    versions.splice(0, newest);
  }

  #report(covered: readonly SyncedWrite[]): void {
    for (const { done } of covered) {
      done?.();
      if (!this.#parts.life.alive) return;
    }
    this.#syncing = false;
    this.#begin();
  }
}
