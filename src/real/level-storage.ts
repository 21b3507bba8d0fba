import { randomInt } from "node:crypto";
import { afterPrefix } from "../base/bytes.ts";
import type { Cancel } from "../env/clock.ts";
import type { Storage, StorageView, WriteOp, WriteOptions } from "../env/storage.ts";
import { RealClock } from "./clock.ts";
import { DiskFate } from "./disk-fate.ts";
import { seal, unseal } from "./envelope.ts";
import { LevelView, rowName } from "./level-view.ts";
import type { LevelDoor } from "./level.ts";
import { PendingRows } from "./pending-rows.ts";
import type { Stop } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** What a `LevelStorage` stands on, and when a write that asks for no sync goes to disk nevertheless. */
export interface LevelStorageOptions {
  readonly turn: Turn;
  readonly stop: Stop;
  readonly unsyncedMs?: number;
  readonly unsyncedBytes?: number;
}

/**
 * The rows of all replicas of a process, in one LevelDB. One batch is under way at a time, always synced; what is accepted meanwhile is
 * the next one. That is group commit, and the only safe order: two batches at once land in either order, and an unsynced one can be
 * lost in a power cut although a synced one behind it survives. What LevelDB does not show yet is answered from memory.
 */
export class LevelStorage implements Storage {
  readonly #door: LevelDoor;
  readonly #turn: Turn;
  readonly #clock: RealClock;
  readonly #fate: DiskFate;
  readonly #seed = randomInt(2 ** 32);
  readonly #unsyncedMs: number;
  readonly #unsyncedBytes: number;
  /** Accepted, not given to LevelDB yet. */
  #waiting: PendingRows;
  /** Given to LevelDB, not finished, and when that was. */
  #writing: PendingRows | undefined;
  #writingSince = 0;
  /** What was written last, emptied, for what will wait next. */
  #spare: PendingRows | undefined;
  /** What waits must go to disk as soon as it can. */
  #urgent = false;
  #scheduled = false;
  #timer: Cancel | undefined;
  /** Prefixes whose rows are to be deleted; the first one's are being deleted. */
  readonly #prefixes: Uint8Array[] = [];
  #closing = false;
  /** Who waits until there is nothing more to write. */
  readonly #onIdle: (() => void)[] = [];

  constructor(door: LevelDoor, { turn, stop, unsyncedMs = 20, unsyncedBytes = 1024 * 1024 }: LevelStorageOptions) {
    this.#door = door;
    this.#turn = turn;
    this.#clock = new RealClock(turn);
    this.#fate = new DiskFate(door.path, stop, () => this.#tellIdle());
    this.#waiting = new PendingRows(this.#seed);
    this.#unsyncedMs = unsyncedMs;
    this.#unsyncedBytes = unsyncedBytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#fate.over) return undefined;
    const pending = this.#waiting.get(key) ?? this.#writing?.get(key);
    if (pending === undefined) return this.#read(key);
    return pending.op === "put" ? pending.value : undefined;
  }

