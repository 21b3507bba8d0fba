import { beforeEach, afterEach, describe, expect, test } from "vitest";
import { emptyBytes, equalBytes, putU32, utf8, utf8Text } from "../../src/base/bytes.ts";
import type { Crash } from "./harness.ts";
import { rangeTests, viewTests } from "./storage-ranges.ts";
import { bytesOf, del, put, type StorageHarness, written } from "./storage-harness.ts";

/** What every `Storage` promises. `crashes` names what the implementation at hand can be put through. */
export function storageContract(name: string, open: () => Promise<StorageHarness>, crashes: readonly Crash[]): void {
  describe(`${name}: storage`, () => {
    let harness: StorageHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());
    const current = (): StorageHarness => harness;
    describe("writes", () => {
      writeTests(current);
    });
    describe("odd rows", () => {
      rowTests(current);
    });
    describe("views", () => {
      viewTests(current);
    });
    describe("ranges", () => {
      rangeTests(current);
    });
    describe.each(crashes)("a %s crash", (crash) => {
      crashTests(current, crash);
    });
  });
}

function writeTests(current: () => StorageHarness): void {
  test("an accepted write is seen at once", () => {
    const { storage } = current();
    expect(storage.get(utf8("k"))).toBeUndefined();
    storage.write([put("k", "1")], { sync: false });
    expect(storage.get(utf8("k"))).toEqual(utf8("1"));
    storage.write([put("k", "2"), put("l", "3")], { sync: true });
    expect(storage.get(utf8("k"))).toEqual(utf8("2"));
    storage.write([del("k")], { sync: true });
    expect(storage.get(utf8("k"))).toBeUndefined();
    expect(storage.get(utf8("l"))).toEqual(utf8("3"));
  });

  test("within a batch the last change of a key wins", async () => {
    await written(current(), [put("k", "1"), del("k"), put("k", "2"), put("l", "1"), del("l")]);
    expect(current().storage.get(utf8("k"))).toEqual(utf8("2"));
    expect(current().storage.get(utf8("l"))).toBeUndefined();
  });

  test("done never runs from inside write, and runs once", async () => {
    const { storage, until, pass } = current();
    let runs = 0;
    storage.write([put("k", "1")], { sync: true }, () => (runs += 1));
    expect(runs).toBe(0);
    await until(() => runs > 0);
    storage.write([put("k", "2")], { sync: false }, () => (runs += 1));
    expect(runs).toBe(1);
    await until(() => runs > 1);
    await pass(30);
    expect(runs).toBe(2);
  });

  test("an empty batch is done too", async () => {
    await written(current(), []);
    expect(current().storage.get(utf8("k"))).toBeUndefined();
  });

  test("done runs in the order of the batches, synced or not", async () => {
    const { storage, until } = current();
    const order: number[] = [];
    for (let i = 0; i < 200; i += 1) storage.write([put(`k${i % 7}`, String(i))], { sync: i % 3 === 0 }, () => order.push(i));
    await until(() => order.length === 200);
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test("a write from inside done is one more write", async () => {
    const { storage, until } = current();
    let finished = false;
    storage.write([put("k", "1")], { sync: true }, () => {
      storage.write([put("k", "2")], { sync: true }, () => (finished = true));
    });
    await until(() => finished);
    expect(storage.get(utf8("k"))).toEqual(utf8("2"));
  });

  test("of four overlapping writes to one key the last wins, 4,000 times", { timeout: 120_000 }, async () => {
    const { storage, until } = current();
    const key = utf8("k");
    const order: number[] = [];
    const wrong: number[] = [];
    for (let round = 0; round < 4_000; round += 1) {
      order.length = 0;
      for (let i = 0; i < 4; i += 1) {
        storage.write([put("k", `${round}.${i}`), put(`l${i}`, "x")], { sync: (round + i) % 5 !== 0 }, () => order.push(i));
      }
      if (String(storage.get(key)) !== String(utf8(`${round}.3`))) wrong.push(round);
      await until(() => order.length === 4);
      if (String(order) !== "0,1,2,3" || String(storage.get(key)) !== String(utf8(`${round}.3`))) wrong.push(round);
    }
    expect(wrong).toEqual([]);
  });
}

function rowTests(current: () => StorageHarness): void {
  test("the empty key is a key, and the empty value a value", async () => {
    const empty = new Uint8Array(0);
    await written(current(), [
      { op: "put", key: new Uint8Array(0), value: utf8("v") },
      { op: "put", key: utf8("k"), value: new Uint8Array(0) },
    ]);
    expect(current().storage.get(empty)).toEqual(utf8("v"));
    expect(current().storage.get(utf8("k"))).toEqual(empty);
    await written(current(), [{ op: "delete", key: new Uint8Array(0) }]);
    expect(current().storage.get(empty)).toBeUndefined();
  });

  test("keys are told apart byte by byte", async () => {
    const keys = [[0], [0, 0], [0xff], [0xff, 0xff], [0x7f], [0x80], [0xc3, 0x28]];
    await written(
      current(),
      keys.map((key) => ({ op: "put", key: Uint8Array.from(key), value: Uint8Array.from([1, ...key]) }) as const),
    );
    for (const key of keys) expect(current().storage.get(Uint8Array.from(key))).toEqual(Uint8Array.from([1, ...key]));
  });

  test("a megabyte is a value, and thousands of rows are a batch", async () => {
    const large = bytesOf(1 << 20, 7);
    const rows = Array.from({ length: 5_000 }, (_, i) => {
      const key = new Uint8Array(4);
      putU32(key, 0, i);
      return { op: "put", key, value: bytesOf(i % 50, i) } as const;
    });
    await written(current(), [{ op: "put", key: utf8("large"), value: bytesOf(1 << 20, 7) }, ...rows]);
    expect(equalBytes(current().storage.get(utf8("large")) ?? emptyBytes, large)).toBe(true);
    expect(current().storage.get(Uint8Array.of(0, 0, 1, 1))).toEqual(bytesOf(257 % 50, 257));
  });
}

function crashTests(current: () => StorageHarness, crash: Crash): void {
  test("a finished write outlives it", async () => {
    await written(current(), [put("a", "1"), put("b", "2")]);
    await written(current(), [put("a", "3"), del("b")]);
    await current().crash(crash);
    expect(current().storage.get(utf8("a"))).toEqual(utf8("3"));
    expect(current().storage.get(utf8("b"))).toBeUndefined();
  });

  test("what stands before a finished write outlives it, synced or not", async () => {
    const { storage, until } = current();
    let finished = false;
    for (let i = 0; i < 20; i += 1) storage.write([put(`k${i}`, "v")], { sync: false });
    storage.write([put("last", "v")], { sync: true }, () => (finished = true));
    await until(() => finished);
    await current().crash(crash);
    for (let i = 0; i < 20; i += 1) expect(current().storage.get(utf8(`k${i}`))).toEqual(utf8("v"));
  });

  test("a suffix is lost, never a batch from the middle nor half a batch", { timeout: 60_000 }, async () => {
    const wrong: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const promised = await writeMany(current(), round);
      await current().crash(crash);
      const rows = Array.from({ length: manyCount }, (_, i) => ["a", "b"].map((half) => textOf(current(), `${round}.${half}${i}`) === "v"));
      const kept = rows.filter(([a]) => a).length;
      const whole = rows.every(([a, b], i) => a === i < kept && b === a);
      const last = kept === 0 || textOf(current(), "last") === `${round}.${kept - 1}`;
      if (!whole || !last || kept < promised) wrong.push(`round ${round}: ${kept} kept, ${promised} promised`);
    }
    expect(wrong).toEqual([]);
  });

  test("what was lost does not come back", async () => {
    for (let round = 0; round < 10; round += 1) {
      current().storage.write([put("k", `lost ${round}`)], { sync: true });
      await current().crash(crash);
      const after = current().storage.get(utf8("k"));
      await current().crash(crash);
      expect(current().storage.get(utf8("k"))).toEqual(after);
    }
  });
}

const manyCount = 30;

/** Writes batches, some of them overlapping, and tells how many are done. */
async function writeMany({ storage, pass }: StorageHarness, round: number): Promise<number> {
  let finished = 0;
  for (let i = 0; i < manyCount; i += 1) {
    const ops = [put(`${round}.a${i}`, "v"), put(`${round}.b${i}`, "v"), put("last", `${round}.${i}`)];
    storage.write(ops, { sync: i % 4 === 0 }, () => (finished += 1));
    if (i % 10 === 9) await pass(round % 8);
  }
  return finished;
}

function textOf(harness: StorageHarness, key: string): string | undefined {
  const value = harness.storage.get(utf8(key));
  return value === undefined ? undefined : utf8Text(value);
}
