import { expect, test } from "vitest";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import { Rig } from "./rig.ts";

/** Writes 0 synced, then the others, each when the one before is done, but for the last. Ends the life in that way and tells what is left. */
function survivor(seed: number, syncs: readonly boolean[], powerCut: boolean): string {
  const rig = new Rig({ seed });
  const process = rig.process("a");
  const env = rig.started(process);
  const cell = env.cell("c");
  cell.write(utf8("0"), { sync: true });
  rig.world.runFor(50);
  for (const [i, sync] of syncs.entries()) {
    if (i > 0) rig.world.runFor(5);
    cell.write(utf8(String(i + 1)), { sync });
  }
  process.crash({ powerCut });
  const value = rig.started(process).cell("c").read();
  return value === undefined ? "" : utf8Text(value);
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

test("a power cut may leave any value since the last synced one", () => {
  const left = new Set(seeds.map((seed) => survivor(seed, [false, false, true], true)));
  expect([...left].toSorted()).toEqual(["0", "1", "2", "3"]);
});

test("a process crash leaves the last value that was done, or the one behind it", () => {
  for (const sync of [true, false]) {
    const left = new Set(seeds.map((seed) => survivor(seed, [true, false, sync], false)));
    expect([...left].toSorted()).toEqual(["2", "3"]);
  }
});

test("of values that wait only the newest is written, and all of them are done with it", () => {
  const rig = new Rig({ disk: { syncMinMs: 2, syncMaxMs: 2, noteMinMs: 1, noteMaxMs: 1 } });
  const process = rig.process("a");
  const cell = rig.started(process).cell("c");
  const times: number[] = [];
  for (const sync of [false, false, true, false]) cell.write(utf8(String(times.length)), { sync }, () => times.push(rig.world.now));
  expect(process.disk.written("c")).toBeUndefined();
  rig.world.runFor(50);
  expect(times).toEqual([1, 3, 3, 3]);
});

test("a process crash takes what waits behind a value that is on its way", () => {
  const left = seeds.map((seed) => {
    const rig = new Rig({ seed });
    const process = rig.process("a");
    const cell = rig.started(process).cell("c");
    for (const value of ["1", "2"]) cell.write(utf8(value), { sync: false });
    process.crash({ powerCut: false });
    const value = rig.started(process).cell("c").read();
    return value === undefined ? "" : utf8Text(value);
  });
  expect([...new Set(left)].toSorted()).toEqual(["", "1"]);
});

test("a value that outlived the process can still fall to a power cut, and never comes back from one", () => {
  const left = new Set<string>();
  for (const seed of seeds) {
    const rig = new Rig({ seed });
    const process = rig.process("a");
    rig.started(process).cell("c").write(utf8("1"), { sync: false });
    rig.world.runFor(5);
    process.crash({ powerCut: false });
    process.crash({ powerCut: true });
    const read = (): string => String(rig.started(process).cell("c").read());
    const first = read();
    left.add(first);
    process.crash({ powerCut: true });
    expect(read()).toBe(first);
  }
  expect(left.size).toBe(2);
});

test("hundreds of unsynced values are no burden, and the synced one below can still come back", () => {
  const unsynced = Array.from({ length: 300 }, () => false);
  const left = new Set(seeds.map((seed) => survivor(seed, unsynced, true)));
  expect(left.size).toBeGreaterThan(20);
  expect(left).toContain("0");
  expect(left).toContain("300");
});

test("syncs of one cell are grouped, and cells do not wait for the rows", () => {
  const rig = new Rig({ disk: { syncMinMs: 2, syncMaxMs: 2 } });
  const env = rig.started(rig.process("a"));
  const times: number[] = [];
  env.storage.write([], { sync: true });
  for (let i = 0; i < 4; i += 1) env.cell("c").write(utf8(String(i)), { sync: true }, () => times.push(rig.world.now));
  rig.world.runFor(50);
  expect(times).toEqual([2, 4, 4, 4]);
});
