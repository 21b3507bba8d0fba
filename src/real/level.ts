import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { Level } from "level";
import { isDiskFailure } from "./disk-failure.ts";
import { Refusal } from "./stop.ts";

/** What is used of LevelDB, and nothing else: every write is synced, every key and value is bytes. */
export interface LevelDoor {
  /** Its directory. */
  readonly path: string;
  /** Does not see a batch that is being written. Throws. */
  get(key: Uint8Array): Uint8Array | undefined;
  batch(): LevelBatch;
  snapshot(): LevelSnapshot;
  /** Deletes the rows from `from` up to `to`, piece by piece, unsynced. */
  clear(from: Uint8Array, to: Uint8Array | undefined): Promise<void>;
  /** Ends when everything under way has ended. */
  close(): Promise<void>;
}

/** Rows that are written together. The bytes are copied at once. */
export interface LevelBatch {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Writes and syncs all of it; called once. */
  write(): Promise<void>;
}

/** All rows as they were at one moment. */
export interface LevelSnapshot {
  iterate(from: Uint8Array, to: Uint8Array | undefined, chunkBytes: number): LevelIterator;
  close(): void;
}

/** Walks through a range, in ascending order. */
export interface LevelIterator {
  /** Some of the next rows: up to `rowsMax`, or fewer when they come to more than the chunk's bytes; none behind the last one. */
  next(rowsMax: number): Promise<[Uint8Array, Uint8Array][]>;
  close(): void;
}

/** How much memory LevelDB takes for its own; what is not given is LevelDB's default. */
export interface LevelMemory {
  /** How much it gathers in memory, and in its log, before it writes a table file (8 MiB); twice as much at most. */
  readonly writeBufferBytes?: number;
  /** For blocks of table files that have been read (8 MiB). */
  readonly cacheBytes?: number;
}

export interface LevelOptions extends LevelMemory {
  /** Makes the store when there is none. */
  readonly create: boolean;
}

/**
 * Twice LevelDB's own. Every put changes rows that were changed a moment ago (its client's session, the log's end), and of those that
 * change again before they become a file only the last is written and merged; more would cost more memory than it gains.
 */
const defaultWriteBufferBytes = 8 * 1024 * 1024;

/** What to do about damage; the end of a sentence. */
export const replaceIt = "replace this server's directory as that of a new server";

type Store = Level<Uint8Array, Uint8Array>;
type Batch = ReturnType<Store["batch"]>;
type Snapshot = ReturnType<Store["snapshot"]>;

/** Opens the store in the directory `path`, which is made when it is missing, but not the one above it. Rejects with a `Refusal`. */
export async function openLevel(path: string, options: LevelOptions): Promise<LevelDoor> {
  const found = lookInto(path, options.create);
  const store: Store = new Level<Uint8Array, Uint8Array>(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    createIfMissing: options.create,
    writeBufferSize: options.writeBufferBytes ?? defaultWriteBufferBytes,
    ...(options.cacheBytes === undefined ? {} : { cacheSize: options.cacheBytes }),
  });
  try {
    await store.open();
    if (!found) keepDirectories(path);
  } catch (error) {
    await store.close().catch(() => {});
    throw refusalOf(path, error);
  }
  return new Door(path, store);
}

/**
 * Whether there is a store. LevelDB must not be left to find out: without the file that names its tables it makes a new store and
 * deletes them, and even when told not to create anything it makes the directory.
 */
function lookInto(path: string, create: boolean): boolean {
  let files: string[];
  try {
    if (create && !existsSync(path)) mkdirSync(path);
    files = existsSync(path) ? readdirSync(path) : [];
  } catch (error) {
    throw refusalOf(path, error);
  }
  if (files.includes("CURRENT")) return true;
  const remains = files.find((file) => /\.(?:log|ldb|sst)$/.test(file));
  if (remains !== undefined) {
    throw new Refusal("data_damaged", `${path} holds ${remains} but no file CURRENT beside it; ${replaceIt}.`);
  }
  if (!create) throw new Refusal("data_unusable", `${path} holds no store, and none was to be made: is it the right directory?`);
  return false;
}

/** A new store's names outlive a power cut: LevelDB syncs its own directory's, but not its own name in the one above. */
function keepDirectories(path: string): void {
  for (const directory of [path, dirname(path)]) {
    const file = openSync(directory, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

/** The code of an error from Node or LevelDB, if it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

function refusalOf(path: string, error: unknown): Refusal {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (code === "LEVEL_LOCKED") {
    return new Refusal("data_locked", `${path} is in use by another process: stop that one, or name another directory.`, cause);
  }
  // A file that the store's own list names is missing.
  const missing = code === "LEVEL_IO_ERROR" && reason.includes("No such file");
  if (code === "LEVEL_CORRUPTION" || missing) {
    return new Refusal("data_damaged", `${path} is damaged (${reason}); ${replaceIt}.`, cause);
  }
  if (isDiskFailure(cause)) {
    return new Refusal("disk_failed", `${path} cannot be opened (${reason}): start the server again when the disk is well.`, cause);
  }
  return new Refusal("data_unusable", `${path} cannot be opened (${reason}): is it a directory that this user may write?`, cause);
}

class Door implements LevelDoor {
  readonly path: string;
  readonly #store: Store;

  constructor(path: string, store: Store) {
    this.path = path;
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.getSync(key);
  }

  batch(): LevelBatch {
    return new DoorBatch(this.#store.batch());
  }

  snapshot(): LevelSnapshot {
    return new DoorSnapshot(this.#store, this.#store.snapshot());
  }

  async clear(from: Uint8Array, to: Uint8Array | undefined): Promise<void> {
    await this.#store.clear(to === undefined ? { gte: from } : { gte: from, lt: to });
    // LevelDB takes a range whose keys have no bytes for an empty one.
    if (from.length === 0) await this.#store.del(from);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

const synced = Object.freeze({ sync: true });

/** A chained batch: one that is given as an array costs three times the CPU. */
class DoorBatch implements LevelBatch {
  readonly #batch: Batch;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#batch.put(key, value);
  }

  delete(key: Uint8Array): void {
    this.#batch.del(key);
  }

  write(): Promise<void> {
    return this.#batch.write(synced);
  }
}

class DoorSnapshot implements LevelSnapshot {
  readonly #store: Store;
  readonly #snapshot: Snapshot;

  constructor(store: Store, snapshot: Snapshot) {
    this.#store = store;
    this.#snapshot = snapshot;
  }

  iterate(from: Uint8Array, to: Uint8Array | undefined, chunkBytes: number): LevelIterator {
    const range = to === undefined ? { gte: from } : { gte: from, lt: to };
    const iterator = this.#store.iterator({ ...range, snapshot: this.#snapshot, highWaterMarkBytes: chunkBytes });
    return { next: (rowsMax) => iterator.nextv(rowsMax), close: () => void iterator.close() };
  }

  close(): void {
    void this.#snapshot.close();
  }
}
