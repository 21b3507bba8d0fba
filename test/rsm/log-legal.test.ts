import { describe, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { encodeApplied } from "../../src/rsm/log/rows.ts";
import { entriesOf, Shelf, trio } from "./shelf.ts";

import { Directory, forgetful, voted } from "./directory.ts";
describe("what is legal opens", () => {
  const entries = [...entriesOf(1, [1, 1]), ...entriesOf(3, [2, 2, 2]), ...entriesOf(6, [3])];

  test("the directory as it is", () => {
    const found = new Directory().open();
    expect(found).toMatchObject({ kind: "restored", generation: 0, restored: { hardState: voted, entries, applied: 4 } });
  });

  test("an empty one", () => {
    const shelf = new Shelf();
    expect(shelf.open()).toEqual({ kind: "new" });
    shelf.crash(true);
    expect(shelf.open()).toEqual({ kind: "new" });
  });

  test("one whose every row was dropped up to the mark", () => {
    const directory = new Directory();
    directory.compact(6, 3);
    expect(directory.open()).toMatchObject({ kind: "restored", restored: { mark: { index: 6, term: 3 }, entries: [], applied: 6 } });
  });

  test.each([1, 2, 3, 4, 5])("one whose mark stands at %i, inside a row or between two", (at) => {
    const directory = new Directory();
    directory.compact(at, at < 3 ? 1 : 2);
    expect(directory.open()).toMatchObject({ kind: "restored", restored: { mark: { index: at }, entries: entries.slice(at) } });
  });

  test("P8: a power cut between the batch and its cell leaves a log that is newer than the cell", () => {
    const directory = new Directory();
    directory.shelf.write({ hardState: { term: 4, vote: replicaId(2) }, acknowledged: 6 });
    expect(directory.open()).toMatchObject({ restored: { hardState: { term: 4, vote: 2 } } });
  });

  test("P8: of two copies of the same term the one that holds a vote wins", () => {
    const inLog = new Directory();
    inLog.changeCell({ hardState: { term: 3, vote: undefined } });
    expect(inLog.open()).toMatchObject({ restored: { hardState: voted } });
    const inCell = new Directory();
    inCell.changeHard({ vote: undefined });
    expect(inCell.open()).toMatchObject({ restored: { hardState: voted } });
    const older = new Directory();
    older.changeCell({ hardState: { term: 2, vote: replicaId(0) } });
    older.changeHard({ vote: undefined });
    expect(older.open()).toMatchObject({ restored: { hardState: { term: 3, vote: undefined } } });
  });

  test("P9: a newer leader takes back what was acknowledged in an older term", () => {
    const directory = new Directory();
    directory.shelf.write({ hardState: { term: 4, vote: undefined }, truncateFrom: 5, entries: entriesOf(5, [4]), acknowledged: 4 });
    const found = directory.open();
    expect(found).toMatchObject({ restored: { entries: [...entries.slice(0, 4), ...entriesOf(5, [4])] }, log: { truncatedIn: 4 } });
  });

  test("P9: a snapshot of a newer term takes the place of a longer log", () => {
    const directory = new Directory();
    const mark = { index: 5, term: 4, chain: 9, membership: trio };
    const applied: WriteOp = { op: "put", key: directory.keys.applied, value: encodeApplied({ ...mark, generation: 1 }) };
    directory.shelf.write({ hardState: { term: 4, vote: undefined }, install: mark, rows: [applied] });
    expect(directory.open()).toMatchObject({ kind: "restored", restored: { mark, entries: [] }, generation: 1 });
  });

  test("P9: a row that was never acknowledged is gone with a power cut", () => {
    const directory = new Directory();
    directory.shelf.write({ hardState: voted, entries: entriesOf(7, [3]), acknowledged: 6 });
    directory.shelf.settle();
    directory.remove(directory.keys.log(7));
    expect(directory.open()).toMatchObject({ restored: { entries } });
  });
});

describe("P9: the cell's mark", () => {
  test("the batch that took entries back is lost: the log is long enough, but it is not the one that was acknowledged", () => {
    const directory = new Directory();
    const { shelf } = directory;
    shelf.write({ hardState: { term: 4, vote: replicaId(0) }, acknowledged: 6 });
    shelf.settle();
    const before = shelf.rows();
    shelf.write({ hardState: { term: 4, vote: replicaId(0) }, truncateFrom: 5, entries: entriesOf(5, [4]), acknowledged: 4 });
    shelf.settle();
    shelf.cell.acknowledge(4, 5, shelf.store);
    directory.remove(directory.keys.log(5));
    for (const { key, value } of before) directory.put(key, value);
    expect(directory.open()).toEqual({ kind: "damaged", why: "the log up to 5 is not the one that was acknowledged" });
  });

  test("is not lowered by a newer leader that asks for less, as long as nothing is taken back", () => {
    const directory = new Directory();
    directory.shelf.cell.acknowledge(4, 2, directory.shelf.store);
    expect(directory.cell).toMatchObject({ acknowledgedIn: 3, acknowledged: 6 });
    directory.shelf.write({ hardState: { term: 4, vote: undefined }, truncateFrom: 6, acknowledged: 5 });
    directory.shelf.cell.acknowledge(4, 2, directory.shelf.store);
    expect(directory.cell).toMatchObject({ acknowledgedIn: 4, acknowledged: 2 });
  });

  test("does not name what is no longer, or not yet, in the log", () => {
    const directory = new Directory();
    directory.compact(4, 2);
    directory.shelf.cell.acknowledge(4, 7, directory.shelf.store);
    expect(directory.cell).toMatchObject({ acknowledgedIn: 3, acknowledged: 6 });
    directory.changeCell(forgetful);
    expect(directory.open()).toMatchObject({ kind: "restored" });
    directory.shelf.cell.acknowledge(4, 3, directory.shelf.store);
    expect(directory.cell).toMatchObject({ acknowledged: 0 });
    directory.shelf.cell.acknowledge(4, 4, directory.shelf.store);
    expect(directory.cell).toMatchObject({ acknowledgedIn: 4, acknowledged: 4 });
  });
});
