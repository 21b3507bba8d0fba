import { assert } from "../../base/assert.ts";
import { ByteMap } from "../../base/byte-map.ts";
import { pooledCopy } from "../../base/pool.ts";
import type { WriteOp } from "../../env/storage.ts";
import type { ReadRow } from "../machine.ts";
import { ownRows, type State } from "./state.ts";

/** What a row says, in another form than its bytes. */
export interface RowForm {
  encode(): Uint8Array;
}

/** A row of the state that memory holds: as bytes, or in the form that its reader has made of them; without both it is not there. */
export interface HeldRow {
  readonly key: Uint8Array;
  bytes: Uint8Array | undefined;
  form: RowForm | undefined;
  /** Whether the entries that are being applied have changed it. */
  changed: boolean;
}

/** Hears of a row that is about to change: the entries that are being applied have not changed it before. */
export type RowChanging = (key: Uint8Array, before: Uint8Array | undefined) => void;

/** What a row in memory costs besides its bytes, roughly. */
const rowBytes = 500;
/** Memory up to this size is kept alive without a thought: the pools that rows are cut from are not larger. */
const smallMemoryBytes = 8192;

/**
 * The state's rows. What entries change is kept here, seen by what is read after it, and handed out at once when they have been
 * applied. What was read or changed lately stays, so that a hot row is not read from disk, nor taken apart, for every command.
 *
 * It never differs from the state: every change goes through it. Rows are in one of two halves. Who is asked for moves to the
 * young one; when that is full the other one is forgotten as a whole, and they change places.
 */
export class StateRows implements State {
  readonly #halfBytes: number;
  readonly #seed: number;
  #fromDisk: ReadRow;
  #young: ByteMap<HeldRow>;
  #old: ByteMap<HeldRow>;
  #youngBytes = 0;
  /** Whether entries are being applied: nothing is forgotten meanwhile. */
  #applying = false;
  #changed: HeldRow[] = [];
  #changing: RowChanging | undefined;

  /** `bytesMax` bounds what stays, with what it costs to hold it; `seed` is as in `ByteMap`. */
  constructor(fromDisk: ReadRow, bytesMax = 0, seed = 0) {
    this.#fromDisk = fromDisk;
    this.#halfBytes = bytesMax / 2;
    this.#seed = seed;
    this.#young = new ByteMap(seed);
    this.#old = new ByteMap(seed);
  }

  /** The rows on disk are others now. */
  restored(fromDisk: ReadRow): void {
    assert(!this.#applying, "rows are not replaced while entries are applied");
    this.#fromDisk = fromDisk;
    this.#young = new ByteMap(this.#seed);
    this.#old = new ByteMap(this.#seed);
    this.#youngBytes = 0;
  }

  /** Entries are about to be applied; `changing` hears of each row that they change. */
  begin(changing?: RowChanging): void {
    this.#applying = true;
    this.#changing = changing;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return bytesOf(this.row(key));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    assert(key.length > 0 && key[0] !== ownRows, "a machine's rows are not those of the replica around it");
    this.#put(key, value);
  }

  delete(key: Uint8Array): void {
    const row = this.#rowToReplace(key);
    this.change(row);
    row.bytes = row.form = undefined;
  }

  /** As `put`, for the rows of the replica itself. */
  putOwn(key: Uint8Array, value: Uint8Array): void {
    assert(key[0] === ownRows, "the replica's own rows stand apart");
    this.#put(key, value);
  }

  /** The row of that key as memory holds it. Who is about to give it other bytes, or a form that says something else, calls `change` first. */
  row(key: Uint8Array): HeldRow {
    return this.#young.get(key) ?? this.#load(key);
  }

  /** The row changes. */
  change(row: HeldRow): void {
    assert(this.#applying, "rows change only while entries are applied");
    if (row.changed) return;
    this.#changing?.(row.key, bytesOf(row));
    row.changed = true;
    this.#changed.push(row);
  }

  /** The entries have been applied: adds everything that they have changed to `rows`. */
  emit(rows: WriteOp[]): void {
    for (const row of this.#changed) {
      const { key } = row;
      const value = bytesOf(row);
      rows.push(value === undefined ? { op: "delete", key } : { op: "put", key, value });
      row.changed = false;
      // What it was before is not given back: it may have been cut from the same memory as others that stay.
      this.#youngBytes += value?.length ?? 0;
    }
    this.#changed = [];
    this.#applying = false;
    if (this.#youngBytes > this.#halfBytes) this.#turnOver();
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    const row = this.#rowToReplace(key);
    this.change(row);
    row.bytes = lean(value);
    row.form = undefined;
  }

  /** As `row`, for one whose bytes nobody asks for: the disk is not asked for them either, unless somebody hears of what they were. */
  #rowToReplace(key: Uint8Array): HeldRow {
    return this.#young.get(key) ?? this.#load(key, this.#changing !== undefined);
  }

  #load(key: Uint8Array, reads = true): HeldRow {
    const old = this.#old.get(key);
    if (old !== undefined) {
      // It is taken out of the pool that it was cut from, lest few rows that stay for long keep much memory alive.
      if (old.bytes !== undefined) old.bytes = pooledCopy(old.bytes);
      return this.#hold(old);
    }
    return this.#hold({ key: pooledCopy(key), bytes: reads ? this.#fromDisk(key) : undefined, form: undefined, changed: false });
  }

  #hold(row: HeldRow): HeldRow {
    this.#young.set(row.key, row);
    this.#youngBytes += rowBytes + row.key.length + (row.bytes?.length ?? 0);
    if (this.#youngBytes > this.#halfBytes && !this.#applying) this.#turnOver();
    return row;
  }

  #turnOver(): void {
    this.#old = this.#young;
    this.#young = new ByteMap(this.#seed);
    this.#youngBytes = 0;
  }
}

/** A row that is held in another form has no bytes: they are made when somebody asks. */
function bytesOf({ bytes, form }: HeldRow): Uint8Array | undefined {
  return form === undefined ? bytes : form.encode();
}

/** The same bytes, in memory that is not much larger than they are. */
function lean(bytes: Uint8Array): Uint8Array {
  const kept = bytes.buffer.byteLength;
  return kept <= smallMemoryBytes || kept <= 2 * bytes.length ? bytes : pooledCopy(bytes);
}
