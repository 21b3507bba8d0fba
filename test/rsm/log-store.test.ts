import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { AssertionError, present } from "../../src/base/assert.ts";
import { hashBytes } from "../../src/base/hash.ts";
import { replicaId } from "../../src/base/ids.ts";
import { entryBytes, type Entry } from "../../src/raft/types.ts";
import { chainAfter, decodeLogRow, decodeMark, encodeMark, firstOfLogRow } from "../../src/rsm/log/rows.ts";
import { emptyMark, entriesOf, Shelf, trio } from "./shelf.ts";
import { type Operation, ShelfRun } from "./shelf-run.ts";

vi.setConfig({ testTimeout: 60_000 });

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(
    "append",
    "append",
    "append",
    "truncate",
    "install",
    "vote",
    "apply",
    "compact",
    "acknowledge",
    "wait",
    "crash",
    "cut",
  ),
  a: fc.nat(11),
  b: fc.nat(5),
});

describe("a log on a disk agrees with a naive list of entries", () => {
  test("whatever is written, taken back, installed, compacted, and wherever the power is cut", () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 40, size: "max" }), fc.nat(1e6), (operations, seed) => {
        const run = new ShelfRun(seed);
        for (const each of operations) run.perform(each);
        run.perform({ kind: "cut", a: 0, b: 0 });
        expect(run.reopenings).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});

/** A shelf that holds one row each for `runs`, all of term 1. */
function shelved(...runs: readonly number[]): Shelf {
  const shelf = new Shelf();
  shelf.begin();
  let next = 1;
  for (const count of runs) {
    shelf.write({ hardState: { term: 1, vote: undefined }, entries: entriesOf(next, Array<number>(count).fill(1)) });
    next += count;
  }
  shelf.settle();
  return shelf;
}

const inTerm = (term: number): { term: number; vote: undefined } => ({ term, vote: undefined });

function layout(shelf: Shelf): [first: number, count: number][] {
  return shelf.logRows().map(({ key, value }) => {
    const first = firstOfLogRow(key);
    return [first, decodeLogRow(value, first).entries.length];
  });
}

describe("rows", () => {
  test("one for each batch", () => {
    expect(layout(shelved(3, 1, 2))).toEqual([
      [1, 3],
      [4, 1],
      [5, 2],
    ]);
  });

  test("a batch of more than 1 MiB becomes several, and each holds at least one entry", () => {
    const shelf = shelved();
    const sizes = [300_000, 300_000, 300_000, 300_000, 2_000_000, 10, 10];
    const entries: Entry[] = sizes.map((size, at) => ({ index: 1 + at, term: 1, data: new Uint8Array(size).fill(at) }));
    shelf.write({ hardState: inTerm(1), entries });
    shelf.settle();
    expect(layout(shelf)).toEqual([
      [1, 3],
      [4, 1],
      [5, 1],
      [6, 2],
    ]);
    for (const { key, value } of shelf.logRows()) {
      const row = decodeLogRow(value, firstOfLogRow(key)).entries;
      const size = row.reduce((sum, entry) => sum + entryBytes(entry), 0);
      expect(row.length === 1 || size <= 1024 * 1024).toBe(true);
    }
    shelf.crash(false);
    const found = shelf.open();
    const restored = found.kind === "restored" ? found.restored.entries : [];
    expect(restored.map(({ index, term, data }) => [index, term, hashBytes(data)])).toEqual(
      entries.map(({ index, term, data }) => [index, term, hashBytes(data)]),
    );
  });

  test("no row is longer than the log is to become, so that a row does not keep what was dropped", () => {
    const shelf = new Shelf(1, 1_000);
    shelf.begin();
    const entries = entriesOf(1, Array<number>(200).fill(1), 50);
    shelf.write({ hardState: inTerm(1), entries });
    shelf.apply(199, 1);
    shelf.settle();
    expect(layout(shelf).length).toBeGreaterThan(10);
    expect(shelf.store.bytes).toBeGreaterThan(10_000);
    shelf.store.compact({ ...emptyMark, index: 199, term: 1, chain: shelf.store.chainAt(199) });
    expect(shelf.store.bytes).toBeLessThan(1_500);
  });

  test("a batch of many small entries becomes several too: a decoder counts elements", () => {
    const shelf = shelved();
    const entries = entriesOf(1, Array<number>(40_000).fill(1), 0);
    shelf.write({ hardState: inTerm(1), entries });
    shelf.settle();
    expect(layout(shelf).length).toBeGreaterThan(1);
    expect(layout(shelf).reduce((sum, [, count]) => sum + count, 0)).toBe(40_000);
    shelf.crash(true);
    const found = shelf.open();
    expect(found.kind === "restored" && found.restored.entries.length).toBe(40_000);
  });
});

