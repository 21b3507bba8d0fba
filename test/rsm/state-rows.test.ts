import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { type RowForm, StateRows } from "../../src/rsm/state/state-rows.ts";

/** Rows on a disk that counts who asks for them. */
class Disk {
  readonly rows: Map<string, Uint8Array> = new Map();
  readonly fetched: string[] = [];

  readonly read = (key: Uint8Array): Uint8Array | undefined => {
    this.fetched.push(utf8Text(key));
    return this.rows.get(utf8Text(key));
  };

  /** What entries change, by one round of them. */
  apply(state: StateRows, change: () => void): WriteOp[] {
    state.begin();
    change();
    const rows: WriteOp[] = [];
    state.emit(rows);
    for (const row of rows) {
      if (row.op === "put") this.rows.set(utf8Text(row.key), new Uint8Array(row.value));
      else this.rows.delete(utf8Text(row.key));
    }
    return rows;
  }
}

/** A form of rows that says how often it was encoded. */
class Text implements RowForm {
  encoded = 0;
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  encode(): Uint8Array {
    this.encoded += 1;
    return utf8(this.text);
  }
}

const name = (number: number): string => `key ${number}`;
const value = fc.option(fc.uint8Array({ maxLength: 100 }), { nil: undefined });
const step = fc.record({ kind: fc.constantFrom("read", "put", "form", "restored"), number: fc.nat(30), value, isSame: fc.boolean() });
/** Keys that are asked for again by the same object. */
const sameKeys = Array.from({ length: 31 }, (_, number) => utf8(name(number)));

test("never differs from the rows behind it, however few of them it holds", () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1000, 5000, 1e6), fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 40 }), (bytesMax, rounds) => {
      const disk = new Disk();
      const model = new Map<string, Uint8Array | undefined>();
      const state = new StateRows(disk.read, bytesMax, 7);
      for (const steps of rounds) {
        if (steps[0]?.kind === "restored") state.restored(disk.read);
        disk.apply(state, () => {
          for (const { kind, number, value: next, isSame } of steps) {
            const key = isSame ? (sameKeys[number] as Uint8Array) : utf8(name(number));
            if (kind === "put" && next !== undefined) state.put(key, next);
            if (kind === "put" && next === undefined) state.delete(key);
            if (kind === "form") {
              const row = state.row(key);
              state.change(row);
              row.form = new Text(`form ${number}`);
            }
            if (kind === "put") model.set(name(number), next);
            if (kind === "form") model.set(name(number), utf8(`form ${number}`));
            expect(state.get(key)).toEqual(model.get(name(number)));
          }
        });
        for (let number = 0; number <= 30; number += 1) {
          expect(disk.rows.get(name(number))).toEqual(model.get(name(number)));
          expect(state.get(utf8(name(number)))).toEqual(model.get(name(number)));
        }
        state.get(sameKeys[steps[0]?.number ?? 0] as Uint8Array);
      }
    }),
    { numRuns: 300 },
  );
});

test("while entries are applied it does not look for what is put as new, also where somebody hears of it", () => {
  const [asked, heard]: [string[], string[]] = [[], []];
  const state = new StateRows((key) => void asked.push(utf8Text(key)));
  state.begin((key, before) => heard.push(`${utf8Text(key)}: ${before === undefined ? "nothing" : "something"}`));
  state.put(utf8("new"), utf8("1"), true);
  expect([asked, heard, state.get(utf8("new"))]).toEqual([[], ["new: nothing"], utf8("1")]);
  expect(() => state.put(utf8("new"), utf8("2"), true)).toThrow("what is put as new is not there");
});

test("hands rows out with what stands before their keys, and knows them without it", () => {
  const state = new StateRows(() => undefined, 1e6);
  state.begin();
  state.put(utf8("a key that is not short"), utf8("1"));
  state.delete(utf8("there"));
  const rows: WriteOp[] = [];
  state.emit(rows, utf8("group/"));
  expect(rows).toEqual([
    { op: "put", key: utf8("group/a key that is not short"), value: utf8("1") },
    { op: "delete", key: utf8("group/there") },
  ]);
  expect(state.get(utf8("a key that is not short"))).toEqual(utf8("1"));
});