  write(batch: readonly WriteOp[], options: WriteOptions, done?: () => void): void {
    if (this.#fate.over || this.#closing) return;
    this.#waiting.add(batch, done);
    if (options.sync || this.#waiting.bytes >= this.#unsyncedBytes) this.#hurry();
    else if (!this.#urgent) this.#timer ??= this.#clock.after(this.#unsyncedMs, this.#onTimer);
  }

  snapshot(use: (view: StorageView) => void): void {
    if (this.#fate.over || this.#closing) return;
    if (!this.#waiting.empty) this.#hurry();
    this.#whenSafe(() => this.#openView(use));
  }

  deleteRange(prefix: Uint8Array): void {
    if (this.#fate.over || this.#closing) return;
    const own = new Uint8Array(prefix);
    this.#whenSafe(() => {
      if (this.#prefixes.push(own) === 1) this.#clear(own);
    });
  }

  /** For how long the batch that LevelDB was given has been unfinished; 0 when there is none. */
  unfinishedMs(): number {
    return this.#writing === undefined ? 0 : this.#clock.now() - this.#writingSince;
  }

  /** Accepts nothing more, finishes what was accepted, and closes. Deletions of ranges may be left undone. */
  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#waiting.empty) this.#hurry();
    if (!this.#idle()) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.abandon();
  }

  /** Forgets what LevelDB was not given, as a crash would, waits for what it was, and closes. Calls nothing back any more. */
  async abandon(): Promise<void> {
    this.#fate.end();
    this.#timer?.();
    this.#tellIdle();
    await this.#door.close();
  }

  #idle(): boolean {
    return this.#fate.over || (this.#waiting.empty && this.#writing === undefined);
  }

  #tellIdle(): void {
    if (this.#idle()) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #read(key: Uint8Array): Uint8Array | undefined {
    let sealed: Uint8Array | undefined;
    try {
      sealed = this.#door.get(key);
    } catch (error) {
      this.#fate.failed("A read", error);
      return undefined;
    }
    if (sealed === undefined) return undefined;
    const value = unseal(key, sealed);
    if (value === undefined) this.#fate.damaged(rowName(key));
    return value;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (!this.#waiting.empty) this.#hurry();
  };

  #hurry(): void {
    this.#urgent = true;
    if (this.#scheduled || this.#writing !== undefined) return;
    this.#scheduled = true;
    this.#turn.last(this.#begin);
  }

  /** Gives LevelDB what waits. At the end of a turn, so that everything that the turn writes goes in one batch. */
  readonly #begin = (): void => {
    this.#scheduled = false;
    if (this.#fate.over) return;
    const rows = this.#waiting;
    this.#waiting = this.#spare ?? new PendingRows(this.#seed);
    this.#spare = undefined;
    this.#urgent = false;
    this.#writing = rows;
    this.#writingSince = this.#clock.now();
    try {
      const batch = this.#door.batch();
      for (const change of rows.changes()) {
        if (change.op === "put") batch.put(change.key, seal(change.key, change.value));
        else batch.delete(change.key);
      }
      batch.write().then(this.#onWritten, this.#onFailed);
    } catch (error) {
      this.#onFailed(error);
    }
  };

  readonly #onWritten = (): void => {
    const written = this.#writing;
    this.#writing = undefined;
    if (this.#fate.over) return;
    written?.finish(this.#isOver);
    if (this.#fate.over) return;
    written?.clear();
    this.#spare = written;
    if (this.#urgent) this.#hurry();
    this.#tellIdle();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#writing = undefined;
    this.#fate.failed("A write", error);
  };

  readonly #isOver = (): boolean => this.#fate.over;

  /** Runs `run`, later, when everything accepted so far is on disk, and while LevelDB writes nothing. */
  #whenSafe(run: () => void): void {
    const last = this.#waiting.empty ? this.#writing : this.#waiting;
    if (last !== undefined) return last.afterwards(run);
    this.#turn.soon(() => {
      if (this.#fate.over) return;
      // A write that was accepted behind this, while what comes soon was being done, has begun at the end of that turn.
      if (this.#writing === undefined) run();
      else this.#writing.afterwards(run);
    });
  }

  #openView(use: (view: StorageView) => void): void {
    let view: LevelView;
    try {
      view = new LevelView(this.#door.snapshot(), this.#fate);
    } catch (error) {
      return this.#fate.failed("A snapshot", error);
    }
    use(view);
  }

  /** One range at a time: a deletion keeps one of the few threads busy that wait for the disk. */
  #clear(prefix: Uint8Array): void {
    this.#door.clear(prefix, afterPrefix(prefix)).then(
      () => {
        this.#prefixes.shift();
        const next = this.#prefixes[0];
        if (next !== undefined && !this.#fate.over) this.#clear(next);
      },
      (error: unknown) => this.#fate.failed("A deletion", error),
    );
  }
}