describe("taking back and dropping", () => {
  test("taking back entries inside a row writes it again without its end", () => {
    const shelf = shelved(2, 4, 1);
    shelf.write({ hardState: inTerm(2), truncateFrom: 5, entries: entriesOf(5, [2]), acknowledged: 4 });
    shelf.settle();
    expect(layout(shelf)).toEqual([
      [1, 2],
      [3, 2],
      [5, 1],
    ]);
    const kept = present(shelf.logRows()[1], "the row that was cut");
    expect(decodeLogRow(kept.value, 3)).toEqual({ chainBefore: shelf.store.chainAt(2), entries: entriesOf(3, [1, 1]) });
  });

  test("taking back entries from a row's beginning on removes the row", () => {
    const shelf = shelved(2, 4);
    shelf.write({ hardState: inTerm(2), truncateFrom: 3, acknowledged: 2 });
    shelf.settle();
    expect(layout(shelf)).toEqual([[1, 2]]);
    expect(shelf.store.last).toBe(2);
  });

  test("taking back everything behind the mark leaves no row, also not what stands in front of it", () => {
    const shelf = shelved(2, 4);
    shelf.apply(4, 1);
    shelf.settle();
    shelf.store.compact({ index: 4, term: 1, chain: shelf.store.chainAt(4), membership: trio });
    expect(shelf.store.last).toBe(6);
    shelf.write({ hardState: inTerm(2), truncateFrom: 5, acknowledged: 4 });
    shelf.settle();
    expect(layout(shelf)).toEqual([]);
    shelf.write({ hardState: inTerm(2), entries: entriesOf(5, [2, 2]), acknowledged: 4 });
    shelf.settle();
    shelf.crash(false);
    expect(shelf.open()).toMatchObject({ kind: "restored", restored: { mark: { index: 4 }, entries: entriesOf(5, [2, 2]) } });
  });

  test("compaction drops whole rows, and keeps one that reaches over the mark", () => {
    const shelf = shelved(2, 4, 1);
    shelf.apply(7, 1);
    shelf.settle();
    const chain = shelf.store.chainAt(4);
    shelf.store.compact({ index: 4, term: 1, chain, membership: trio });
    shelf.settle();
    expect(layout(shelf)).toEqual([
      [3, 4],
      [7, 1],
    ]);
    expect(shelf.store.chainAt(4)).toBe(chain);
    shelf.store.compact({ index: 7, term: 1, chain: shelf.store.chainAt(7), membership: trio });
    shelf.settle();
    expect(layout(shelf)).toEqual([]);
    expect(() => shelf.store.compact({ ...emptyMark, index: 6, term: 1 })).toThrow(AssertionError);
  });
});

describe("installing", () => {
  test("a snapshot takes the place of all rows, and brings its own along in the same batch", () => {
    const shelf = shelved(2, 4);
    const mark = { index: 20, term: 3, chain: 77, membership: trio };
    const seen: number[] = [];
    const own = shelf.keys.state(1, Uint8Array.of(9));
    shelf.disk.observe({ onDurable: (ops) => seen.push(ops.length) });
    shelf.write({
      hardState: inTerm(3),
      install: mark,
      rows: [{ op: "put", key: own, value: Uint8Array.of(1) }],
      entries: entriesOf(21, [3]),
    });
    shelf.settle();
    // The state row, two deletions, the mark, the log row and the hard row.
    expect(seen).toEqual([6]);
    expect(layout(shelf)).toEqual([[21, 1]]);
    expect(shelf.store.chainAt(21)).toBe(chainAfter(77, present(entriesOf(21, [3])[0], "an entry")));
    const row = shelf.rows().find(({ key }) => String(key) === String(shelf.keys.mark));
    expect(decodeMark(present(row, "the mark").value)).toEqual(mark);
  });
});

test("the bytes are those of the log rows and the mark", () => {
  const shelf = shelved(2, 4);
  const rows = shelf.logRows().reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  expect(shelf.store.bytes).toBe(rows + shelf.keys.mark.length + encodeMark(emptyMark).length);
  shelf.write({ hardState: { term: 9, vote: replicaId(2) } });
  expect(shelf.store.bytes).toBe(rows + shelf.keys.mark.length + encodeMark(emptyMark).length);
});

test("the hash of an entry that is not retained is not asked for", () => {
  const shelf = shelved(3);
  expect(shelf.store.chainAt(0)).toBe(0);
  expect(() => shelf.store.chainAt(4)).toThrow(AssertionError);
  expect(() => shelf.store.chainAt(-1)).toThrow(AssertionError);
});
