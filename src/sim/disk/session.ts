import { equalBytes } from "../../base/bytes.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cell, Storage, StorageView, WriteOp, WriteOptions } from "../../env/storage.ts";
import { type DiskDrive, DiskFailure } from "./drive.ts";
import type { DiskImage } from "./image.ts";
import { DiskView } from "./view.ts";
import type { EventOwner } from "../event-queue.ts";
import type { Seals } from "../network/seal.ts";
import type { World } from "../world.ts";

/** What one call of `write` brought. */
export interface Batch {
  readonly ops: readonly WriteOp[];
  readonly bytes: number;
  readonly sync: boolean;
  readonly done: (() => void) | undefined;
}

/** The disk below, as one life has to do with it. */
export interface DiskBelow {
  readonly options: {
    readonly waitMs: number;
    readonly waitBytesMax: number;
    readonly deleteRowsMax: number;
    readonly rotationHole: boolean;
  };
  readonly drive: DiskDrive;
  readonly full: boolean;
  /** What would survive a power cut. */
  readonly durable: DiskImage;
  /** A life has accepted a batch. */
  accepted(batch: Batch): void;
  /** A batch is safe. */
  keep(batch: Batch): void;
  /** The write that was under way has ended. */
  writeEnded(): void;
}

export interface SessionParts {
  readonly world: World;
  readonly disk: DiskBelow;
  readonly owner: EventOwner;
  readonly rng: Rng;
  readonly cells: (name: string) => Cell;
  readonly seals: Seals | undefined;
  readonly onFatal: (failure: DiskFailure) => void;
}

/** Something that waits until the first `batches` batches of this life are safe. */
interface Waiter {
  readonly batches: number;
  readonly run: () => void;
}

/**
 * One life's storage on a simulated disk. One write is under way at a time; what is accepted meanwhile makes up the next one. Nothing
 * that it calls back runs unless its life does.
 */
