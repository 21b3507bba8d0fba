import { beforeEach, describe, expect, test } from "vitest";
import { emptyBytes, utf8 } from "../../src/base/bytes.ts";
import type { StorageView } from "../../src/env/storage.ts";
import { seal } from "../../src/real/envelope.ts";
import { LevelStorage } from "../../src/real/level-storage.ts";
import { Turn } from "../../src/real/turn.ts";
import { put } from "../contract/storage-harness.ts";
import type { Stopped } from "./disk-rig.ts";
import { FakeDoor, turn } from "./fake-door.ts";

const everything = { from: emptyBytes, to: undefined };
const wide = { rowsMax: 1_000, bytesMax: 1 << 20 };

let door: FakeDoor;
let storage: LevelStorage;
let stops: Stopped[];
let called: string[];

beforeEach(() => {
  door = new FakeDoor();
  stops = [];
  called = [];
  storage = new LevelStorage(door, { turn: new Turn(), stop: (reason, sentence) => stops.push({ reason, sentence }) });
});

async function turns(): Promise<void> {
  await turn();
  await turn();
}

/** A write that is on its way, and one that waits behind it. */
async function busy(): Promise<void> {
  storage.write([put("a", "1")], { sync: true }, () => called.push("a"));
  await turns();
  storage.write([put("b", "1")], { sync: true }, () => called.push("b"));
  storage.snapshot(() => called.push("view"));
}

/** Why it has stopped: once, and it does nothing any more. */
async function stopped(): Promise<string> {
  await turns();
  const before = door.batches;
  storage.write([put("c", "1")], { sync: true }, () => called.push("c"));
  storage.snapshot(() => called.push("view"));
  storage.deleteRange(utf8("x"));
  expect(["a", "b", "c", "x"].map((key) => storage.get(utf8(key)))).toEqual([undefined, undefined, undefined, undefined]);
  while (door.given.length > 0) door.writing.finish();
  await turns();
  expect(door.batches).toBe(before);
  expect(called).toEqual([]);
  await storage.close();
  expect(door.closed).toBe(true);
  expect(stops).toHaveLength(1);
  return `${stops[0]?.reason}: ${stops[0]?.sentence}`;
}

describe("the first failure stops everything", () => {
  test("of a batch that is being written", async () => {
    await busy();
    door.writing.fail(new Error("no space is left"));
    expect(await stopped()).toMatch(/^disk_failed: A write in \/fake has failed \(no space is left\)/);
  });

  test("of a batch that cannot even be begun", async () => {
    door.failing.add("batch");
    storage.write([put("a", "1")], { sync: true }, () => called.push("a"));
    expect(await stopped()).toMatch(/^disk_failed: A write .*no batch today/);
  });

  test("of a read", async () => {
    await busy();
    door.failing.add("get");
    expect(storage.get(utf8("x"))).toBeUndefined();
    expect(await stopped()).toMatch(/^disk_failed: A read .*no get today/);
  });

  test("of a snapshot", async () => {
    door.failing.add("snapshot");
    storage.snapshot(() => called.push("view"));
    expect(await stopped()).toMatch(/^disk_failed: A snapshot .*no snapshot today/);
  });

  test("of a scan", async () => {
    door.failing.add("next");
    storage.snapshot((view) => view.scan(everything, wide, () => called.push("page")));
    expect(await stopped()).toMatch(/^disk_failed: A scan .*no next today/);
    expect(door.openIterators).toBe(0);
  });

  test("of the deletion of a range", async () => {
    door.failing.add("clear");
    storage.deleteRange(utf8("x"));
    expect(await stopped()).toMatch(/^disk_failed: A deletion .*no clear today/);
  });

  test("and whoever waits for the end hears of it", async () => {
    await busy();
    const closed = storage.close();
    door.writing.fail(new Error("gone"));
    await closed;
    expect(await stopped()).toMatch(/^disk_failed: .*gone/);
  });
});

describe("damage stops everything", () => {
  const damaged = /^data_damaged: The row 0x78 in \/fake is not what was written there; replace this server's directory/;

  test("that LevelDB finds", async () => {
    await busy();
    door.writing.fail(Object.assign(new Error("bad block"), { code: "LEVEL_CORRUPTION" }));
    expect(await stopped()).toMatch(/^data_damaged: \/fake is damaged \(bad block\); replace/);
  });

  test.each([
    ["a flipped bit", seal(utf8("x"), utf8("value")).map((byte, at) => (at === 7 ? byte ^ 1 : byte))],
    ["another row's value", new Uint8Array(seal(utf8("y"), utf8("value")))],
    ["no envelope", utf8("value")],
    ["no byte", emptyBytes],
  ])("that a read finds: %s", async (_, sealed) => {
    await busy();
    door.rows.set(utf8("x"), sealed);
    expect(storage.get(utf8("x"))).toBeUndefined();
    expect(await stopped()).toMatch(damaged);
  });

  test("that a scan finds, and no page of that scan comes", async () => {
    door.rows.set(utf8("w"), new Uint8Array(seal(utf8("w"), utf8("fine"))));
    door.rows.set(utf8("x"), new Uint8Array(seal(utf8("y"), utf8("value"))));
    storage.snapshot((view) => view.scan(everything, wide, () => called.push("page")));
    expect(await stopped()).toMatch(damaged);
    expect(door.openIterators).toBe(0);
  });

  test("and a view that was open before hands out nothing more", async () => {
    let view: StorageView | undefined;
    storage.snapshot((opened) => (view = opened));
    await turns();
    door.rows.set(utf8("x"), emptyBytes);
    storage.get(utf8("x"));
    view?.scan(everything, wide, () => called.push("page"));
    await turns();
    expect(called).toEqual([]);
    expect(stops).toHaveLength(1);
  });
});

test("a done that stops the storage is the last one", async () => {
  for (const name of ["a", "b"]) {
    storage.write([put(name, "1")], { sync: true }, () => {
      called.push(name);
      void storage.abandon();
    });
  }
  await turns();
  door.writing.finish();
  await turns();
  expect(called).toEqual(["a"]);
});
