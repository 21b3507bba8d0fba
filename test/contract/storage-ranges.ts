import { expect, test } from "vitest";
import { emptyBytes, utf8, utf8Text } from "../../src/base/bytes.ts";
import type { KeyRange, PageLimits, Row, StorageView } from "../../src/env/storage.ts";
import { bytesOf, del, put, type StorageHarness, written } from "./storage-harness.ts";

const everything: KeyRange = { from: emptyBytes, to: undefined };
const wide: PageLimits = { rowsMax: 1_000, bytesMax: 1 << 20 };

async function viewOf(harness: StorageHarness): Promise<StorageView> {
  let view: StorageView | undefined;
  harness.storage.snapshot((opened) => (view = opened));
  await harness.until(() => view !== undefined);
  return view as unknown as StorageView;
}

/** All pages of a range, one after the other. */
async function pagesOf(harness: StorageHarness, view: StorageView, range: KeyRange, limits: PageLimits): Promise<(readonly Row[])[]> {
  const pages: (readonly Row[])[] = [];
  const read = (rest: KeyRange): void => {
    view.scan(rest, limits, (rows, next) => {
      pages.push(rows);
      if (next === undefined) finished = true;
      else read(next);
    });
  };
  let finished = false;
  read(range);
  await harness.until(() => finished);
  return pages;
}

async function keysOf(harness: StorageHarness, range: KeyRange = everything, limits: PageLimits = wide): Promise<string[]> {
  const view = await viewOf(harness);
  const pages = await pagesOf(harness, view, range, limits);
  view.close();
  return pages.flat().map((row) => utf8Text(row.key));
}

export function rangeTests(current: () => StorageHarness): void {
  test("rows come in bytewise order, and a range includes its beginning but not its end", async () => {
    await written(current(), [put("b", "1"), put("a", "1"), put("aa", "1"), put("c", "1"), put("", "1"), put("é", "1")]);
    expect(await keysOf(current())).toEqual(["", "a", "aa", "b", "c", "é"]);
    expect(await keysOf(current(), { from: utf8("a"), to: utf8("c") })).toEqual(["a", "aa", "b"]);
    expect(await keysOf(current(), { from: utf8("aaa"), to: undefined })).toEqual(["b", "c", "é"]);
    expect(await keysOf(current(), { from: utf8("b"), to: utf8("b") })).toEqual([]);
    expect(await keysOf(current(), { from: utf8("c"), to: utf8("a") })).toEqual([]);
  });

  test("a page ends at either of its limits and holds at least one row", async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ op: "put", key: utf8(`k${10 + i}`), value: bytesOf(i * 20, i) }) as const);
    await written(current(), rows);
    const view = await viewOf(current());
    for (const limits of [
      { rowsMax: 7, bytesMax: 1 << 20 },
      { rowsMax: 1_000, bytesMax: 1_500 },
      { rowsMax: 3, bytesMax: 1 },
    ]) {
      const pages = await pagesOf(current(), view, everything, limits);
      for (const page of pages.slice(0, -1)) {
        expect(page.length).toBeGreaterThan(0);
        expect(page.length).toBeLessThanOrEqual(limits.rowsMax);
        const bytes = page.slice(0, -1).reduce((sum, row) => sum + row.key.length + row.value.length, 0);
        expect(bytes).toBeLessThanOrEqual(limits.bytesMax);
      }
      expect(pages.flat()).toEqual(rows.map(({ key, value }) => ({ key, value })));
    }
    view.close();
  });

  test("deleteRange removes what begins with the prefix, in time, and nothing else", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => put(`p${i}`, "v"));
    await written(current(), [...rows, put("o", "v"), put("q", "v"), put("", "v")]);
    current().storage.write([put("p-late", "v")], { sync: false });
    current().storage.deleteRange(utf8("p"));
    let left = Infinity;
    for (let i = 0; i < 1_000 && left > 3; i += 1) {
      await current().pass(5);
      left = (await keysOf(current())).length;
    }
    expect(await keysOf(current())).toEqual(["", "o", "q"]);
    expect(current().storage.get(utf8("p7"))).toBeUndefined();
    expect(current().storage.get(utf8("o"))).toEqual(utf8("v"));
  });

  test("deleteRange takes a prefix that nothing stands behind", async () => {
    await written(current(), [
      { op: "put", key: Uint8Array.of(0xff, 0xff, 1), value: utf8("v") },
      { op: "put", key: Uint8Array.of(0xff), value: utf8("v") },
    ]);
    current().storage.deleteRange(Uint8Array.of(0xff, 0xff));
    await current().until(() => current().storage.get(Uint8Array.of(0xff, 0xff, 1)) === undefined);
    expect(current().storage.get(Uint8Array.of(0xff))).toEqual(utf8("v"));
  });
}

export function viewTests(current: () => StorageHarness): void {
  test("neither a view nor a page comes from inside the call", async () => {
    await written(current(), [put("a", "1")]);
    let opened: StorageView | undefined;
    current().storage.snapshot((view) => (opened = view));
    expect(opened).toBeUndefined();
    const view = await viewOf(current());
    let arrived = false;
    view.scan(everything, wide, () => (arrived = true));
    expect(arrived).toBe(false);
    await current().until(() => arrived && opened !== undefined);
    view.close();
    (opened as unknown as StorageView).close();
  });

  test("a view holds what was accepted before it was asked for, synced or not", async () => {
    current().storage.write([put("a", "1")], { sync: true });
    current().storage.write([put("b", "1"), del("a")], { sync: false });
    expect(await keysOf(current())).toEqual(["b"]);
  });

  test("a view stays as it is while writes go on", async () => {
    // Every batch moves both rows to the same number; a view that shows two numbers is not consistent.
    const { storage } = current();
    for (let i = 0; i < 300; i += 1) storage.write([put("a", String(i)), put("z", String(i))], { sync: i % 2 === 0 });
    const view = await viewOf(current());
    const seen = new Set<string>();
    for (let i = 300; i < 340; i += 1) {
      storage.write([put("a", String(i)), put("m", String(i)), put("z", String(i))], { sync: true });
      const pages = await pagesOf(current(), view, everything, { rowsMax: 1, bytesMax: 1 });
      seen.add(
        pages
          .flat()
          .map((row) => `${utf8Text(row.key)}=${utf8Text(row.value)}`)
          .join(" "),
      );
    }
    view.close();
    expect(seen.size).toBe(1);
    expect(Number(/^a=(\d+) (?:m=\1 )?z=\1$/.exec([...seen].join())?.[1])).toBeGreaterThanOrEqual(299);
  });

  test("two views at once show each its own moment", async () => {
    await written(current(), [put("a", "1")]);
    const first = await viewOf(current());
    await written(current(), [put("b", "1")]);
    const second = await viewOf(current());
    await written(current(), [del("a")]);
    const shown = await Promise.all([first, second].map((view) => pagesOf(current(), view, everything, wide)));
    expect(shown.map((pages) => pages.flat().map((row) => utf8Text(row.key)))).toEqual([["a"], ["a", "b"]]);
    first.close();
    second.close();
  });
}
