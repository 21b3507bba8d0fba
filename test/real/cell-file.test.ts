import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assert } from "../../src/base/assert.ts";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { CellDisk } from "../../src/real/cell-disk.ts";
import { FileCells } from "../../src/real/cell-file.ts";
import { cellBytesMax, slotBytes, slotCount } from "../../src/real/cell-slots.ts";
import { bytesOf } from "../contract/storage-harness.ts";
import { Scratch, type Stopped } from "./disk-rig.ts";
import { FakeCellDisk } from "./fake-cell-disk.ts";

const synced = { sync: true };
const unsynced = { sync: false };

let stops: Stopped[];
let called: string[];
beforeEach(() => {
  stops = [];
  called = [];
});

/** A turn of which each input is all. */
const turn = { last: (begin: () => void): void => begin() };

function cellsOn(disk: CellDisk | undefined, path = "/cells"): FileCells {
  return new FileCells(path, { turn, stop: (reason, sentence) => stops.push({ reason, sentence }), ...(disk && { disk }) });
}

function call(name: string): () => void {
  return () => called.push(name);
}

/** The value that the `number`th write brings: several sectors long, or less than one. */
function valueOf(number: number): Uint8Array {
  return bytesOf(4 + ((number * 397) % 1_800), number);
}

/** Which write brought this; -1 for none of the first `count`. */
function numberOf(value: Uint8Array, count: number): number {
  for (let number = 1; number <= count; number += 1) if (String(valueOf(number)) === String(value)) return number;
  return -1;
}

type Step = "write" | "sync" | "finish" | "crash" | "cut";

/** Runs some steps, and checks after every crash what is left. The slow model is a few numbers. */
function walk(steps: readonly Step[], pick: (count: number) => number): void {
  const disk = new FakeCellDisk();
  let cell = cellsOn(disk).cell("c");
  let last = 0;
  // The newest values that a process crash must not take, and that a power cut must not take.
  let outlives = 0;
  let endures = 0;
  // Values above the one that was found after a crash, and up to this one, are lost: they never come back.
  let lost = 0;
  for (const step of steps) {
    if (step === "finish") disk.finish();
    if (step === "write" || step === "sync") {
      last += 1;
      const number = last;
      cell.write(valueOf(number), { sync: step === "sync" }, () => {
        assert(number > outlives, "done comes in order, once");
        outlives = number;
        if (step === "sync") endures = number;
      });
    }
    if (step !== "crash" && step !== "cut") continue;
    if (step === "crash") disk.crash(pick(2) === 1);
    else disk.cutPower(pick);
    cell = cellsOn(disk).cell("c");
    const found = cell.read();
    const number = found === undefined ? 0 : numberOf(found, last);
    const promised = step === "cut" ? endures : outlives;
    assert(number >= promised, `${number} is left of ${promised}`);
    assert(number <= endures || number > lost, "what was lost does not come back");
    // Whoever has read it may build on it.
    endures = number;
    outlives = number;
    lost = last;
  }
  assert(stops.length === 0, "nothing goes wrong");
}

/** Why it has stopped: once, and it does nothing any more. */
function stopped(cells: FileCells, disk: FakeCellDisk): string {
  for (const name of ["c", "d"]) {
    cells.cell(name).write(utf8("9"), synced, call("late"));
    expect(cells.cell(name).read()).toBeUndefined();
  }
  disk.finishAll();
  expect(called).toEqual([]);
  expect(stops).toHaveLength(1);
  return `${stops[0]?.reason}: ${stops[0]?.sentence}`;
}

describe("whatever happens, a cell", () => {
  test("holds after a power cut or a crash what was promised or something newer, whole", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Step>("write", "sync", "finish") },
      { weight: 1, arbitrary: fc.constantFrom<Step>("crash", "cut") },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat(1_000)), (steps, picks) => {
        walk([...steps, "cut"], (count) => (picks.next().value as number) % count);
      }),
      { numRuns: 2_000 },
    );
    expect(stops).toEqual([]);
  });
});

