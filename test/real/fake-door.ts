import { present } from "../../src/base/assert.ts";
import { SortedRows } from "../../src/base/sorted-rows.ts";
import type { LevelBatch, LevelDoor, LevelIterator, LevelSnapshot } from "../../src/real/level.ts";

/** One change as LevelDB gets it: without a value it is a deletion. */
type Change = readonly [key: Uint8Array, sealed: Uint8Array | undefined];

/** A batch that LevelDB was given. */
export interface GivenBatch {
  readonly changes: readonly Change[];
  /** It is on disk. */
  finish(): void;
  /** It is not, or nobody knows. */
  fail(error: Error): void;
}

/** What to do instead of the real thing. */
type Failing = "get" | "batch" | "snapshot" | "next" | "clear";

/** A LevelDB in memory, whose batches end when a test says so, and whose parts fail when it says so. */
export class FakeDoor implements LevelDoor {
  readonly path: string = "/fake";
  /** What is on disk. */
  readonly rows: SortedRows = new SortedRows();
  /** Batches that have not ended. */
  readonly given: GivenBatch[] = [];
  readonly failing: Set<Failing> = new Set();
  /** How many rows an iterator hands out at once, at most. */
  chunkRowsMax: number = Infinity;
  batches = 0;
  iterators = 0;
  openIterators = 0;
  openSnapshots = 0;
  snapshotsWhileWriting = 0;
  closed = false;

  get(key: Uint8Array): Uint8Array | undefined {
    this.#check("get");
    const sealed = this.rows.get(key);
    return sealed && Buffer.from(sealed);
  }

  batch(): LevelBatch {
    this.#check("batch");
    const changes: Change[] = [];
    return {
      put: (key, value) => void changes.push([new Uint8Array(key), new Uint8Array(value)]),
      delete: (key) => void changes.push([new Uint8Array(key), undefined]),
      write: () => this.#write(changes),
    };
  }

  #write(changes: readonly Change[]): Promise<void> {
    this.batches += 1;
    return new Promise((resolve, reject) => {
      const end = (): void => void this.given.splice(this.given.indexOf(batch), 1);
      const batch: GivenBatch = {
        changes,
        finish: () => {
          end();
          for (const [key, sealed] of changes) {
            if (sealed === undefined) this.rows.delete(key);
            else this.rows.set(key, sealed);
          }
          resolve();
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      this.given.push(batch);
    });
  }

  /** The one batch that is being written. */
  get writing(): GivenBatch {
    if (this.given.length > 1) throw new Error("two batches are under way");
    return present(this.given[0], "a batch is under way");
  }

  snapshot(): LevelSnapshot {
    this.#check("snapshot");
    this.openSnapshots += 1;
    if (this.given.length > 0) this.snapshotsWhileWriting += 1;
    const rows = this.rows.copy();
    return {
      iterate: (from, to) => this.#iterate(rows, from, to),
      close: () => void (this.openSnapshots -= 1),
    };
  }

  #iterate(rows: SortedRows, from: Uint8Array, to: Uint8Array | undefined): LevelIterator {
    this.iterators += 1;
    this.openIterators += 1;
    let next: Uint8Array | undefined = from;
    return {
      next: async (rowsMax) => {
        this.#check("next");
        if (next === undefined) return [];
        const page = rows.page(next, to, Math.min(rowsMax, this.chunkRowsMax), Infinity);
        next = page.next;
        return page.rows.map(({ key, value }) => [Buffer.from(key), Buffer.from(value)]);
      },
      close: () => void (this.openIterators -= 1),
    };
  }

  async clear(from: Uint8Array, to: Uint8Array | undefined): Promise<void> {
    this.#check("clear");
    for (const { key } of this.rows.page(from, to, Infinity, Infinity).rows) this.rows.delete(key);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #check(what: Failing): void {
    if (this.failing.has(what)) throw new Error(`no ${what} today`);
  }
}

/** Lets the turn end that is under way, and all that ends with it. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
