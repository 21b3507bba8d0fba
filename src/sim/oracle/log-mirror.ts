import type { Log } from "../../raft/log.ts";
import { type Entry, entryBytes, type LogIndex, type Term } from "../../raft/types.ts";
import { chainAfter } from "../../rsm/log/rows.ts";

/**
 * What the oracle last saw of one server's log in memory, with the hash after each entry. Entries are immutable and a log changes
 * only at its ends, so that a look walks back from the last entry to the first one that is the same object: it costs what changed.
 */
export class LogMirror {
  /** Where the log begins, and the hash up to there. */
  markIndex: LogIndex = 0;
  markTerm: Term = 0;
  markChain = 0;
  #entries: Entry[] = [];
  #chains: number[] = [];
  /** What the last look found: the lowest entry that was taken back or replaced, 0 for none, and what stood there. */
  truncatedAt: LogIndex = 0;
  truncated: Entry | undefined;
  /** The first entry that is new, or one behind the last. */
  changedFrom: LogIndex = 1;
  /** The mark has moved to a place that the log before did not lead to: a snapshot has replaced it. */
  installed = false;
  /** The most bytes that an entry of this life's log counted for. */
  largestBytes = 0;
  /** The mark has moved back. */
  fellBack = false;

  get last(): LogIndex {
    return this.markIndex + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.length > 0 ? (this.#entries[this.#entries.length - 1] as Entry).term : this.markTerm;
  }

  entryAt(index: LogIndex): Entry | undefined {
    return this.#entries[index - this.markIndex - 1];
  }

  termAt(index: LogIndex): Term | undefined {
    return index === this.markIndex ? this.markTerm : this.entryAt(index)?.term;
  }

  /** The hash of the log up to `index`; undefined outside of what is retained. */
  chainAt(index: LogIndex): number | undefined {
    return index === this.markIndex ? this.markChain : this.#chains[index - this.markIndex - 1];
  }

  /** Whether `log` is not what was last seen. It looks at the ends alone. */
  differs(log: Log): boolean {
    const { entries } = log;
    return (
      log.mark.index !== this.markIndex ||
      entries.length !== this.#entries.length ||
      (entries.length > 0 && entries[entries.length - 1] !== this.#entries[entries.length - 1])
    );
  }

  forget(): void {
    this.markIndex = this.markTerm = this.markChain = 0;
    this.#entries = [];
    this.#chains = [];
    this.largestBytes = 0;
  }

  /** Takes in what has changed; the fields above say what that was. */
  look(log: Log): void {
    this.truncatedAt = 0;
    this.truncated = undefined;
    this.installed = this.fellBack = false;
    this.#followMark(log);
    const { entries } = log;
    let same = Math.min(entries.length, this.#entries.length);
    while (same > 0 && entries[same - 1] !== this.#entries[same - 1]) same -= 1;
    if (same < this.#entries.length) {
      this.truncated = this.#entries[same];
      this.truncatedAt = this.markIndex + same + 1;
      this.#entries.length = this.#chains.length = same;
    }
    this.changedFrom = this.markIndex + same + 1;
    let chain = same > 0 ? (this.#chains[same - 1] as number) : this.markChain;
    for (let i = same; i < entries.length; i += 1) {
      const entry = entries[i] as Entry;
      chain = chainAfter(chain, entry);
      if (entryBytes(entry) > this.largestBytes) this.largestBytes = entryBytes(entry);
      this.#entries.push(entry);
      this.#chains.push(chain);
    }
  }

  #followMark(log: Log): void {
    const { index, term, chain } = log.mark;
    if (index === this.markIndex) return;
    this.fellBack = index < this.markIndex;
    const known = this.fellBack ? undefined : this.entryAt(index);
    if (known?.term === term) {
      this.markChain = this.chainAt(index) as number;
      this.#entries.splice(0, index - this.markIndex);
      this.#chains.splice(0, index - this.markIndex);
    } else {
      this.installed = true;
      this.markChain = chain;
      this.#entries = [];
      this.#chains = [];
    }
    this.markIndex = index;
    this.markTerm = term;
  }
}