describe("writes", () => {
  test("are under way one at a time; of what is written meanwhile only the newest follows, and all who waited are told", () => {
    const disk = new FakeCellDisk();
    const cells = cellsOn(disk);
    const cell = cells.cell("c");
    for (const name of ["1", "2", "3", "4"]) cell.write(utf8(name), name === "3" ? synced : unsynced, call(name));
    expect(utf8Text(cell.read() ?? utf8("nothing"))).toBe("4");
    // The first value makes the file.
    expect(disk.underWay).toEqual(["sync"]);
    disk.finish();
    expect([called, disk.underWay]).toEqual([["1"], ["write"]]);
    disk.finish();
    expect([called, disk.underWay]).toEqual([["1"], ["sync"]]);
    disk.finish();
    expect([called, disk.underWay]).toEqual([["1", "2", "3", "4"], []]);
    cell.write(utf8("5"), unsynced, call("5"));
    expect(disk.underWay).toEqual(["write"]);
    disk.finish();
    expect([called.at(-1), disk.underWay]).toEqual(["5", []]);
  });

  test("of one turn begin at its end, with the last value", () => {
    const disk = new FakeCellDisk();
    const ends: (() => void)[] = [];
    const cells = new FileCells("/cells", { turn: { last: (begin) => void ends.push(begin) }, stop: call("stopped"), disk });
    for (const name of ["1", "2", "3"]) cells.cell("c").write(utf8(name), unsynced, call(name));
    expect([disk.underWay, ends.length]).toEqual([[], 1]);
    for (const end of ends) end();
    disk.finishAll();
    expect(called).toEqual(["1", "2", "3"]);
    expect(utf8Text(cellsOn(disk).cell("c").read() ?? utf8("nothing"))).toBe("3");
  });

  test("that are asked for from done wait until all have been told", () => {
    const disk = new FakeCellDisk();
    const cell = cellsOn(disk).cell("c");
    cell.write(utf8("1"), synced, () => cell.write(utf8("2"), unsynced, call("2")));
    disk.finish();
    expect(utf8Text(cell.read() ?? utf8("nothing"))).toBe("2");
    disk.finish();
    expect(called).toEqual(["2"]);
  });

  test("have an age while they last", () => {
    const disk = new FakeCellDisk();
    const cells = cellsOn(disk);
    expect(cells.unfinishedMs()).toBe(0);
    cells.cell("c").write(utf8("1"), unsynced);
    cells.cell("d").write(utf8("1"), synced);
    while (cells.unfinishedMs() === 0);
    disk.finish();
    expect(cells.unfinishedMs()).toBeGreaterThan(0);
    disk.finish();
    expect(cells.unfinishedMs()).toBe(0);
  });

  test.each(["write", "sync"] as const)("are over when a %s has failed: whoever ends the process for it need not wait for them", (what) => {
    const disk = new FakeCellDisk();
    const ages: number[] = [];
    const cells: FileCells = new FileCells("/cells", { turn, stop: () => ages.push(cells.unfinishedMs()), disk });
    cells.cell("c").write(utf8("1"), synced);
    disk.finishAll();
    cells.cell("c").write(utf8("2"), synced);
    disk.failing.add(what);
    disk.finishAll();
    expect(ages).toEqual([0]);
  });
});

describe("the end", () => {
  test("closing finishes every write that was asked for, and takes nothing more", async () => {
    const disk = new FakeCellDisk();
    const cells = cellsOn(disk);
    const cell = cells.cell("c");
    cell.write(utf8("1"), synced, call("1"));
    cell.write(utf8("2"), unsynced, call("2"));
    const closed = cells.close().then(call("closed"));
    cell.write(utf8("3"), synced, call("3"));
    disk.finish();
    await Promise.resolve();
    expect([called, disk.closed]).toEqual([["1"], 0]);
    disk.finish();
    await closed;
    expect([called, disk.closed]).toEqual([["1", "2", "closed"], 1]);
    expect(disk.underWay).toEqual([]);
  });

  test("abandoning drops what a turn was to begin", async () => {
    const disk = new FakeCellDisk();
    const ends: (() => void)[] = [];
    const cells = new FileCells("/cells", { turn: { last: (begin) => void ends.push(begin) }, stop: call("stopped"), disk });
    cells.cell("c").write(utf8("1"), synced, call("1"));
    const closed = cells.abandon().then(call("closed"));
    for (const end of ends) end();
    await closed;
    expect([called, disk.underWay]).toEqual([["closed"], []]);
  });

  test("abandoning waits for the write that is under way, and calls nothing back", async () => {
    const disk = new FakeCellDisk();
    const cells = cellsOn(disk);
    cells.cell("c").write(utf8("1"), synced, call("1"));
    cells.cell("c").write(utf8("2"), synced, call("2"));
    const closed = cells.abandon();
    await Promise.resolve();
    expect(disk.closed).toBe(0);
    disk.finish();
    await closed;
    expect([called, disk.closed, disk.underWay]).toEqual([[], 1, []]);
    expect(cells.cell("c").read()).toBeUndefined();
  });
});