export class DiskSession implements Storage {
  readonly #parts: SessionParts;
  /** Given to the disk, not safe yet; those before `#kept` are. */
  #handed: Batch[] = [];
  #kept = 0;
  /** Not given to the disk yet. */
  #waiting: Batch[] = [];
  #waiters: Waiter[] = [];
  #writing = false;
  #alive = true;
  /** Whether something that waits must go to the disk now. */
  #urgent = false;
  #unsyncedBytes = 0;
  /** When the oldest of the batches that wait for another one's sync has waited long enough; undefined when none waits. */
  #unsyncedDue: number | undefined;
  /** Whether `#look` is going to run. It is not called off when a sync comes first: that would cost more than a look in vain. */
  #looking = false;
  #acceptedCount = 0;
  #safeCount = 0;
  #views = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = newestChange(this.#waiting, key) ?? newestChange(this.#handed, key);
    const value = change === undefined ? this.#parts.disk.durable.get(key) : change.op === "put" ? change.value : undefined;
    if (value !== undefined) this.#parts.seals?.check(value, "a value that the storage handed out");
    return value;
  }

  write(ops: readonly WriteOp[], options: WriteOptions, done?: () => void): void {
    if (!this.#alive) return;
    const batch: Batch = { ops: [...ops], bytes: this.#measure(ops), sync: options.sync, done };
    this.#acceptedCount += 1;
    this.#waiting.push(batch);
    if (batch.sync) {
      this.#urgent = true;
    } else {
      this.#unsyncedBytes += batch.bytes;
      this.#unsyncedDue ??= this.#parts.world.now + this.#parts.disk.options.waitMs;
    }
    this.#parts.disk.accepted(batch);
    this.#begin();
  }

  snapshot(use: (view: StorageView) => void): void {
    if (!this.#alive) return;
    this.#urgent = true;
    this.#begin();
    this.#whenSafe(() => {
      this.#views += 1;
      const { world, owner, rng, disk, seals } = this.#parts;
      const onClose = (): void => {
        this.#views -= 1;
      };
      use(new DiskView({ world, owner, rng, image: disk.durable.copy(), seals, onClose }));
    });
  }

  deleteRange(prefix: Uint8Array): void {
    if (!this.#alive) return;
    const own = new Uint8Array(prefix);
    this.#whenSafe(() => this.#deleteSoon(own));
  }

  /** The cell of that name. */
  cell(name: string): Cell {
    return this.#parts.cells(name);
  }

  /** Views that nobody has closed. */
  get openViews(): number {
    return this.#views;
  }

  get unfinishedBytes(): number {
    return this.#unfinished().reduce((sum, batch) => sum + batch.bytes, 0);
  }

  get unfinishedBatches(): number {
    return this.#unfinished().length;
  }

  /**
   * The life is over. Of the batches that were not finished, a prefix survives, its length drawn: without a power cut only such as the
   * disk had been given, with one any.
   */
  end(powerCut: boolean): void {
    this.#alive = false;
    const candidates = powerCut ? this.#unfinished() : this.#handed.slice(this.#kept);
    const survivors = this.#parts.rng.int(0, candidates.length);
    for (const batch of candidates.slice(0, survivors)) this.#parts.disk.keep(batch);
  }

  #unfinished(): Batch[] {
    return [...this.#handed.slice(this.#kept), ...this.#waiting];
  }

  #measure(ops: readonly WriteOp[]): number {
    let bytes = 0;
    for (const op of ops) {
      this.#parts.seals?.seal(op.key);
      bytes += op.key.length;
      if (op.op === "delete") continue;
      this.#parts.seals?.seal(op.value);
      bytes += op.value.length;
    }
    return bytes;
  }

  /** Begins the next write if none is under way and what waits is worth one; otherwise sees to it that it soon is. */
  #begin(): void {
    if (this.#writing || !this.#alive) return;
    if (this.#waiting.length === 0 && this.#handed.length === 0) {
      this.#urgent = false;
      return;
    }
    const { disk } = this.#parts;
    if (!this.#urgent && this.#unsyncedBytes < disk.options.waitBytesMax) {
      // Nothing that waits asks for a sync. The mutant writes it nevertheless, and waits for one behind it.
      if (disk.options.rotationHole) this.#hand();
      this.#lookLater();
      return;
    }
    this.#writing = true;
    this.#urgent = false;
    this.#unsyncedBytes = 0;
    this.#unsyncedDue = undefined;
    this.#hand();
    disk.drive.begin((failure) => this.#end(failure));
  }

  #hand(): void {
    this.#handed.push(...this.#waiting);
    this.#waiting = [];
  }

  #lookLater(): void {
    if (this.#looking || this.#unsyncedDue === undefined) return;
    const { world, owner } = this.#parts;
    this.#looking = true;
    world.at(Math.max(world.now, this.#unsyncedDue), () => this.#look(), owner);
  }

  /** Sends to the disk what has waited long enough for another one's sync. */
  #look(): void {
    this.#looking = false;
    if (this.#unsyncedDue === undefined || this.#writing) return;
    if (this.#unsyncedDue <= this.#parts.world.now) this.#urgent = true;
    this.#begin();
  }

  /** The disk has done what it was given, or failed to. This is no event of the process, which may be paused: it hears of it later. */
  #end(failure: DiskFailure | undefined): void {
    if (!this.#alive) return;
    const { disk, owner, onFatal } = this.#parts;
    if (disk.full) this.#handed = [];
    if (failure !== undefined || disk.full) return onFatal(failure ?? diskFull());
    const batches = this.#handed;
    while (this.#kept < batches.length) {
      const batch = batches[this.#kept] as Batch;
      this.#kept += 1;
      disk.keep(batch);
      // An observer may crash the process at exactly this point.
      if (!this.#alive) return;
    }
    disk.writeEnded();
    this.#handed = [];
    this.#kept = 0;
    owner.enter({ run: () => this.#report(batches) });
  }

  #report(batches: readonly Batch[]): void {
    this.#safeCount += batches.length;
    for (const batch of batches) {
      batch.done?.();
      if (!this.#alive) return;
    }
    this.#writing = false;
    if (this.#waiters.length > 0) this.#runWaiters();
    this.#begin();
  }

  #runWaiters(): void {
    const safe = this.#waiters.filter((waiter) => waiter.batches <= this.#safeCount);
    this.#waiters = this.#waiters.filter((waiter) => waiter.batches > this.#safeCount);
    for (const { run } of safe) this.#later(0, run);
  }

  /** Runs `run`, later, when everything accepted so far is safe. */
  #whenSafe(run: () => void): void {
    if (this.#acceptedCount === this.#safeCount) this.#later(0, run);
    else this.#waiters.push({ batches: this.#acceptedCount, run });
  }

  #deleteSoon(prefix: Uint8Array): void {
    this.#later(this.#parts.rng.between(1, 20), () => this.#deleteSome(prefix));
  }

  #deleteSome(prefix: Uint8Array): void {
    const { disk, rng } = this.#parts;
    const keys = disk.durable.keysOf(prefix, disk.options.deleteRowsMax, rng.chance(0.5));
    if (keys.length === 0) return;
    const ops = keys.map((key) => ({ op: "delete", key }) as const);
    disk.keep({ ops, bytes: this.#measure(ops), sync: false, done: undefined });
    this.#deleteSoon(prefix);
  }

  #later(ms: number, run: () => void): void {
    this.#parts.world.post(ms, run, this.#parts.owner);
  }
}

/**
 * The last change of `key` in some batches that are not safe yet. They are few, and reads are fewer than writes: to look through them
 * costs less than a second ordered map that every row would have to go into.
 */
function newestChange(batches: readonly Batch[], key: Uint8Array): WriteOp | undefined {
  for (let at = batches.length - 1; at >= 0; at -= 1) {
    const { ops } = batches[at] as Batch;
    for (let i = ops.length - 1; i >= 0; i -= 1) {
      const change = ops[i] as WriteOp;
      if (equalBytes(change.key, key)) return change;
    }
  }
  return undefined;
}

function diskFull(): DiskFailure {
  return new DiskFailure("no space is left on the disk");
}