describe("while entries are applied", () => {
  test("reads its own writes, and gives each row's last change once", () => {
    const disk = new Disk();
    disk.rows.set("there", utf8("before"));
    const state = new StateRows(disk.read);
    const rows = disk.apply(state, () => {
      state.put(utf8("new"), utf8("1"));
      state.put(utf8("new"), utf8("2"));
      state.put(utf8("there"), utf8("3"));
      state.delete(utf8("there"));
      expect([state.get(utf8("new")), state.get(utf8("there")), state.get(utf8("none"))]).toEqual([utf8("2"), undefined, undefined]);
    });
    expect(rows).toEqual([
      { op: "put", key: utf8("new"), value: utf8("2") },
      { op: "delete", key: utf8("there") },
    ]);
  });

  test("tells once of each row that changes, as it was before", () => {
    const disk = new Disk();
    disk.rows.set("there", utf8("before"));
    const state = new StateRows(disk.read);
    const heard: string[] = [];
    state.begin((key, before) => heard.push(`${utf8Text(key)}: ${before === undefined ? "nothing" : utf8Text(before)}`));
    for (const key of ["new", "there", "new"]) state.put(utf8(key), utf8("after"));
    state.delete(utf8("there"));
    state.emit([]);
    expect(heard).toEqual(["new: nothing", "there: before"]);
  });

  test("keeps a machine's rows and the replica's own apart", () => {
    const state = new StateRows(() => undefined);
    state.begin();
    expect(() => state.put(Uint8Array.of(0), Uint8Array.of(1))).toThrow("rows");
    expect(() => state.put(new Uint8Array(), Uint8Array.of(1))).toThrow("rows");
    expect(() => state.putOwn(Uint8Array.of(1), Uint8Array.of(1))).toThrow("own rows");
  });

  test("forgets nothing, even if it may hold no row at all", () => {
    const disk = new Disk();
    const state = new StateRows(disk.read, 0);
    disk.apply(state, () => {
      const first = state.row(utf8("first"));
      for (let i = 0; i < 10; i += 1) state.get(utf8(name(i)));
      state.change(first);
      first.form = new Text("held");
      expect(state.get(utf8("first"))).toEqual(utf8("held"));
    });
    expect(disk.rows.get("first")).toEqual(utf8("held"));
  });

  test("what is only replaced is not read, unless somebody hears of what it was", () => {
    const disk = new Disk();
    disk.rows.set("there", utf8("before"));
    const state = new StateRows(disk.read);
    disk.apply(state, () => {
      state.put(utf8("there"), utf8("after"));
      state.delete(utf8("other"));
    });
    expect(disk.fetched).toEqual([]);
    state.restored(disk.read);
    const heard: (Uint8Array | undefined)[] = [];
    state.begin((_, before) => heard.push(before));
    state.put(utf8("there"), utf8("later"));
    state.emit([]);
    expect(heard).toEqual([utf8("after")]);
  });

  test("a row changes at no other time", () => {
    const state = new StateRows(() => undefined);
    expect(() => state.put(utf8("key"), utf8("value"))).toThrow("only while entries are applied");
  });
});

describe("between them", () => {
  test("a hot row is fetched once, whether it is there or not", () => {
    const disk = new Disk();
    disk.rows.set("there", utf8("1"));
    const state = new StateRows(disk.read, 10_000);
    for (let i = 0; i < 3; i += 1) expect([state.get(utf8("there")), state.get(utf8("absent"))]).toEqual([utf8("1"), undefined]);
    expect(disk.fetched).toEqual(["there", "absent"]);
  });

  test("a row that is held in another form stays so, and is encoded once for each batch", () => {
    const disk = new Disk();
    const state = new StateRows(disk.read, 10_000);
    const form = new Text("a");
    for (const text of ["a", "b"]) {
      disk.apply(state, () => {
        const row = state.row(utf8("key"));
        state.change(row);
        row.form = form;
        form.text = text;
      });
      expect(disk.rows.get("key")).toEqual(utf8(text));
    }
    expect([form.encoded, disk.fetched]).toEqual([2, ["key"]]);
    disk.apply(state, () => state.put(utf8("key"), utf8("bytes")));
    expect(state.row(utf8("key")).form).toBeUndefined();
  });

  test("stays what is asked for again and again while others pass by, and no more than may", () => {
    const disk = new Disk();
    const state = new StateRows(disk.read, 20_000);
    for (let i = 0; i < 1000; i += 1) {
      state.get(utf8(name(i)));
      state.get(utf8("hot"));
    }
    expect(disk.fetched).toHaveLength(1001);
    disk.fetched.length = 0;
    for (let i = 0; i < 1000; i += 1) state.get(utf8(name(i)));
    expect(disk.fetched.length).toBeGreaterThan(900);
  });

  test("all stays that is asked for in turn, up to seven tenths of the room", () => {
    const disk = new Disk();
    // A row that is not there costs 250 bytes and its key.
    const names = Array.from({ length: 100 }, (_, i) => utf8(`key ${100 + i}`));
    const room = 100 * (250 + 7);
    const state = new StateRows(disk.read, room / 0.7);
    for (let round = 0; round < 5; round += 1) for (const key of names) state.get(key);
    expect(disk.fetched).toHaveLength(100);
    // It is not only that there is more room than was given.
    const narrow = new StateRows(disk.read, room / 1.3);
    disk.fetched.length = 0;
    for (let round = 0; round < 5; round += 1) for (const key of names) narrow.get(key);
    expect(disk.fetched.length).toBeGreaterThan(400);
  });

  test("what is written again and again counts each time, for it may be cut from memory that stays with others", () => {
    const disk = new Disk();
    const state = new StateRows(disk.read, 20_000);
    state.get(utf8("cold"));
    for (let i = 0; i < 10; i += 1) disk.apply(state, () => state.put(utf8("hot"), new Uint8Array(4000)));
    state.get(utf8("cold"));
    expect(disk.fetched.filter((key) => key === "cold")).toHaveLength(2);
  });

  test("nothing stays of the much larger memory that a value was cut from", () => {
    const state = new StateRows(() => undefined, 10_000);
    state.begin();
    for (const length of [3, 300]) {
      state.put(utf8("key"), new Uint8Array(1_000_000).subarray(0, length));
      expect(state.get(utf8("key"))).toEqual(new Uint8Array(length));
      expect(state.get(utf8("key"))?.buffer.byteLength).toBeLessThanOrEqual(8192);
    }
  });
});
