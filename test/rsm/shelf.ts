import { present } from "../../src/base/assert.ts";
import { groupId } from "../../src/base/ids.ts";
import type { Env } from "../../src/env/env.ts";
import type { Row, WriteOp } from "../../src/env/storage.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Entry, HardState, LogIndex, Mark, Membership } from "../../src/raft/types.ts";
import { decodeHardCell, HardCell } from "../../src/rsm/log/hard-cell.ts";
import { type Opened, openLogStore } from "../../src/rsm/log/log-open.ts";
import { LogStore } from "../../src/rsm/log/log-store.ts";
import { encodeApplied, encodeMark, Keys } from "../../src/rsm/log/rows.ts";
import type { SimDisk } from "../../src/sim/disk/disk.ts";
import type { SimProcess } from "../../src/sim/process.ts";
import type { World } from "../../src/sim/world.ts";
import { Rig } from "../sim/rig.ts";

export const trio: Membership = membership([0, 1, 2].map((id) => id as Membership["voters"][number]));
export const emptyMark: Mark = { index: 0, term: 0, chain: 0, membership: trio };
export const cellName = "raft 1";

/** What one write brings; what is left out does not change. */
export interface ShelfWrite {
  readonly hardState: HardState;
  readonly entries?: readonly Entry[];
  readonly truncateFrom?: LogIndex;
  readonly install?: Mark;
  readonly acknowledged?: LogIndex;
  readonly rows?: readonly WriteOp[];
}

/** A log store on a simulated disk, without a core above it. */
export class Shelf {
  readonly keys: Keys = new Keys(groupId(1));
  readonly disk: SimDisk;
  readonly world: World;
  readonly #process: SimProcess;
  #env: Env | undefined;
  #store: LogStore | undefined;
  #cell: HardCell | undefined;
  readonly #logBytesMax: number | undefined;
  #writes = 0;

  constructor(seed: string | number = 1, logBytesMax?: number) {
    this.#logBytesMax = logBytesMax;
    const rig = new Rig({ seed });
    this.world = rig.world;
    this.#process = rig.process("shelf");
    this.disk = this.#process.disk;
  }

  get env(): Env {
    return present(this.#env, "the shelf is open");
  }

  get store(): LogStore {
    return present(this.#store, "the shelf holds a log");
  }

  get cell(): HardCell {
    return present(this.#cell, "the shelf holds a log");
  }

  /** Begins a life and reads what is there. */
  open(): Opened {
    this.#process.start((env) => {
      this.#env = env;
    });
    const value = decodeHardCell(this.env.cell(cellName).read());
    let found: Opened | undefined;
    openLogStore(this.env.storage, this.keys, value, (opened) => {
      found = opened;
    });
    this.settle();
    const opened = present(found, "opening ends");
    if (opened.kind === "restored") this.#store = new LogStore(this.env.storage, this.keys, opened.log, this.#logBytesMax);
    this.#cell = new HardCell(this.env.cell(cellName), value);
    return opened;
  }

  /** Makes the first rows of a new directory, and opens it. */
  begin(): void {
    this.open();
    this.env.storage.write(this.firstRows(), { sync: true });
    this.settle();
    this.crash(false);
    this.open();
  }

  firstRows(): WriteOp[] {
    return [
      { op: "put", key: this.keys.mark, value: encodeMark(emptyMark) },
      { op: "put", key: this.keys.applied, value: encodeApplied({ index: 0, term: 0, chain: 0, generation: 0 }) },
    ];
  }

  write(write: ShelfWrite, done: () => void = () => {}): void {
    this.#writes += 1;
    const { hardState, install, truncateFrom, entries = [], acknowledged = 0, rows = [] } = write;
    const whole = { number: this.#writes, hardState, hardStateChanged: true, install, truncateFrom, entries };
    this.store.write(whole, acknowledged, rows, done);
  }

  /** Writes the applied row, as a state machine's batch does. */
  apply(index: LogIndex, term: number, done: () => void = () => {}, generation = 0): void {
    this.env.storage.write([this.appliedRow(index, term, generation)], { sync: false }, done);
  }

  appliedRow(index: LogIndex, term: number, generation = 0): WriteOp {
    const value = encodeApplied({ index, term, chain: this.store.chainAt(index), generation });
    return { op: "put", key: this.keys.applied, value };
  }

  /** Lets everything that is on its way to the disk arrive. */
  settle(): void {
    this.world.runFor(100);
  }

  crash(powerCut: boolean): void {
    this.#process.crash({ powerCut });
    this.#env = undefined;
    this.#store = undefined;
  }

  /** The rows that a life would find now. */
  rows(): Row[] {
    return [...this.disk.image()];
  }

  /** The log rows among them. */
  logRows(): Row[] {
    return this.rows().filter(({ key }) => this.isLog(key));
  }

  isLog(key: Uint8Array): boolean {
    return key.length === 13 && this.keys.logPrefix.every((byte, at) => key[at] === byte);
  }
}

/** Entries from `first` on with these terms; the data says where each stands. */
export function entriesOf(first: LogIndex, terms: readonly number[], size = 4): Entry[] {
  return terms.map((term, at) => ({ index: first + at, term, data: new Uint8Array(size).fill((first + at + 16 * term) % 256) }));
}
