import { assert } from "../../base/assert.ts";
import { emptyBytes } from "../../base/bytes.ts";
import { ByteMap } from "../../base/byte-map.ts";
import { copyInto } from "../../base/copy.ts";
import { Pool, pooled } from "../../base/pool.ts";
import type { WriteOp } from "../../env/storage.ts";
import type { ReadRow } from "../machine.ts";
import { ownRows, type State } from "./state.ts";

/** What a row says, in another form than its bytes. */
export interface RowForm {
  encode(): Uint8Array;
}

/** A row of the state that memory holds: as bytes, or in the form that its reader has made of them; without both it is not there. */
export interface HeldRow {
  /** Where its key stands among those of the young part, and the bytes of the key. */
  keyAt: number;
  readonly keyLength: number;
  bytes: Uint8Array | undefined;
  form: RowForm | undefined;
  /** Whether the entries that are being applied have changed it. */
  changed: boolean;
  /** What counts for its bytes, or its form. */
  size: number;
}

/** Hears of a row that is about to change: the entries that are being applied have not changed it before. */
export type RowChanging = (key: Uint8Array, before: Uint8Array | undefined) => void;

/** The young part's share of the room, at most. */
const youngShare = 3 / 4;
/** What a row in memory costs besides its bytes, roughly, as measured. */
const rowBytes = 250;
/** And what its form costs besides as many bytes as it is encoded in: that of a session with a result or two. */
const formBytes = 300;
/** Memory up to this size is kept alive without a thought: the pool that a machine's rows are cut from has no larger pieces. */
const smallMemoryBytes = 8192;

/**
 * The state's rows. What entries change is kept here, seen by what is read after it, and handed out at once when they have been
 * applied. What was read or changed lately stays, so that a hot row is not read from disk, nor taken apart, for every command.
 *
 * It never differs from the state: every change goes through it. Rows are in one of two parts. Who is asked for moves to the young one;
 * when there is no room, what has not moved from the old one is forgotten as a whole, and the young one takes its place. The young one
 * may have up to three quarters of all room, so that as much as that can be asked for in turn without anything being forgotten.
 */
export class StateRows implements State {
  readonly #bytesMax: number;
  readonly #seed: number;
  readonly #pool = new Pool();
  #fromDisk: ReadRow;
  #young: ByteMap<HeldRow>;
  #old: ByteMap<HeldRow>;
  #youngBytes = 0;
  /** Of what has not moved to the young part. */
  #oldBytes = 0;
  /** Whether entries are being applied: nothing is forgotten meanwhile. */
  #applying = false;
  #changed: HeldRow[] = [];
  /** What was got or put last, in the young part: nearly always it is put after it was got. */
  #last: HeldRow | undefined;
  #changing: RowChanging | undefined;

  /** `bytesMax` bounds what stays, with what it costs to hold it; `seed` is as in `ByteMap`. */
  constructor(fromDisk: ReadRow, bytesMax = 0, seed = 0) {
    this.#fromDisk = fromDisk;
    this.#bytesMax = bytesMax;
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
    this.#youngBytes = this.#oldBytes = 0;
    this.#last = undefined;
  }

  /** Entries are about to be applied; `changing` hears of each row that they change. */
  begin(changing?: RowChanging): void {
    this.#applying = true;
    this.#changing = changing;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return bytesOf(this.#noted(key, true));
  }

  put(key: Uint8Array, value: Uint8Array, isNew = false): void {
    assert(key.length > 0 && key[0] !== ownRows, "a machine's rows are not those of the replica around it");
    this.#put(key, value, isNew);
  }

