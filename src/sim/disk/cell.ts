import type { Rng } from "../../base/rng.ts";
import type { Cell, WriteOptions } from "../../env/storage.ts";
import type { DiskDrive, DiskFailure } from "./drive.ts";
import type { EventOwner } from "../event-queue.ts";

/** One value that was given to the operating system. */
interface Version {
  readonly value: Uint8Array | undefined;
  /** It outlives the process. */
  written: boolean;
}

/** From so many on, values that newer ones have replaced are forgotten: a power cut then brings back one of the others. */
const versionsMax = 32;

/** What a cell holds: first the value that a power cut cannot take, then those since, of which only the last may be unfinished. */
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
      const oldest = powerCut ? 0 : lastWritten(versions);
      versions.splice(this.#rng.int(oldest, versions.length - 1) + 1);
      if (powerCut) versions.splice(0, versions.length - 1);
      for (const version of versions) version.written = true;
    }
  }

  /** What the cell of that name holds at the least when the process ends now. */
  written(name: string): Uint8Array | undefined {
    const versions = this.#versions.get(name);
    return versions?.[lastWritten(versions)]?.value;
  }

  copy(): CellImages {
    return new Map([...this.#versions].map(([name, versions]) => [name, versions[0]?.value]));
  }

  restore(images: CellImages): void {
    this.#versions.clear();
    for (const [name, value] of images) this.#versions.set(name, [{ value, written: true }]);
  }

  #versionsOf(name: string): Versions {
    let versions = this.#versions.get(name);
    if (versions === undefined) {
      versions = [{ value: undefined, written: true }];
      this.#versions.set(name, versions);
    }
    return versions;
  }
}

function lastWritten(versions: Versions): number {
  return versions.findLastIndex(({ written }) => written);
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

/** A value on its way, and who waits for it. */
interface CellWrite {
  value: Uint8Array;
  sync: boolean;
  readonly dones: (() => void)[];
}

/** A cell as one life sees it. One value is on its way at a time; of those that are written meanwhile the newest follows it. */
class SimCell implements Cell {
  readonly #parts: CellParts;
  #waiting: CellWrite | undefined;
  #busy = false;

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  read(): Uint8Array | undefined {
    const value = this.#waiting?.value ?? this.#parts.versions.at(-1)?.value;
    return value && new Uint8Array(value);
  }

  write(value: Uint8Array, options: WriteOptions, done?: () => void): void {
    if (!this.#parts.life.alive) return;
    const own = new Uint8Array(value);
    this.#waiting ??= { value: own, sync: false, dones: [] };
    this.#waiting.value = own;
    if (options.sync) this.#waiting.sync = true;
    if (done !== undefined) this.#waiting.dones.push(done);
    this.#begin();
  }

  #begin(): void {
    const write = this.#waiting;
    if (this.#busy || write === undefined) return;
    this.#busy = true;
    this.#waiting = undefined;
    const { versions, drive, life, owner, onFatal } = this.#parts;
    const version: Version = { value: write.value, written: false };
    versions.push(version);
    const finish = (failure: DiskFailure | undefined): void => {
      if (!life.alive) return;
      if (failure !== undefined) return onFatal(failure);
      version.written = true;
      if (write.sync) versions.splice(0, versions.indexOf(version));
      else this.#thin();
      owner.enter({ run: () => this.#report(write) });
    };
    if (write.sync) drive.begin(finish);
    else drive.note(finish);
  }

  #thin(): void {
    const { versions, rng } = this.#parts;
    if (versions.length > versionsMax) versions.splice(rng.int(1, versions.length - 2), 1);
  }

  #report({ dones }: CellWrite): void {
    for (const done of dones) {
      done();
      if (!this.#parts.life.alive) return;
    }
    this.#busy = false;
    this.#begin();
  }
}