describe("the first failure stops everything:", () => {
  test.each(["create", "open", "read", "syncNow"] as const)("%s", (what) => {
    const disk = new FakeCellDisk();
    if (what !== "create") cellsOn(disk).cell("c").write(utf8("1"), unsynced);
    disk.finishAll();
    disk.failing.add(what);
    const cells = cellsOn(disk);
    cells.cell("c").write(utf8("2"), synced, call("c"));
    expect(stopped(cells, disk)).toMatch(new RegExp(`^disk_failed: .* of the file c in /cells has failed \\(no ${what} today\\)`));
  });

  test.each(["write", "sync"] as const)("%s", (what) => {
    const disk = new FakeCellDisk();
    const cells = cellsOn(disk);
    cells.cell("c").write(utf8("1"), unsynced);
    disk.finishAll();
    disk.failing.add(what);
    for (const name of ["2", "3"]) cells.cell("c").write(utf8(name), synced, call("c"));
    disk.finishAll();
    expect(stopped(cells, disk)).toMatch(new RegExp(`^disk_failed: A ${what} of the file c in /cells has failed \\(no ${what} today\\)`));
  });

  test("a file without a whole slot, which is damage", () => {
    const disk = new FakeCellDisk();
    cellsOn(disk).cell("c").write(utf8("1"), unsynced);
    disk.damage("/cells/c", (bytes) => (bytes[16] = (bytes[16] ?? 0) ^ 1));
    const cells = cellsOn(disk);
    expect(cells.cell("c").read()).toBeUndefined();
    expect(stopped(cells, disk)).toMatch(/^data_damaged: The file c in \/cells is not what was written there; replace/);
  });
});

describe("a file", () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());

  test("is made by the first write, whole, under the cell's name", async () => {
    const cells = cellsOn(undefined, scratch.path);
    expect(cells.cell("raft 1").read()).toBeUndefined();
    expect(readdirSync(scratch.path)).toEqual([]);
    cells.cell("raft 1").write(utf8("value"), unsynced);
    expect(readdirSync(scratch.path)).toEqual(["raft-1"]);
    expect(statSync(join(scratch.path, "raft-1")).size).toBe(slotCount * slotBytes);
    await cells.close();
  });

  test("that was left half made is made anew", async () => {
    writeFileSync(join(scratch.path, "c.new"), "half");
    const cells = cellsOn(undefined, scratch.path);
    expect(cells.cell("c").read()).toBeUndefined();
    cells.cell("c").write(utf8("value"), unsynced);
    await cells.close();
    expect(readdirSync(scratch.path)).toEqual(["c"]);
    expect(cellsOn(undefined, scratch.path).cell("c").read()).toEqual(utf8("value"));
  });

  test("of another cell, or cut to nothing, is damage", async () => {
    const cells = cellsOn(undefined, scratch.path);
    cells.cell("c").write(utf8("value"), unsynced);
    await cells.close();
    writeFileSync(join(scratch.path, "d"), readFileSync(join(scratch.path, "c")));
    truncateSync(join(scratch.path, "c"));
    for (const name of ["c", "d"]) expect(cellsOn(undefined, scratch.path).cell(name).read()).toBeUndefined();
    expect(stops.map(({ reason }) => reason)).toEqual(["data_damaged", "data_damaged"]);
  });

  test("holds values up to a length, and cells have names of some shape", async () => {
    const cells = cellsOn(undefined, scratch.path);
    const cell = cells.cell("c");
    cell.write(bytesOf(cellBytesMax, 1), unsynced);
    expect(() => cell.write(bytesOf(cellBytesMax + 1, 1), unsynced)).toThrow("a cell's value has at most 4080 bytes");
    await cells.close();
    expect(cellsOn(undefined, scratch.path).cell("c").read()).toEqual(bytesOf(cellBytesMax, 1));
    for (const name of ["", "a/b", "..", "A", "a-b"]) expect(() => cells.cell(name)).toThrow("a cell's name is");
  });
});

test("what was read is the reader's own", () => {
  const disk = new FakeCellDisk();
  const cell = cellsOn(disk).cell("c");
  cell.write(utf8("1"), unsynced);
  cell.read()?.fill(0);
  expect(cell.read()).toEqual(utf8("1"));
});
