import { randomBytes } from "node:crypto";
import { getU64, putU64 } from "../../../src/base/bytes.ts";
import type { Rng } from "../../../src/base/rng.ts";
import type { Cell, Storage, WriteOp } from "../../../src/env/storage.ts";
import type { Notebook } from "./notes.ts";

/** What a disk holds of a ledger. */
export interface LedgerFound {
  /** The number of the last batch. */
  readonly last: number;
  /** Whether all of that batch and of all before it is there, and nothing of any other. */
  readonly whole: boolean;
  /** The number in the cell. */
  readonly cell: number;
}

/** What a ledger is written to. */
export interface LedgerDisk {
  readonly storage: Storage;
  readonly cell: (name: string) => Cell;
}

/** A batch writes over the rows of the one so many before it. */
const places = 50;
/** So many batches are on their way at once. */
const inFlightMax = 6;
const cellName = "ledger";
/** No group has this number. */
const prefix = [0xf0, 0xf0, 0xf0, 0xf0];
const lastKey = Uint8Array.from([...prefix, 2]);

/**
 * Numbered batches straight into a storage, and numbers into a cell, some of them synced, beside whatever else goes on there: what a
 * storage and a cell promise is then seen of the real ones when a process is really killed.
 */
export class Ledger {
  readonly #disk: LedgerDisk;
  readonly #rng: Rng;
  readonly #notebook: Notebook;
  readonly #tag = randomBytes(8);
  #number: number;
  #inFlight = 0;
  #cellNumber: number;
  #stopped = false;

  constructor(disk: LedgerDisk, rng: Rng, notebook: Notebook) {
    this.#disk = disk;
    this.#rng = rng;
    this.#notebook = notebook;
    this.#number = numberIn(disk.storage.get(lastKey));
    this.#cellNumber = numberIn(disk.cell(cellName).read());
    this.#go();
  }

  stop(): void {
    this.#stopped = true;
  }

  #go(): void {
    if (this.#stopped) return;
    while (this.#inFlight < inFlightMax) this.#writeRows();
    this.#writeCell();
  }

  #writeRows(): void {
    const number = (this.#number += 1);
    const value = this.#valueOf(number);
    const rows = [rowKey(0, number), rowKey(1, number), lastKey].map((key): WriteOp => ({ op: "put", key, value }));
    this.#inFlight += 1;
    this.#notebook.number("rows", "begun", number);
    this.#disk.storage.write(rows, { sync: this.#rng.chance(0.5) }, () => {
      this.#notebook.number("rows", "finished", number);
      this.#inFlight -= 1;
      this.#go();
    });
  }

  #writeCell(): void {
    const number = (this.#cellNumber += 1);
    const sync = this.#rng.chance(0.5);
    this.#notebook.number("cell", "begun", number);
    this.#disk
      .cell(cellName)
      .write(this.#valueOf(number), { sync }, () => this.#notebook.number("cell", sync ? "finished" : "written", number));
  }

  /** No two processes write the same. */
  #valueOf(number: number): Uint8Array {
    const value = new Uint8Array(16);
    putU64(value, 0, number);
    value.set(this.#tag, 8);
    return value;
  }
}

export function readLedger({ storage, cell }: LedgerDisk): LedgerFound {
  const last = numberIn(storage.get(lastKey));
  let whole = true;
  for (let place = 0; place < places; place += 1) {
    const rows = [0, 1].map((half) => storage.get(rowKey(half, place)));
    // The newest number that stands here and is not above the last one.
    const expected = last - ((last - place + places) % places);
    if (String(rows[0]) !== String(rows[1]) || numberIn(rows[0]) !== Math.max(expected, 0)) whole = false;
  }
  return { last, whole, cell: numberIn(cell(cellName).read()) };
}

function rowKey(half: number, number: number): Uint8Array {
  return Uint8Array.from([...prefix, half, number % places]);
}

function numberIn(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : getU64(value, 0);
}
