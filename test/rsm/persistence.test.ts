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

/** One step: the next batch is durable, or the cell's write of that number is. */
type Step = "batch" | number;

/** One order of events for writes of which some change term or vote. */
class Run {
  readonly persisted: number[] = [];
  readonly #changes: readonly boolean[];
  readonly #cell = new HeldCell();
  readonly #stored: (() => void)[];
  #batches = 0;

  constructor(changes: readonly boolean[]) {
    this.#changes = changes;
    const persistence = new Persistence(new HardCell(this.#cell, emptyHardCell), (number) => this.persisted.push(number));
    this.#stored = changes.map((changed, at) => persistence.expect(writeOf(at + 1, changed)));
  }

  /** What can happen next. */
  get choices(): Step[] {
    const cells = this.#cell.writes.flatMap((write, at) => (write.ended ? [] : [at]));
    return this.#batches < this.#changes.length ? ["batch", ...cells] : cells;
  }

  take(step: Step): void {
    if (step === "batch") {
      this.#batches += 1;
      present(this.#stored[this.#batches - 1], "a batch")();
    } else {
      const write = present(this.#cell.writes[step], "a write of the cell");
      write.ended = true;
      write.done();
    }
    this.#check();
  }

  /** A write is durable when its batch is, its cell if it has one, and all before it; it is said at once, once, and in order. */
  #check(): void {
    let durable = 0;
    const cells = this.#cell.writes;
    for (const [at, changed] of this.#changes.entries()) {
      const number = at + 1;
      const written = !changed || cells.some((write) => write.term === number && write.ended);
      if (at >= this.#batches || !written) break;
      durable = number;
    }
    assert((this.persisted.at(-1) ?? 0) === durable, "what is durable has been said");
    assert(
      this.persisted.every((number, at) => at === 0 || number > (this.persisted[at - 1] as number)),
      "numbers rise",
    );
    // Rule P8: behind its batch, and only where something changed.
    const due = this.#changes.flatMap((changed, at) => (changed && at < this.#batches ? [at + 1] : []));
    assert(JSON.stringify(cells.map(({ term }) => term)) === JSON.stringify(due), "the cell is written behind the batch");
  }
}

/** Every order in which batches, which end one behind the other, and cells, which may end in any order, can finish; how many there are. */
function exploreAll(changes: readonly boolean[], before: readonly Step[] = []): number {
  const run = new Run(changes);
  for (const step of before) run.take(step);
  const { choices } = run;
  if (choices.length === 0) {
    assert(run.persisted.at(-1) === changes.length, "in the end everything is durable");
    return 1;
  }
  return choices.reduce<number>((sum, step) => sum + exploreAll(changes, [...before, step]), 0);
}

describe("a write is durable when its batch is, then its cell, and all before it", () => {
  test.each([
    [[false, false, false], 1],
    [[true], 1],
    [[true, true], 3],
    [[true, false, true], 4],
    [[true, true, true], 15],
    [[true, true, true, true], 105],
    [[false, true, true, false, true], 24],
  ])("in every order, when %j change term or vote", (changes, orders) => {
    expect(exploreAll(changes)).toBe(orders);
  });
});
