import { expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { Cell, WriteOptions } from "../../src/env/storage.ts";
import { decodeHardCell, emptyHardCell, HardCell, type HardCellValue } from "../../src/rsm/log/hard-cell.ts";
import type { LogStore } from "../../src/rsm/log/log-store.ts";
import { emptyMark } from "./shelf.ts";

/** A cell whose writes end one behind the other, when a test says so. */
class HeldCell implements Cell {
  readonly writes: { readonly value: HardCellValue; readonly sync: boolean; readonly done: () => void }[] = [];

  read(): Uint8Array | undefined {
    return undefined;
  }

  write(value: Uint8Array, { sync }: WriteOptions, done: () => void = () => {}): void {
    this.writes.push({ value: decodeHardCell(value), sync, done });
  }

  finish(): void {
    present(this.writes.shift(), "something is written").done();
  }
}

/** A log of ten entries, of which nothing was taken back since `truncatedIn`. */
const logOf = (truncatedIn: number, last = 10): LogStore =>
  ({ mark: emptyMark, last, truncatedIn, chainAt: (index: number) => 100 + index }) as unknown as LogStore;
const log = logOf(0);

test("a promise may be given when its note is written, and at once when one that says as much is", () => {
  const disk = new HeldCell();
  const cell = new HardCell(disk, emptyHardCell);
  const order: string[] = [];
  expect(cell.acknowledge(1, 3, log, () => order.push("3"))).toBe(false);
  expect(disk.writes).toMatchObject([{ sync: false, value: { acknowledgedIn: 1, acknowledged: 3, acknowledgedChain: 103 } }]);
  disk.finish();
  expect(order).toEqual(["3"]);
  for (const [term, index] of [
    [1, 3],
    [1, 2],
    [2, 3],
    [2, 0],
  ] as const)
    expect(cell.acknowledge(term, index, log, () => order.push("never"))).toBe(true);
  expect([order, disk.writes]).toEqual([["3"], []]);
});

test("what an unfinished note covers waits for that, and runs in order; what an older one covers does not", () => {
  const disk = new HeldCell();
  const cell = new HardCell(disk, emptyHardCell);
  const order: string[] = [];
  cell.acknowledge(1, 2, log, () => order.push("2"));
  disk.finish();
  cell.acknowledge(1, 5, log, () => order.push("5"));
  expect(cell.acknowledge(1, 4, log, () => order.push("4"))).toBe(false);
  expect(cell.acknowledge(1, 2, log, () => order.push("never"))).toBe(true);
  cell.acknowledge(1, 7, log, () => order.push("7"));
  expect(cell.acknowledge(1, 4, log, () => order.push("4 again"))).toBe(false);
  expect(disk.writes.map(({ value }) => value.acknowledged)).toEqual([5, 7]);
  disk.finish();
  expect(order).toEqual(["2", "5", "4"]);
  disk.finish();
  expect(order).toEqual(["2", "5", "4", "7", "4 again"]);
});

test("a note that was taken back since does not cover anything", () => {
  const disk = new HeldCell();
  const cell = new HardCell(disk, emptyHardCell);
  cell.acknowledge(1, 8, log);
  disk.finish();
  expect(cell.acknowledge(2, 4, logOf(2, 5), () => {})).toBe(false);
  expect(disk.writes).toMatchObject([{ value: { acknowledgedIn: 2, acknowledged: 4 } }]);
});

test("term and vote carry the newest note along, and a note term and vote", () => {
  const disk = new HeldCell();
  const cell = new HardCell(disk, emptyHardCell);
  cell.acknowledge(1, 3, log);
  cell.write({ term: 2, vote: undefined }, () => {});
  cell.acknowledge(2, 4, log);
  expect(disk.writes).toMatchObject([
    { value: { hardState: { term: 0 }, acknowledged: 3 } },
    { sync: true, value: { hardState: { term: 2 }, acknowledged: 3 } },
    { value: { hardState: { term: 2 }, acknowledged: 4 } },
  ]);
});
