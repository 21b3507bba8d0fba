import { assert, present } from "../../base/assert.ts";
import { afterPrefix } from "../../base/bytes.ts";
import type { KeyRange, PageLimits, Storage, StorageView } from "../../env/storage.ts";
import { bytesOfRows } from "./chunk.ts";
import type { Machine } from "../machine.ts";
import { type AppliedRow, decodeApplied, type Keys, stateKeyOffset, type StateRow } from "../log/rows.ts";

/** Whose state is read. */
export interface SnapshotSource {
  readonly storage: Pick<Storage, "snapshot">;
  readonly keys: Keys;
  readonly machine: Pick<Machine, "derived">;
}

/**
 * Reads the state as of one moment, page by page, without the rows that the machine derives from others. Writes go on meanwhile. It
 * closes its view once, behind the last page or when it is told to.
 */
export class SnapshotReader {
  readonly #source: SnapshotSource;
  #view: StorageView | undefined;
  #closed = false;
  #reading = false;
  /** What has not been read yet, in its order; nothing before the beginning and behind the end. */
  #rest: readonly KeyRange[] = [];

  /** `opened` hears which moment it is; later, and not at all when the reader is closed before. */
  constructor(source: SnapshotSource, opened: (applied: AppliedRow) => void) {
    this.#source = source;
    source.storage.snapshot((view) => {
      if (this.#closed) {
        view.close();
        return;
      }
      this.#view = view;
      this.#readApplied(view, opened);
    });
  }

  /** Whether no page comes any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether a page may be asked for: one after the other, and none behind the last. */
  get isReady(): boolean {
    return this.#rest.length > 0 && !this.#reading;
  }

  /** Reads the next page; it may have no rows. `isLast` says that there is no other behind it. */
  read(limits: PageLimits, page: (rows: readonly StateRow[], isLast: boolean) => void): void {
    const [range, ...behind] = this.#rest;
    assert(!this.#reading, "pages are read one by one");
    this.#reading = true;
    present(this.#view, "what is read is open").scan(present(range, "there is something to read"), limits, (found, rest) => {
      this.#reading = false;
      this.#rest = rest === undefined ? behind : [rest, ...behind];
      const isLast = this.#rest.length === 0;
      if (isLast) this.close();
      page(
        found.map(({ key, value }): StateRow => [key.subarray(stateKeyOffset), value]),
        isLast,
      );
    });
  }

  /** Lets go of the view. A page that was asked for does not come any more. */
  close(): void {
    this.#closed = true;
    this.#rest = [];
    this.#view?.close();
    this.#view = undefined;
  }

  #readApplied(view: StorageView, opened: (applied: AppliedRow) => void): void {
    const { keys } = this.#source;
    view.scan({ from: keys.applied, to: afterPrefix(keys.applied) }, { rowsMax: 1, bytesMax: 1 }, ([row]) => {
      const applied = decodeApplied(present(row, "the applied row is there").value);
      this.#rest = this.#shipped(applied.generation);
      opened(applied);
    });
  }

  /** The rows of a generation on both sides of the derived ones: there may be as many of these, and reading past them takes its time. */
  #shipped(generation: number): KeyRange[] {
    const { keys, machine } = this.#source;
    const prefix = new Uint8Array(keys.generation(generation));
    const all: KeyRange = { from: prefix, to: afterPrefix(prefix) };
    if (machine.derived === undefined) return [all];
    const { from, to } = machine.derived;
    const before = { from: all.from, to: keys.state(generation, from) };
    return to === undefined ? [before] : [before, { from: keys.state(generation, to), to: all.to }];
  }
}

const countingPage = { rowsMax: 1000, bytesMax: 1024 * 1024 };

/** Counts the bytes that a snapshot's stream would send now: keys and values, without what is derived. Reads all of the state. */
export function countSnapshotBytes(source: SnapshotSource, done: (bytes: number) => void): void {
  let bytes = 0;
  const next = (): void => {
    reader.read(countingPage, (rows, isLast) => {
      bytes += bytesOfRows(rows);
      if (isLast) done(bytes);
      else next();
    });
  };
  const reader = new SnapshotReader(source, next);
}
