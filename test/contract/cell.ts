import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { Cell, WriteOptions } from "../../src/env/storage.ts";
import type { Crash, Time } from "./harness.ts";
import { bytesOf } from "./storage-harness.ts";

export interface CellHarness extends Time {
  /** The cell of that name in the present life. */
  cell(name: string): Cell;
  /** Ends the present life without warning and begins another. */
  crash(how: Crash): Promise<void>;
  close(): Promise<void>;
}

/** What every `Cell` promises. */
export function cellContract(name: string, open: () => Promise<CellHarness>, crashes: readonly Crash[]): void {
  describe(`${name}: cell`, () => {
    let harness: CellHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());
    const current = (): CellHarness => harness;
    describe("values", () => {
      valueTests(current);
    });
    describe.each(crashes)("a %s crash", (crash) => {
      crashTests(current, crash);
    });
    test.each(crashes.filter((crash) => crash === "process"))(
      "an unsynced value outlives a %s crash as soon as it is done",
      async (crash) => {
        for (let i = 0; i < 20; i += 1) {
          // A sync that was asked for before must not come over the newer value.
          if (i % 2 === 0) harness.cell("c").write(utf8(`old ${i}`), { sync: true });
          await written(harness, `new ${i}`, { sync: false });
          await harness.crash(crash);
          expect(read(harness)).toBe(`new ${i}`);
        }
      },
    );
  });
}

function read(harness: CellHarness): string | undefined {
  const value = harness.cell("c").read();
  return value === undefined ? undefined : utf8Text(value);
}

async function written(harness: CellHarness, value: string, options: WriteOptions = { sync: true }): Promise<void> {
  let finished = false;
  harness.cell("c").write(utf8(value), options, () => (finished = true));
  await harness.until(() => finished);
}

function valueTests(current: () => CellHarness): void {
  test("holds nothing at first, then the newest value", async () => {
    expect(read(current())).toBeUndefined();
    current().cell("c").write(utf8("1"), { sync: false });
    expect(read(current())).toBe("1");
    await written(current(), "2");
    expect(read(current())).toBe("2");
    current().cell("c").write(new Uint8Array(0), { sync: false });
    expect(read(current())).toBe("");
  });

  test("two names are two cells, one name is one", async () => {
    await written(current(), "1");
    current().cell("d").write(utf8("2"), { sync: false });
    expect(read(current())).toBe("1");
    expect(current().cell("d").read()).toEqual(utf8("2"));
    expect(current().cell("c").read()).toEqual(utf8("1"));
  });

  test("done runs once, in order, never from inside write", async () => {
    const order: number[] = [];
    const cell = current().cell("c");
    for (let i = 0; i < 50; i += 1) cell.write(utf8(String(i)), { sync: i % 3 === 0 }, () => order.push(i));
    expect(order).toEqual([]);
    await current().until(() => order.length === 50);
    await current().pass(20);
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(read(current())).toBe("49");
  });

  test("what is written from done follows", async () => {
    const order: string[] = [];
    const cell = current().cell("c");
    cell.write(utf8("1"), { sync: false }, () => {
      order.push("1");
      cell.write(utf8("2"), { sync: false }, () => order.push("2"));
    });
    cell.write(utf8("3"), { sync: true }, () => order.push("3"));
    await current().until(() => order.length === 3);
    expect(order.indexOf("1")).toBeLessThan(order.indexOf("2"));
    expect(read(current())).toBe("2");
  });
}

function crashTests(current: () => CellHarness, crash: Crash): void {
  test("a finished value outlives it", async () => {
    await written(current(), "1");
    await written(current(), "2");
    await current().crash(crash);
    expect(read(current())).toBe("2");
    await current().crash(crash);
    expect(read(current())).toBe("2");
  });

  test("what is there afterwards is whole, and not older than the last finished value", { timeout: 60_000 }, async () => {
    const values = Array.from({ length: 12 }, (_, i) => bytesOf(10 + i * 17, i));
    const wrong: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      let finished = -1;
      for (const [i, value] of values.entries()) {
        const sync = i % 3 !== 1;
        current()
          .cell("c")
          .write(value.slice(), { sync }, () => (finished = sync || crash === "process" ? i : finished));
        if (i % 4 === 3) await current().pass(round % 5);
      }
      const promised = finished;
      await current().crash(crash);
      const found = current().cell("c").read();
      const which = values.findIndex((value) => String(value) === String(found));
      const first = round === 0 && promised < 0 && found === undefined;
      // In a later round an older one may stand there from the round before.
      if (!first && (which < 0 || (promised >= 0 && which < promised))) wrong.push(`round ${round}: ${which}, promised ${promised}`);
    }
    expect(wrong).toEqual([]);
  });

  test("a crash again brings no older value back", async () => {
    await written(current(), "1");
    current().cell("c").write(utf8("2"), { sync: true });
    await current().crash(crash);
    const found = read(current());
    expect(["1", "2"]).toContain(found);
    await current().crash(crash);
    expect(read(current())).toBe(found);
  });
}