  delete(key: Uint8Array): void {
    this.drop(this.#rowToReplace(key));
  }

  /** As `delete`, for a row that is at hand. */
  drop(row: HeldRow): void {
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
    this.#changing?.(this.#keyOf(row, emptyBytes), bytesOf(row));
    row.changed = true;
    this.#changed.push(row);
  }

  /** The entries have been applied: adds everything that they have changed to `rows`, with `prefix` before the keys. */
  emit(rows: WriteOp[], prefix: Uint8Array = emptyBytes): void {
    for (const row of this.#changed) {
      const key = this.#keyOf(row, prefix);
      const value = bytesOf(row);
      rows.push(value === undefined ? { op: "delete", key } : { op: "put", key, value });
      row.changed = false;
      const size = (value?.length ?? 0) + (row.form === undefined ? 0 : formBytes);
      // What a row's bytes were before is not given back: they may have been cut from the same memory as others that stay.
      this.#youngBytes += row.form === undefined ? size : Math.max(0, size - row.size);
      row.size = Math.max(row.size, size);
    }
    this.#changed = [];
    this.#applying = false;
    if (this.#isFull) this.#turnOver();
  }

  #put(key: Uint8Array, value: Uint8Array, isNew = false): void {
    const row = isNew ? this.#noted(key, false) : this.#rowToReplace(key);
    if (isNew) assert(row.bytes === undefined && row.form === undefined, "what is put as new is not there");
    this.change(row);
    row.bytes = this.#lean(value);
    row.form = undefined;
  }

  /** As `row`, for one whose bytes nobody asks for: the disk is not asked for them either, unless somebody hears of what they were. */
  #rowToReplace(key: Uint8Array): HeldRow {
    return this.#noted(key, this.#changing !== undefined);
  }

  /** As `row`, and looks first whether it is that of the last time. */
  #noted(key: Uint8Array, reads: boolean): HeldRow {
    const last = this.#last;
    if (last !== undefined && last.keyLength === key.length && this.#young.isKeyAt(last.keyAt, key)) return last;
    const row = this.#young.get(key) ?? this.#load(key, reads);
    // Between applies it may have gone to the old part, with all others.
    if (this.#applying) this.#last = row;
    return row;
  }

  #load(key: Uint8Array, reads = true): HeldRow {
    const old = this.#old.get(key);
    if (old !== undefined) {
      // It is taken out of the piece that it was cut from, lest few rows that stay for long keep much memory alive.
      if (old.bytes !== undefined) old.bytes = this.#pool.copy(old.bytes);
      this.#oldBytes -= costOf(old);
      return this.#hold(key, old);
    }
    const read = reads ? this.#fromDisk(key) : undefined;
    const size = read?.length ?? 0;
    // What comes from the disk has memory of its own, which costs the engine more than a short row is long.
    const bytes = read && this.#pool.gather(read);
    return this.#hold(key, { keyAt: 0, keyLength: key.length, bytes, form: undefined, changed: false, size });
  }

  #hold(key: Uint8Array, row: HeldRow): HeldRow {
    row.keyAt = this.#young.set(key, row);
    this.#youngBytes += costOf(row);
    if (this.#isFull && !this.#applying) this.#turnOver();
    return row;
  }

  /** The same bytes, in memory that is not much larger than they are. */
  #lean(bytes: Uint8Array): Uint8Array {
    const kept = bytes.buffer.byteLength;
    return kept <= smallMemoryBytes || kept <= 2 * bytes.length ? bytes : this.#pool.copy(bytes);
  }

  /** The key with `prefix` before it. A row that is asked for, and every row that is changed, is in the young part. */
  #keyOf({ keyAt, keyLength }: HeldRow, prefix: Uint8Array): Uint8Array {
    const key = pooled(prefix.length + keyLength);
    copyInto(key, prefix);
    this.#young.copyKey(keyAt, key, prefix.length);
    return key;
  }

  get #isFull(): boolean {
    return this.#youngBytes > youngShare * this.#bytesMax || this.#youngBytes + this.#oldBytes > this.#bytesMax;
  }

  #turnOver(): void {
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new ByteMap(this.#seed);
    this.#youngBytes = 0;
    this.#last = undefined;
  }
}

function costOf({ keyLength, size }: HeldRow): number {
  return rowBytes + keyLength + size;
}

/** A row that is held in another form has no bytes: they are made when somebody asks. */
function bytesOf({ bytes, form }: HeldRow): Uint8Array | undefined {
  return form === undefined ? bytes : form.encode();
}
