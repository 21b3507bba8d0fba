import { encode } from "../../base/codec.ts";
import type { Cell } from "../../env/storage.ts";
import type { HardState, LogIndex, Term } from "../../raft/types.ts";
import { fields, whole } from "../fields.ts";
import type { LogStore } from "./log-store.ts";
import { packVote, unpackVote } from "./rows.ts";

/** The second copy of term and vote, and the newest promise made to a leader. */
export interface HardCellValue {
  readonly hardState: HardState;
  /** In this term ... */
  readonly acknowledgedIn: Term;
  /** ... the log was said to be durable up to here. */
  readonly acknowledged: LogIndex;
  /** The log's hash there: a log that is long enough may still be an older one, whose end had been taken back. */
  readonly acknowledgedChain: number;
}

export const emptyHardCell: HardCellValue = {
  hardState: { term: 0, vote: undefined },
  acknowledgedIn: 0,
  acknowledged: 0,
  acknowledgedChain: 0,
};

/**
 * Term and vote apart from the log, so that damage to the log's end cannot roll a vote back unseen. It is written after the
 * batch that holds the same (rule P8); the acknowledged mark is written, not synced, before each acknowledgement leaves (P9).
 */
export class HardCell {
  readonly #cell: Cell;
  #hardState: HardState;
  #acknowledgedIn: Term;
  #acknowledged: LogIndex;
  #acknowledgedChain: number;

  constructor(cell: Cell, value: HardCellValue) {
    this.#cell = cell;
    this.#hardState = value.hardState;
    this.#acknowledgedIn = value.acknowledgedIn;
    this.#acknowledged = value.acknowledged;
    this.#acknowledgedChain = value.acknowledgedChain;
  }

  /** `done` runs when term and vote would survive a power cut. */
  write(hardState: HardState, done: () => void): void {
    this.#hardState = hardState;
    this.#cell.write(this.#encode(), { sync: true }, done);
  }

  /**
   * Notes that `log` is about to be called durable up to `index` in `term`. A mark that still binds is never lowered: a newer leader
   * may ask for less, and what an older one was promised may be committed nevertheless.
   */
  acknowledge(term: Term, index: LogIndex, log: LogStore): void {
    if (index <= this.#acknowledged && (term <= this.#acknowledgedIn || this.#acknowledgedIn >= log.truncatedIn)) return;
    if (term < this.#acknowledgedIn || index < log.mark.index || index > log.last) return;
    this.#acknowledgedIn = term;
    this.#acknowledged = index;
    this.#acknowledgedChain = log.chainAt(index);
    this.#cell.write(this.#encode(), { sync: false });
  }

  #encode(): Uint8Array {
    const { term, vote } = this.#hardState;
    return encode([term, packVote(vote), this.#acknowledgedIn, this.#acknowledged, this.#acknowledgedChain]);
  }
}

/** The cell's value; throws `Malformed`. A cell that was never written holds nothing. */
export function decodeHardCell(bytes: Uint8Array | undefined): HardCellValue {
  if (bytes === undefined) return emptyHardCell;
  const [term, vote, acknowledgedIn, acknowledged, acknowledgedChain] = fields(bytes, 5, "cell");
  return {
    hardState: { term: whole(term), vote: unpackVote(vote) },
    acknowledgedIn: whole(acknowledgedIn),
    acknowledged: whole(acknowledged),
    acknowledgedChain: whole(acknowledgedChain),
  };
}
