import { describe, expect, test } from "vitest";
import { assert, present } from "../../src/base/assert.ts";
import { replicaId } from "../../src/base/ids.ts";
import type { Cell, WriteOptions } from "../../src/env/storage.ts";
import type { Write } from "../../src/raft/ready.ts";
import { decodeHardCell, emptyHardCell, HardCell } from "../../src/rsm/log/hard-cell.ts";
import { Persistence } from "../../src/rsm/log/persistence.ts";

/** A cell whose writes end when, and in the order in which, a test says so. */
class HeldCell implements Cell {
  readonly writes: { readonly term: number; readonly done: () => void; ended: boolean }[] = [];

  read(): Uint8Array | undefined {
    return undefined;
  }

  write(value: Uint8Array, options: WriteOptions, done: () => void = () => {}): void {
    assert(options.sync, "term and vote are synced");
    this.writes.push({ term: decodeHardCell(value).hardState.term, done, ended: false });
  }
}

function writeOf(number: number, hardStateChanged: boolean): Write {
  // The term says which write the cell's value belongs to.
  const hardState = { term: number, vote: replicaId(number % 3) };
  return { number, hardState, hardStateChanged, install: undefined, truncateFrom: undefined, entries: [] };
}

/** What a write waits for besides its batch: its cell, because it changes term or vote, or its note, because it counts for a quorum. */
type Also = "cell" | "note" | undefined;

/** One step: the next batch is durable, or the cell's write of that number is, or the note of the write of that number. */
type Step = "batch" | { readonly cell: number } | { readonly note: number };

/** One order of events for writes of which some wait for more than their batch. */
class Run {
  readonly persisted: number[] = [];
  readonly #also: readonly Also[];
  /** By the write's number. */
  readonly #notes = new Map<number, { readonly noted: () => void; ended: boolean }>();
  readonly #cell = new HeldCell();
  readonly #stored: (() => void)[];
  #batches = 0;

  constructor(also: readonly Also[]) {
    this.#also = also;
    const persistence = new Persistence(new HardCell(this.#cell, emptyHardCell), {
      stored: (number, noted) => {
        if (also[number - 1] !== "note") return true;
        this.#notes.set(number, { noted, ended: false });
        return false;
      },
      persisted: (number) => this.persisted.push(number),
    });
    this.#stored = also.map((what, at) => persistence.expect(writeOf(at + 1, what === "cell")));
  }

  /** What can happen next. Notes are written in their order. */
  get choices(): Step[] {
    const cells = this.#cell.writes.flatMap((write, cell) => (write.ended ? [] : [{ cell }]));
    const note = [...this.#notes].find(([, { ended }]) => !ended)?.[0];
    const notes = note === undefined ? [] : [{ note }];
    return [...(this.#batches < this.#also.length ? (["batch"] as const) : []), ...cells, ...notes];
  }

  take(step: Step): void {
    if (step === "batch") {
      this.#batches += 1;
      present(this.#stored[this.#batches - 1], "a batch")();
    } else if ("cell" in step) {
      const write = present(this.#cell.writes[step.cell], "a write of the cell");
      write.ended = true;
      write.done();
    } else {
      const note = present(this.#notes.get(step.note), "a note");
      note.ended = true;
      note.noted();
    }
    this.#check();
  }

  /** A write is durable when its batch is, its cell or its note if it has one, and all before it; it is said at once, once, and in order. */
  #check(): void {
    let durable = 0;
    for (const [at, also] of this.#also.entries()) {
      const number = at + 1;
      const isWritten = also !== "cell" || this.#cell.writes.some((write) => write.term === number && write.ended);
      const isNoted = also !== "note" || this.#notes.get(number)?.ended === true;
      if (at >= this.#batches || !isWritten || !isNoted) break;
      durable = number;
    }
    assert((this.persisted.at(-1) ?? 0) === durable, "what is durable has been said");
    assert(
      this.persisted.every((number, at) => at === 0 || number > (this.persisted[at - 1] as number)),
      "numbers rise",
    );
    // Rule P8: behind its batch, and only where something changed.
    const due = (what: Also): number[] => this.#also.flatMap((also, at) => (also === what && at < this.#batches ? [at + 1] : []));
    assert(
      JSON.stringify(this.#cell.writes.map(({ term }) => term)) === JSON.stringify(due("cell")),
      "the cell is written behind the batch",
    );
    assert(JSON.stringify([...this.#notes.keys()]) === JSON.stringify(due("note")), "so is the note");
  }
}

/** Every order in which batches and notes, which end one behind the other, and cells, which may end in any order, can finish; how many. */
function exploreAll(also: readonly Also[], before: readonly Step[] = []): number {
  const run = new Run(also);
  for (const step of before) run.take(step);
  const { choices } = run;
  if (choices.length === 0) {
    assert(run.persisted.at(-1) === also.length, "in the end everything is durable");
    return 1;
  }
  return choices.reduce<number>((sum, step) => sum + exploreAll(also, [...before, step]), 0);
}

const [none, cell, note] = [undefined, "cell", "note"] as const;

describe("a write is durable when its batch is, then its cell or its note, and all before it", () => {
  test.each<[Also[], number]>([
    [[none, none, none], 1],
    [[cell], 1],
    [[cell, cell], 3],
    [[cell, none, cell], 4],
    [[cell, cell, cell], 15],
    [[cell, cell, cell, cell], 105],
    [[none, cell, cell, none, cell], 24],
    [[note], 1],
    [[note, note], 2],
    [[note, none], 2],
    [[cell, note], 3],
    [[note, cell, note, none], 33],
  ])("in every order, when they wait for %j", (also, orders) => {
    expect(exploreAll(also)).toBe(orders);
  });
});
