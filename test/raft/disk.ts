import { assert } from "../../src/base/assert.ts";
import type { Restored } from "../../src/raft/open.ts";
import type { Ready, Write } from "../../src/raft/ready.ts";
import type { Entry, HardState, LogIndex, Mark, Membership, Term } from "../../src/raft/types.ts";

/** What is durable. `rows` stand for the state: every entry that was applied to it, from the first one on. */
export interface Image {
  hardState: HardState;
  mark: Mark;
  entries: Entry[];
  rows: Entry[];
}

/** What one storage batch holds; `compact` is a caller's own, to which the core gave no number. */
interface Batch {
  readonly write: Write | undefined;
  /** The rows of the snapshot that `write` installs. */
  readonly installed: readonly Entry[];
  readonly committed: readonly Entry[];
  readonly compact: Mark | undefined;
}

export function emptyImage(membership: Membership): Image {
  return { hardState: { term: 0, vote: undefined }, mark: { index: 0, term: 0, chain: 0, membership }, entries: [], rows: [] };
}

export function imageLast(image: Image): LogIndex {
  return image.mark.index + image.entries.length;
}

/** The term of the durable entry at `index`; undefined when there is none, or when it is compacted away. */
export function imageTerm(image: Image, index: LogIndex): Term | undefined {
  if (index === image.mark.index) return image.mark.term;
  return image.entries[index - image.mark.index - 1]?.term;
}

/** One replica's disk: batches become durable in order, and a crash loses any suffix of those that are not yet. */
export class Disk {
  readonly image: Image;
  paused = false;
  readonly #queue: Batch[] = [];

  constructor(image: Image) {
    this.image = image;
  }

  /** Takes everything of `ready` that belongs on the disk, as one batch. */
  accept(ready: Ready, installed: readonly Entry[]): void {
    if (ready.write === undefined && ready.committed.length === 0) return;
    this.#queue.push({ write: ready.write, installed, committed: ready.committed, compact: undefined });
  }

  compact(mark: Mark): void {
    this.#queue.push({ write: undefined, installed: [], committed: [], compact: mark });
  }

  /** How many batches are not yet durable. */
  get unfinished(): number {
    return this.#queue.length;
  }

  /** Makes the oldest batch durable; the number of the write in it, if there is one. */
  finish(): number | undefined {
    const batch = this.#queue.shift();
    assert(batch !== undefined, "a batch is unfinished");
    apply(this.image, batch);
    return batch.write?.number;
  }

  /** A power cut: the oldest `survivors` batches made it to the disk, although nobody was told. */
  crash(survivors: number): void {
    for (let i = 0; i < survivors && this.#queue.length > 0; i += 1) this.finish();
    this.#queue.length = 0;
  }

  restored(): Restored {
    const { hardState, mark, entries, rows } = this.image;
    return { hardState, mark, entries: [...entries], applied: rows.length };
  }
}

function apply(image: Image, batch: Batch): void {
  const { write, committed, compact } = batch;
  if (write !== undefined) applyWrite(image, write, batch.installed);
  for (const entry of committed) {
    // Rule P7: what is applied stands in this batch or in an earlier one.
    assert(imageTerm(image, entry.index) === entry.term, "an applied entry is on the disk");
    assert(entry.index === image.rows.length + 1, "entries are applied in order");
    image.rows.push(entry);
  }
  if (compact !== undefined && compact.index > image.mark.index) {
    assert(compact.index <= image.rows.length, "only what the durable state holds is compacted");
    image.entries.splice(0, compact.index - image.mark.index);
    image.mark = compact;
  }
}

function applyWrite(image: Image, write: Write, installed: readonly Entry[]): void {
  image.hardState = write.hardState;
  if (write.install !== undefined) {
    assert(installed.length === write.install.index, "the snapshot's rows belong into the write that installs it");
    image.mark = write.install;
    image.entries = [];
    image.rows = [...installed];
  }
  if (write.truncateFrom !== undefined) {
    assert(write.truncateFrom > image.mark.index, "what is compacted away is not truncated");
    assert(write.truncateFrom > image.rows.length, "what is applied is not truncated");
    image.entries.splice(write.truncateFrom - image.mark.index - 1);
  }
  for (const entry of write.entries) {
    assert(entry.index === imageLast(image) + 1, "the rows of the log follow each other");
    image.entries.push(entry);
  }
}
