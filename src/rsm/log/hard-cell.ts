import { present } from "../../base/assert.ts";
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

/** The part of the value that is the promise. */
type Note = Omit<HardCellValue, "hardState">;

/**
 * Term and vote apart from the log, so that damage to the log's end cannot roll a vote back unseen. It is written after the
 * batch that holds the same (rule P8); the acknowledged mark is written, not synced, before each acknowledgement leaves (P9).
 */
export class HardCell {
  readonly #cell: Cell;
  #hardState: HardState;
  /** The newest note, and the newest one that outlives the process. */
  #note: Note;
  #written: Note;
  /** Who waits for `#note`, while it is on its way. */
  #waiting: (() => void)[] | undefined;

  constructor(cell: Cell, value: HardCellValue) {
    this.#cell = cell;
    this.#hardState = value.hardState;
    this.#note = value;
    this.#written = value;
  }

  /** `done` runs when term and vote would survive a power cut. */
  write(hardState: HardState, done: () => void): void {
    this.#hardState = hardState;
    this.#cell.write(this.#encode(), { sync: true }, done);
  }

  /**
   * `log` is about to be called durable up to `index` in `term`: true when that is on note. Otherwise it is being noted, and may be
   * said when `noted` runs; calls for one log run in their order. A mark that still binds is never lowered: a newer leader may ask for
   * less, and what an older one was promised may be committed nevertheless.
   */
  acknowledge(term: Term, index: LogIndex, log: LogStore, noted: () => void = () => {}): boolean {
    if (index === 0 || binds(this.#written, term, index, log)) return true;
    if (binds(this.#note, term, index, log)) {
      present(this.#waiting, "a note that is not written is on its way").push(noted);
      return false;
    }
    if (term < this.#note.acknowledgedIn || index < log.mark.index || index > log.last) return true;
    this.#write({ acknowledgedIn: term, acknowledged: index, acknowledgedChain: log.chainAt(index) }, noted);
    return false;
  }

  #write(note: Note, noted: () => void): void {
    const waiting = [noted];
    this.#note = note;
    this.#waiting = waiting;
    this.#cell.write(this.#encode(), { sync: false }, () => {
      this.#written = note;
      if (this.#waiting === waiting) this.#waiting = undefined;
      for (const run of waiting) run();
    });
  }

  #encode(): Uint8Array {
    const { term, vote } = this.#hardState;
    const { acknowledgedIn, acknowledged, acknowledgedChain } = this.#note;
    return encode([term, packVote(vote), acknowledgedIn, acknowledged, acknowledgedChain]);
  }
}

/** Whether a log that has lost an entry up to `index`, as it was called durable in `term`, is found out by this note. */
function binds(note: Note, term: Term, index: LogIndex, log: LogStore): boolean {
  return index <= note.acknowledged && (term <= note.acknowledgedIn || note.acknowledgedIn >= log.truncatedIn);
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
