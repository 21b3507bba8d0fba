import { beforeEach, describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import { emptyBytes, utf8, utf8Text } from "../../src/base/bytes.ts";
import type { KeyRange, PageLimits, Row, StorageView } from "../../src/env/storage.ts";
import { LevelStorage } from "../../src/real/level-storage.ts";
import { Turn } from "../../src/real/turn.ts";
import { del, put } from "../contract/storage-harness.ts";
import type { Stopped } from "./disk-rig.ts";
import { FakeDoor, turn } from "./fake-door.ts";

const everything = { from: emptyBytes, to: undefined };
const wide = { rowsMax: 1_000, bytesMax: 1 << 20 };
const synced = { sync: true };
const unsynced = { sync: false };

let door: FakeDoor;
let storage: LevelStorage;
let stops: Stopped[];
/** What was called back, in order. */
let called: string[];

beforeEach(() => {
  door = new FakeDoor();
  stops = [];
  called = [];
  storage = storageOf({ unsyncedMs: 1_000_000 });
});

function storageOf(waits: { readonly unsyncedMs: number; readonly unsyncedBytes?: number }): LevelStorage {
  return new LevelStorage(door, { turn: new Turn(), stop: (reason, sentence) => stops.push({ reason, sentence }), ...waits });
}

function call(name: string): () => void {
  return () => called.push(name);
}

function keysOf(changes: readonly (readonly [Uint8Array, unknown])[]): string[] {
  return changes.map(([key, sealed]) => (sealed === undefined ? "-" : "") + utf8Text(key));
}

/** Fills the store with so many rows. */
async function fill(rows: number, value = "v"): Promise<void> {
  storage.write(
    Array.from({ length: rows }, (_, i) => put(`k${10 + i}`, value)),
    synced,
  );
  await turn();
  door.writing.finish();
  await turn();
}

/** A view of what is there now. */
async function viewed(): Promise<StorageView> {
  let opened: StorageView | undefined;
  storage.snapshot((view) => (opened = view));
  await turn();
  return present(opened, "a view is open");
}

/** One page of a view. */
function pageOf(view: StorageView, range: KeyRange, limits: PageLimits): Promise<{ rows: readonly Row[]; rest: KeyRange | undefined }> {
  return new Promise((resolve) => view.scan(range, limits, (rows, rest) => resolve({ rows, rest })));
}

/** Reads all of a view, names what it found, and closes it. */
function readAll(view: StorageView, name: string): void {
  view.scan(everything, wide, (rows) => {
    call(`${name} ${rows.map(({ key }) => utf8Text(key)).join()}`)();
    view.close();
  });
}

describe("batches", () => {
  test("all writes of a turn go together, at its end", async () => {
    storage.write([put("a", "1")], synced, call("a"));
    storage.write([put("b", "1")], unsynced, call("b"));
    storage.write([put("c", "1"), del("d")], synced, call("c"));
    expect(door.given).toEqual([]);
    await turn();
    expect(keysOf(door.writing.changes)).toEqual(["a", "b", "c", "-d"]);
    expect(called).toEqual([]);
    door.writing.finish();
    await turn();
    expect(called).toEqual(["a", "b", "c"]);
    expect(door.batches).toBe(1);
  });

  test("one is under way at a time, and what is accepted meanwhile is the next", async () => {
    storage.write([put("a", "1")], synced, call("a"));
    await turn();
    for (const key of ["b", "c", "d"]) {
      storage.write([put(key, "1")], synced, call(key));
      await turn();
    }
    expect(keysOf(door.writing.changes)).toEqual(["a"]);
    door.writing.finish();
    await turn();
    expect(called).toEqual(["a"]);
    expect(keysOf(door.writing.changes)).toEqual(["b", "c", "d"]);
  });

  test("what is written from done goes with what waits already", async () => {
    storage.write([put("a", "1")], synced, () => storage.write([put("c", "1")], synced));
    await turn();
    storage.write([put("b", "1")], synced);
    door.writing.finish();
    await turn();
    expect(keysOf(door.writing.changes)).toEqual(["b", "c"]);
  });

  test("of several changes of a row only the last one is written", async () => {
    storage.write([put("a", "1"), put("b", "1")], synced);
    storage.write([del("a"), put("b", "2")], synced);
    storage.write([put("a", "3"), del("b")], synced);
    await turn();
    expect(keysOf(door.writing.changes)).toEqual(["a", "-b"]);
    door.writing.finish();
    await turn();
    expect(storage.get(utf8("a"))).toEqual(utf8("3"));
    expect(storage.get(utf8("b"))).toBeUndefined();
  });
});

describe("a write without sync", () => {
  test("waits for the next one with sync", async () => {
    storage.write([put("a", "1")], unsynced, call("a"));
    await turn();
    expect(door.batches).toBe(0);
    storage.write([put("b", "1")], synced, call("b"));
    await turn();
    expect(keysOf(door.writing.changes)).toEqual(["a", "b"]);
  });

  test("waits for so many bytes", async () => {
    storage = storageOf({ unsyncedMs: 1_000_000, unsyncedBytes: 10 });
    storage.write([put("a", "12345678")], unsynced);
    await turn();
    expect(door.batches).toBe(0);
    storage.write([put("b", "")], unsynced);
    await turn();
    expect(keysOf(door.writing.changes)).toEqual(["a", "b"]);
  });

  test("waits for so many milliseconds", async () => {
    storage = storageOf({ unsyncedMs: 1 });
    storage.write([put("a", "1")], unsynced);
    while (door.given.length === 0) await turn();
    expect(keysOf(door.writing.changes)).toEqual(["a"]);
    storage.write([put("b", "1")], unsynced);
    door.writing.finish();
    while (door.given.length === 0) await turn();
    expect(keysOf(door.writing.changes)).toEqual(["b"]);
  });
});

describe("views", () => {
  test("hold all that was accepted before, and are taken while nothing is being written", async () => {
    storage.write([put("a", "1")], unsynced);
    storage.snapshot((view) => readAll(view, "first"));
    await turn();
    storage.write([put("b", "1")], synced);
    storage.snapshot((view) => readAll(view, "second"));
    await turn();
    door.writing.finish();
    await turn();
    expect(called).toEqual(["first a"]);
    door.writing.finish();
    await turn();
    expect(called).toEqual(["first a", "second a,b"]);
    expect(door.snapshotsWhileWriting).toBe(0);
    expect([door.openIterators, door.openSnapshots]).toEqual([0, 0]);
  });

  test("wait for a batch that begins at the end of the turn in which they were asked for", async () => {
    const shared = new Turn();
    storage = new LevelStorage(door, { turn: shared, stop: (reason, sentence) => stops.push({ reason, sentence }) });
    shared.soon(() => {
      storage.snapshot((view) => readAll(view, "view"));
      storage.deleteRange(utf8("x"));
      storage.write([put("a", "1")], synced, call("a"));
    });
    await turn();
    await turn();
    expect([called, stops]).toEqual([[], []]);
    door.writing.finish();
    await turn();
    await turn();
    expect(called).toEqual(["a", "view a"]);
    expect(door.snapshotsWhileWriting).toBe(0);
  });

  test("that are closed hand out no page", async () => {
    storage.snapshot((view) => {
      view.scan(everything, wide, call("page"));
      view.close();
    });
    await turn();
    await turn();
    expect(called).toEqual([]);
    expect([door.openIterators, door.openSnapshots]).toEqual([0, 0]);
  });
});

describe("pages of a view", () => {
  test("go through a range to its end with one iterator, however few rows come at once", async () => {
    door.chunkRowsMax = 3;
    await fill(20);
    const view = await viewed();
    const found: string[][] = [];
    for (let range: KeyRange | undefined = everything; range !== undefined;) {
      const { rows, rest }: Awaited<ReturnType<typeof pageOf>> = await pageOf(view, range, { rowsMax: 8, bytesMax: 1_000 });
      found.push(rows.map(({ key, value }) => `${utf8Text(key)}=${utf8Text(value)}`));
      range = rest;
    }
    expect(found.map((rows) => rows.length)).toEqual([8, 8, 4]);
    expect(found.flat()).toEqual(Array.from({ length: 20 }, (_, i) => `k${10 + i}=v`));
    expect([door.iterators, door.openIterators]).toEqual([1, 0]);
    view.close();
  });

  test("go through another range than the rest with another iterator, and keep one at most", async () => {
    door.chunkRowsMax = 3;
    await fill(20);
    const view = await viewed();
    const limits = { rowsMax: 4, bytesMax: 1_000 };
    const first = await pageOf(view, everything, limits);
    const again = await pageOf(view, everything, limits);
    expect(again.rows).toEqual(first.rows);
    const rest = present(first.rest, "there is more");
    const shorter = await pageOf(view, { from: rest.from, to: utf8("k16") }, limits);
    expect(shorter.rows.map(({ key }) => utf8Text(key))).toEqual(["k14", "k15"]);
    const second = await pageOf(view, { from: new Uint8Array(rest.from), to: undefined }, { rowsMax: 1, bytesMax: 1_000 });
    expect(second.rows.map(({ key }) => utf8Text(key))).toEqual(["k14"]);
    expect([door.iterators, door.openIterators]).toEqual([3, 1]);
    view.close();
    expect([door.openIterators, door.openSnapshots]).toEqual([0, 0]);
  });

  test("let go of an iterator that has read much, and go on with another", async () => {
    await fill(20, "x".repeat(1 << 20));
    const view = await viewed();
    const keys: string[] = [];
    for (let range: KeyRange | undefined = everything; range !== undefined;) {
      const { rows, rest }: Awaited<ReturnType<typeof pageOf>> = await pageOf(view, range, wide);
      for (const { key } of rows) keys.push(utf8Text(key));
      range = rest;
    }
    expect(keys).toEqual(Array.from({ length: 20 }, (_, i) => `k${10 + i}`));
    expect([door.iterators, door.openIterators]).toEqual([2, 0]);
    view.close();
  });

  test("keep the rows of a page in one piece of memory", async () => {
    await fill(20);
    const { rows } = await pageOf(await viewed(), everything, wide);
    const pieces = new Set(rows.flatMap(({ key, value }) => [key.buffer, value.buffer]));
    expect([rows.length, pieces.size]).toEqual([20, 1]);
  });
});

describe("the end", () => {
  test("closing finishes what was accepted, takes nothing more, and is done once", async () => {
    storage.write([put("a", "1")], unsynced, call("a"));
    const closed = Promise.all([storage.close().then(call("closed")), storage.close()]);
    storage.write([put("b", "1")], synced, call("b"));
    await turn();
    expect(door.closed).toBe(false);
    door.writing.finish();
    await closed;
    expect(called).toEqual(["a", "closed"]);
    expect(door.rows.size).toBe(1);
    expect(storage.get(utf8("a"))).toBeUndefined();
  });

  test("abandoning drops what was not given to LevelDB, and calls nothing back", async () => {
    storage.write([put("a", "1")], synced, call("a"));
    await turn();
    storage.write([put("b", "1")], synced, call("b"));
    storage.snapshot(call("view"));
    const closed = storage.abandon();
    door.writing.finish();
    await closed;
    await turn();
    expect(called).toEqual([]);
    expect([...door.rows.rows()].map(({ key }) => utf8Text(key))).toEqual(["a"]);
    expect(door.batches).toBe(1);
  });

  test("a close that waits ends when the storage is abandoned", async () => {
    storage.write([put("a", "1")], synced, call("a"));
    const closed = storage.close();
    await turn();
    await storage.abandon();
    await closed;
    expect(called).toEqual([]);
  });

  test("it is known for how long a batch has been under way", async () => {
    expect(storage.unfinishedMs()).toBe(0);
    storage.write([put("a", "1")], synced);
    await turn();
    while (storage.unfinishedMs() < 1) await turn();
    door.writing.finish();
    await turn();
    expect(storage.unfinishedMs()).toBe(0);
  });
});
