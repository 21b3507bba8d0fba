import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptyBytes, utf8, utf8Text } from "../../src/base/bytes.ts";
import { type LevelDoor, openLevel } from "../../src/real/level.ts";
import { Refusal } from "../../src/real/stop.ts";
import { Scratch } from "./disk-rig.ts";

let scratch: Scratch;
let path: string;
beforeEach(() => {
  scratch = new Scratch();
  path = join(scratch.path, "rows");
});
afterEach(() => scratch.remove());

/** Makes a store with some rows in it. */
async function made(): Promise<void> {
  const door = await openLevel(path, { create: true, writeBufferBytes: 64 * 1024 });
  for (let i = 0; i < 40; i += 1) {
    const batch = door.batch();
    batch.put(utf8(`k${10 + i}`), new Uint8Array(4_000).fill(i));
    await batch.write();
  }
  await door.close();
}

/** Why the store is not opened: reason and sentence. */
async function refusal(create = false): Promise<string> {
  try {
    const door = await openLevel(path, { create });
    await door.close();
    return "none";
  } catch (error) {
    if (!(error instanceof Refusal && error.message.includes(path))) throw error;
    return `${error.reason}: ${error.message}`;
  }
}

function fileLike(pattern: RegExp): string {
  const name = readdirSync(path).find((file) => pattern.test(file));
  if (name === undefined) throw new Error(`no file is like ${pattern}`);
  return join(path, name);
}

async function keysOf(door: LevelDoor, from = emptyBytes, to?: Uint8Array): Promise<string[]> {
  const snapshot = door.snapshot();
  const iterator = snapshot.iterate(from, to, 1 << 20);
  const rows = await iterator.next(1_000);
  iterator.close();
  snapshot.close();
  return rows.map(([key]) => utf8Text(key));
}

describe("a store is refused", () => {
  test("that is not there, and nothing is made", async () => {
    expect(await refusal()).toMatch(/^data_unusable: .* holds no store, and none was to be made/);
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  test("that another process, or this one, has open", async () => {
    const door = await openLevel(path, { create: true });
    expect(await refusal()).toMatch(/^data_locked: .* is in use by another process: stop that one, or name another directory\.$/);
    await door.close();
    expect(await refusal()).toBe("none");
  });

  test.each([true, false])("whose list of tables is gone, and the tables stay (to be created: %s)", async (create) => {
    await made();
    rmSync(join(path, "CURRENT"));
    const before = readdirSync(path);
    expect(await refusal(create)).toMatch(/^data_damaged: .* but no file CURRENT beside it; replace this server's directory/);
    expect(readdirSync(path)).toEqual(before);
  });

  test("whose list is damaged or missing", async () => {
    await made();
    const manifest = fileLike(/^MANIFEST/);
    const bytes = readFileSync(manifest);
    writeFileSync(
      manifest,
      bytes.map((byte, at) => (at === 12 ? byte ^ 1 : byte)),
    );
    expect(await refusal()).toMatch(/^data_damaged: .*; replace this server's directory/);
    rmSync(manifest);
    expect(await refusal()).toMatch(/^data_damaged: .*; replace this server's directory/);
  });

  test("that lacks a table", async () => {
    await made();
    rmSync(fileLike(/\.ldb$/));
    expect(await refusal()).toMatch(/^data_damaged: .*missing files/);
  });

  test("that is a file, or below nothing", async () => {
    writeFileSync(path, "text");
    expect(await refusal(true)).toMatch(/^data_unusable: .* cannot be opened \(ENOTDIR/);
    path = join(scratch.path, "not", "there");
    expect(await refusal(true)).toMatch(/^data_unusable: .* cannot be opened \(ENOENT/);
    expect(readdirSync(scratch.path)).toEqual(["rows"]);
  });
});

describe("a store", () => {
  test("whose making was cut short is made anew", async () => {
    await made();
    const whole = join(scratch.path, "whole");
    renameSync(path, whole);
    const door = await openLevel(path, { create: true });
    await door.close();
    // What LevelDB leaves behind when it dies before it has named its first list.
    for (const file of readdirSync(path)) if (!/^(?:LOCK|LOG)$/.test(file)) rmSync(join(path, file));
    writeFileSync(join(path, "MANIFEST-000001"), "");
    expect(await refusal(true)).toBe("none");
  });

  test("gives back what was written, as it was at the snapshot", async () => {
    const door = await openLevel(path, { create: true });
    const batch = door.batch();
    for (const key of ["", "a", "b", "c"]) batch.put(utf8(key), utf8(`value of ${key}`));
    batch.delete(utf8("c"));
    await batch.write();
    const snapshot = door.snapshot();
    await door.clear(utf8("a"), utf8("b"));
    expect(door.get(utf8("a"))).toBeUndefined();
    expect(utf8Text(door.get(emptyBytes) ?? utf8("nothing"))).toBe("value of ");
    const iterator = snapshot.iterate(utf8("a"), undefined, 1 << 20);
    const rows = await iterator.next(10);
    expect(rows.map(([key, value]) => [utf8Text(key), utf8Text(value)])).toEqual([
      ["a", "value of a"],
      ["b", "value of b"],
    ]);
    expect(await iterator.next(10)).toEqual([]);
    iterator.close();
    snapshot.close();
    await door.close();
  });

  test("hands out fewer rows than were asked for when they are large, and then the others", async () => {
    await made();
    const door = await openLevel(path, { create: false });
    const snapshot = door.snapshot();
    const iterator = snapshot.iterate(emptyBytes, undefined, 10_000);
    expect(await iterator.next(1_000)).toHaveLength(3);
    expect(await iterator.next(1_000)).toHaveLength(3);
    iterator.close();
    snapshot.close();
    await door.close();
  });

  test("clears everything, the empty key too", async () => {
    const door = await openLevel(path, { create: true });
    const batch = door.batch();
    batch.put(emptyBytes, utf8("v"));
    await batch.write();
    await door.clear(emptyBytes, undefined);
    expect(await keysOf(door)).toEqual([]);
    await door.close();
  });
});
