import { present } from "../../src/base/assert.ts";
import { encode } from "../../src/base/codec.ts";
import { replicaId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import type { HardState, LogIndex } from "../../src/raft/types.ts";
import { decodeHardCell, type HardCellValue } from "../../src/rsm/log/hard-cell.ts";
import type { Opened } from "../../src/rsm/log/log-open.ts";
import {
  decodeHard,
  decodeLogRow,
  decodeMark,
  encodeHard,
  encodeLogRow,
  encodeMark,
  type HardRow,
  type Keys,
} from "../../src/rsm/log/rows.ts";
import { cellName, entriesOf, Shelf, trio } from "./shelf.ts";

/** A directory as a busy replica leaves it, and ways to damage it. */
export class Directory {
  readonly shelf: Shelf = new Shelf();
  readonly keys: Keys = this.shelf.keys;
  #ops: WriteOp[] = [];

  /** Three rows: 1 and 2 of term 1, 3 to 5 of term 2, 6 of term 3; 4 is applied; 6 is acknowledged in term 3. */
  constructor() {
    const { shelf } = this;
    shelf.begin();
    const vote = replicaId(1);
    shelf.write({ hardState: { term: 1, vote: undefined }, entries: entriesOf(1, [1, 1]) });
    shelf.write({ hardState: { term: 2, vote: undefined }, entries: entriesOf(3, [2, 2, 2]), acknowledged: 2 });
    shelf.write({ hardState: { term: 3, vote }, entries: entriesOf(6, [3]), acknowledged: 5 });
    shelf.apply(4, 2);
    shelf.settle();
    shelf.cell.write({ term: 3, vote }, () => {});
    shelf.cell.acknowledge(3, 6, shelf.store);
    shelf.settle();
  }

  /** Drops the log up to `index`, which becomes the applied one if it is not yet. */
  compact(index: LogIndex, term: number): void {
    const { shelf } = this;
    if (index > 4) shelf.apply(index, term);
    shelf.settle();
    shelf.store.compact({ index, term, chain: shelf.store.chainAt(index), membership: trio });
    shelf.settle();
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#ops.push({ op: "put", key, value });
  }

  remove(...keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#ops.push({ op: "delete", key });
  }

  get(key: Uint8Array): Uint8Array {
    return present(this.shelf.env.storage.get(key), "the row is there");
  }

  /** Replaces the log row at `first` by one that differs so. */
  changeLog(first: LogIndex, change: (row: ReturnType<typeof decodeLogRow>) => ReturnType<typeof decodeLogRow>): void {
    this.put(this.keys.log(first), encodeLogRow(change(decodeLogRow(this.get(this.keys.log(first)), first))));
  }

  changeHard(change: Partial<HardRow>): void {
    this.put(this.keys.hard, encodeHard({ ...decodeHard(this.get(this.keys.hard)), ...change }));
  }

  changeMark(change: Partial<ReturnType<typeof decodeMark>>): void {
    this.put(this.keys.mark, encodeMark({ ...decodeMark(this.get(this.keys.mark)), ...change }));
  }

  /** What the cell holds after a power cut that it has survived. */
  get cell(): HardCellValue {
    return decodeHardCell(this.shelf.env.cell(cellName).read());
  }

  changeCell(change: Partial<HardCellValue>): void {
    const { hardState, acknowledgedIn, acknowledged, acknowledgedChain } = { ...this.cell, ...change };
    const vote = hardState.vote === undefined ? 0 : hardState.vote + 1;
    const value = encode([hardState.term, vote, acknowledgedIn, acknowledged, acknowledgedChain]);
    this.shelf.env.cell(cellName).write(value, { sync: true });
    this.shelf.settle();
  }

  /** Ends the life, does the damage, and opens what is left. */
  open(): Opened {
    this.shelf.settle();
    this.shelf.crash(false);
    this.shelf.disk.tamper(this.#ops);
    return this.shelf.open();
  }
}

export const voted: HardState = { term: 3, vote: replicaId(1) };
/** What the cell says when nothing was acknowledged. */
export const forgetful: Partial<HardCellValue> = { acknowledgedIn: 0, acknowledged: 0, acknowledgedChain: 0 };
