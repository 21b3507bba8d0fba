import { assert, present } from "../../base/assert.ts";
import type { Storage, WriteOp } from "../../env/storage.ts";
import type { Write } from "../../raft/ready.ts";
import { type Entry, entryBytes, type LogIndex, type Mark, type Term } from "../../raft/types.ts";
import { chainAfter, decodeLogRow, encodeHard, encodeLogRow, encodeMark, type Keys } from "./rows.ts";

/** What the store knows of one log row without reading it. */
export interface RowOnDisk {
  readonly first: LogIndex;
  readonly count: number;
  /** Of key and value. */
  readonly bytes: number;
}

/** What opening found; see `openLogStore`. */
export interface LogOnDisk {
  readonly mark: Mark;
  readonly rows: readonly RowOnDisk[];
  /** The hash after each entry behind the mark. */
  readonly chains: readonly number[];
  readonly truncatedIn: Term;
}

/** The most a log row holds before a batch is split into several, unless it is told less; a single entry may be larger. */
const defaultRowBytesMax = 1024 * 1024;
/** And the most entries: a decoder stops counting at 65,536 elements, and an entry is two. */
const rowEntriesMax = 16_384;

/**
 * The log on disk: one row per append batch, each with the hash of everything before it, and the rows that go with them (term
 * and vote, the mark). It keeps what it needs to truncate and compact in memory, and reads rows only to cut one in two.
 */
export class LogStore {
  readonly #storage: Storage;
  readonly #keys: Keys;
  readonly #rowBytesMax: number;
  #mark: Mark;
  #rows: RowOnDisk[];
  /** The hash after each entry; the first is that of the entry behind the mark. */
  #chains: number[];
  #truncatedIn: Term;
  /** Of the rows. */
  #bytes = 0;
  #markBytes: number;

  /** A row is dropped when nothing of it is needed: of a log that is to stay below `bytesMax`, no row is longer than that. */
  constructor(storage: Storage, keys: Keys, found: LogOnDisk, bytesMax: number = defaultRowBytesMax) {
    this.#storage = storage;
    this.#keys = keys;
    this.#rowBytesMax = Math.min(defaultRowBytesMax, bytesMax);
    this.#mark = found.mark;
    this.#rows = [...found.rows];
    this.#chains = [...found.chains];
    this.#truncatedIn = found.truncatedIn;
    for (const row of this.#rows) this.#bytes += row.bytes;
    this.#markBytes = keys.mark.length + encodeMark(found.mark).length;
  }

  /** The labs' "Raft state": key and value bytes of the live log rows and the mark. */
  get bytes(): number {
    return this.#bytes + this.#markBytes;
  }

  get mark(): Mark {
    return this.#mark;
  }

  /** The last entry that a write has brought, durable or not. */
  get last(): LogIndex {
    return this.#mark.index + this.#chains.length;
  }

  /** The term of the last batch that took entries back (rule P9). */
  get truncatedIn(): Term {
    return this.#truncatedIn;
  }

  /** The hash over all entries up to `index`, which is the mark or behind it. */
  chainAt(index: LogIndex): number {
    if (index === this.#mark.index) return this.#mark.chain;
    return present(this.#chains[index - this.#mark.index - 1], "the hash of a retained entry is known");
  }

  /**
   * Puts `write` to disk, with `rows` in the same batch; `done` as in `Storage.write`. `acknowledged` is how far the log was durable
   * before it, less what this write takes back.
   */
  write(write: Write, acknowledged: LogIndex, rows: readonly WriteOp[], done: () => void): void {
    const batch: WriteOp[] = [...rows];
    if (write.install !== undefined) this.#install(write.install, batch);
    if (write.truncateFrom !== undefined) this.#truncate(write.truncateFrom, batch);
    if (write.install !== undefined || write.truncateFrom !== undefined) this.#truncatedIn = write.hardState.term;
    this.#append(write.entries, batch);
    const { term, vote } = write.hardState;
    const hard = { term, vote, acknowledged: Math.max(acknowledged, this.#mark.index), truncatedIn: this.#truncatedIn };
    batch.push({ op: "put", key: this.#keys.hard, value: encodeHard(hard) });
    this.#storage.write(batch, { sync: true }, done);
  }

  /** Drops the rows that hold nothing behind `mark`, which the state holds durably. */
  compact(mark: Mark): void {
    assert(mark.index >= this.#mark.index, "the mark only rises");
    const batch: WriteOp[] = [];
    this.#putMark(mark, batch);
    let gone = 0;
    for (const row of this.#rows) {
      if (row.first + row.count - 1 > mark.index) break;
      batch.push({ op: "delete", key: this.#keys.log(row.first) });
      this.#bytes -= row.bytes;
      gone += 1;
    }
    this.#rows.splice(0, gone);
    this.#chains.splice(0, mark.index - this.#mark.index);
    this.#mark = mark;
    this.#storage.write(batch, { sync: false });
  }

  #putMark(mark: Mark, batch: WriteOp[]): void {
    const row = encodeMark(mark);
    this.#markBytes = this.#keys.mark.length + row.length;
    batch.push({ op: "put", key: this.#keys.mark, value: row });
  }

  #install(mark: Mark, batch: WriteOp[]): void {
    for (const row of this.#rows) batch.push({ op: "delete", key: this.#keys.log(row.first) });
    this.#putMark(mark, batch);
    this.#rows = [];
    this.#chains = [];
    this.#bytes = 0;
    this.#mark = mark;
  }

  /** Takes back everything from `from` on; the row that reaches over it is written again without its end. */
  #truncate(from: LogIndex, batch: WriteOp[]): void {
    this.#chains.length = Math.min(this.#chains.length, from - this.#mark.index - 1);
    while (this.#rows.length > 0) {
      const row = present(this.#rows[this.#rows.length - 1], "a row is there");
      if (row.first + row.count <= from) return;
      this.#rows.pop();
      this.#bytes -= row.bytes;
      // What would remain in front of the mark is not part of the log any more.
      if (row.first < from && from > this.#mark.index + 1) {
        const stored = present(this.#storage.get(this.#keys.log(row.first)), "a live log row is in the storage");
        const whole = decodeLogRow(stored, row.first);
        this.#put(whole.chainBefore, whole.entries.slice(0, from - row.first), batch);
        return;
      }
      batch.push({ op: "delete", key: this.#keys.log(row.first) });
    }
  }

  #append(entries: readonly Entry[], batch: WriteOp[]): void {
    let start = 0;
    while (start < entries.length) {
      let end = start;
      let bytes = 0;
      const first = present(entries[start], "an entry is there");
      const before = this.chainAt(first.index - 1);
      let chain = before;
      while (end < entries.length && end - start < rowEntriesMax) {
        const entry = present(entries[end], "an entry is there");
        bytes += entryBytes(entry);
        if (bytes > this.#rowBytesMax && end > start) break;
        chain = chainAfter(chain, entry);
        this.#chains.push(chain);
        end += 1;
      }
      this.#put(before, start === 0 && end === entries.length ? entries : entries.slice(start, end), batch);
      start = end;
    }
  }

  #put(chainBefore: number, entries: readonly Entry[], batch: WriteOp[]): void {
    const first = present(entries[0], "a log row has an entry").index;
    const key = this.#keys.log(first);
    const value = encodeLogRow({ chainBefore, entries });
    const bytes = key.length + value.length;
    this.#rows.push({ first, count: entries.length, bytes });
    this.#bytes += bytes;
    batch.push({ op: "put", key, value });
  }
}
