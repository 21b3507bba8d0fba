import { describe, expect, test } from "vitest";
import { assert } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { DiskOptions } from "../../src/sim/disk/disk.ts";
import { DiskFailure } from "../../src/sim/disk/drive.ts";
import { put } from "../contract/storage-harness.ts";
import { imageOf } from "./disk-model.ts";
import { type Machine, machine } from "./machine.ts";

/** How long a synced write takes on a disk made slow. */
function meanSyncMs({ world, disk, env }: Machine, factor: number, extraMeanMs: number): number {
  disk.drive.slow(factor, extraMeanMs);
  const from = world.now;
  let finished = 0;
  const writeAgain = (): void => {
    finished += 1;
    if (finished <= 500) env.storage.write([put("k", "v")], { sync: true }, writeAgain);
  };
  writeAgain();
  while (world.step());
  return (world.now - from) / 500;
}

describe("a disk that takes its time", () => {
  test("a hung disk finishes nothing until it is released, and reads go on", () => {
    const { world, disk, env } = machine();
    disk.drive.hang();
    const heard: string[] = [];
    env.storage.write([put("k", "1")], { sync: true }, () => heard.push("first"));
    env.storage.write([put("k", "2")], { sync: true }, () => heard.push("second"));
    env.storage.snapshot(() => heard.push("view"));
    env.cell("c").write(utf8("v"), { sync: true }, () => heard.push("cell"));
    world.runFor(60_000);
    expect(heard).toEqual([]);
    expect(env.storage.get(utf8("k"))).toEqual(utf8("2"));
    disk.drive.release();
    world.runFor(100);
    expect(heard.filter((what) => what !== "cell")).toEqual(["first", "second", "view"]);
    expect(heard).toContain("cell");
  });

  test("a slow disk takes as many times as long, and a random time on top", () => {
    const slow = machine();
    expect(meanSyncMs(slow, 1, 0)).toBeCloseTo(2, 0);
    expect(meanSyncMs(slow, 20, 0) / 40).toBeCloseTo(1, 1);
    expect(meanSyncMs(slow, 1, 50) / 52).toBeCloseTo(1, 0);
  });
});

describe("a disk that fails", () => {
  test("a failed write ends the process; the batch is there afterwards, or not", () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const { world, process, disk, env, failures } = machine({ seed });
      disk.drive.failNext("input/output error");
      env.storage.write([put("k", "v")], { sync: true }, () => expect.unreachable());
      world.runFor(100);
      expect(failures).toEqual([new DiskFailure("input/output error")]);
      expect(process.alive).toBe(false);
      found.add(JSON.stringify(imageOf(disk)));
    }
    expect(found.size).toBe(2);
  });

  test("a full disk ends the process, every time, and takes nothing", () => {
    const { world, process, disk, env, failures } = machine();
    disk.setFull(true);
    env.storage.write([put("k", "1")], { sync: true });
    world.runFor(100);
    process.start((next) => next.storage.write([put("k", "2")], { sync: false }));
    world.runFor(100);
    expect(failures).toHaveLength(2);
    expect(imageOf(disk)).toEqual({});
    disk.setFull(false);
    process.start((next) => next.storage.write([put("k", "3")], { sync: true }));
    world.runFor(100);
    expect(imageOf(disk)).toEqual({ k: "3" });
  });

  test("bytes that are changed by one who gave them away, or who only borrowed them, are noticed", () => {
    for (const sin of ["given", "borrowed", "late"]) {
      const { world, disk, env, failures } = machine();
      const value = utf8("value");
      env.storage.write([{ op: "put", key: utf8("k"), value }], { sync: true });
      if (sin === "given") value[0] = 0;
      if (sin === "borrowed") env.storage.get(utf8("k"))?.fill(0);
      const run = (): void => {
        world.runFor(100);
        if (sin === "late") env.storage.get(utf8("k"))?.fill(1);
        disk.checkBytes();
      };
      expect(run).toThrow("was not changed");
      expect(failures).toEqual([]);
    }
  });
});

/** Writes pairs of an unsynced batch and a synced one behind it, then crashes. Tells which finished batches are lost. */
function lost(seed: number, options: Partial<DiskOptions>, powerCuts: readonly boolean[]): string[] {
  const { world, process, disk, env } = machine({ seed, disk: { rotationBytes: 100, ...options } });
  const finished: string[] = [];
  for (let i = 0; i < 12; i += 1) {
    env.storage.write([put(`u${i}`, "v".repeat(1 + ((seed * i) % 20)))], { sync: false }, () => finished.push(`u${i}`));
    world.runFor(1);
    env.storage.write([put(`s${i}`, "0123456789")], { sync: true }, () => finished.push(`s${i}`));
    world.runFor(20);
  }
  assert(finished.length === 24, "every write is done before the crash");
  for (const powerCut of powerCuts) process.crash({ powerCut });
  const image = imageOf(disk);
  return finished.filter((key) => !(key in image));
}

describe("the rotation hole", () => {
  const seeds = Array.from({ length: 50 }, (_, seed) => seed);

  test("takes an unsynced batch out of the middle although a later sync was done", () => {
    const losses = seeds.map((seed) => lost(seed, { rotationHole: true }, [true]));
    expect(losses.flat().length).toBeGreaterThan(5);
    for (const keys of losses) {
      expect(keys.length).toBeLessThanOrEqual(1);
      expect(keys.join()).toMatch(/^(?:u\d+)?$/);
    }
  });

  test("is not there unless asked for, and closes when the process alone crashes", () => {
    expect(seeds.flatMap((seed) => lost(seed, {}, [true]))).toEqual([]);
    expect(seeds.flatMap((seed) => lost(seed, { rotationHole: true }, [false, true]))).toEqual([]);
  });
});
