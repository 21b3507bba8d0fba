import type { HardState } from "../../raft/types.ts";
import type { Write } from "../../raft/ready.ts";
import type { HardCell } from "./hard-cell.ts";

/** A write on its way: its batch, and then its cell if it changed term or vote. */
interface Waiting {
  readonly number: number;
  stored: boolean;
  cellDone: boolean;
}

/**
 * Says when a write is durable: its batch is, and behind it, where term or vote changed, the cell (rule P8). Writes are durable
 * in their order, whatever order their cells finish in.
 */
export class Persistence {
  readonly #cell: HardCell;
  readonly #persisted: (number: number) => void;
  readonly #waiting: Waiting[] = [];

  constructor(cell: HardCell, persisted: (number: number) => void) {
    this.#cell = cell;
    this.#persisted = persisted;
  }

  /** Expects `write`; the result is to be called when its batch is durable. */
  expect(write: Write): () => void {
    const waiting: Waiting = { number: write.number, stored: false, cellDone: !write.hardStateChanged };
    this.#waiting.push(waiting);
    return () => this.#stored(waiting, write.hardState);
  }

  #stored(waiting: Waiting, hardState: HardState): void {
    waiting.stored = true;
    if (waiting.cellDone) {
      this.#settle();
      return;
    }
    this.#cell.write(hardState, () => {
      waiting.cellDone = true;
      this.#settle();
    });
  }

  #settle(): void {
    let last: Waiting | undefined;
    while (this.#waiting[0] !== undefined && this.#waiting[0].stored && this.#waiting[0].cellDone) last = this.#waiting.shift();
    if (last !== undefined) this.#persisted(last.number);
  }
}
