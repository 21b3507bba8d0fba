import type { HardState } from "../../raft/types.ts";
import type { Write } from "../../raft/ready.ts";
import type { HardCell } from "./hard-cell.ts";

/** A write on its way: its batch, and then its cell if it changed term or vote, and its note if it counts for a quorum. */
interface Waiting {
  readonly number: number;
  stored: boolean;
  cellDone: boolean;
  noted: boolean;
}

/** Who is told of writes. */
export interface PersistenceOwner {
  /** The batch of that write is durable: whether nothing of it has to be noted first. Otherwise `noted` runs when it is. */
  readonly stored: (number: number, noted: () => void) => boolean;
  /** That write, and all before it, are durable. */
  readonly persisted: (number: number) => void;
}

/**
 * Says when a write is durable: its batch is, and behind it, where term or vote changed, the cell (rule P8), and what is to be on note
 * (rule P9). Writes are durable in their order, whatever order their cells finish in.
 */
export class Persistence {
  readonly #cell: HardCell;
  readonly #owner: PersistenceOwner;
  readonly #waiting: Waiting[] = [];

  constructor(cell: HardCell, owner: PersistenceOwner) {
    this.#cell = cell;
    this.#owner = owner;
  }

  /** Expects `write`; the result is to be called when its batch is durable. */
  expect(write: Write): () => void {
    const waiting: Waiting = { number: write.number, stored: false, cellDone: !write.hardStateChanged, noted: false };
    this.#waiting.push(waiting);
    return () => this.#stored(waiting, write.hardState);
  }

  #stored(waiting: Waiting, hardState: HardState): void {
    waiting.stored = true;
    if (!waiting.cellDone) {
      this.#cell.write(hardState, () => {
        waiting.cellDone = true;
        this.#settle();
      });
    }
    waiting.noted = this.#owner.stored(waiting.number, () => {
      waiting.noted = true;
      this.#settle();
    });
    this.#settle();
  }

  #settle(): void {
    let last: Waiting | undefined;
    while (isDurable(this.#waiting[0])) last = this.#waiting.shift();
    if (last !== undefined) this.#owner.persisted(last.number);
  }
}

function isDurable(write: Waiting | undefined): boolean {
  return write !== undefined && write.stored && write.cellDone && write.noted;
}
