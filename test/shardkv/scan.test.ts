import { describe, expect, test } from "vitest";
import type { Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeQuery, type Scan } from "../../src/shardkv/queries.ts";
import { decodeResult, type FiguresResult, type ScanResult } from "../../src/shardkv/results.ts";
import { bytesOf, everything, servedAt, Store, textOf } from "./store.ts";

const integer = { kind: "integer" } as const;
const at = (key: string, inclusive = true): { key: Uint8Array; inclusive: boolean } => ({ key: bytesOf(key), inclusive });
const keysOf = (page: ScanResult): string[] => page.rows.map((row) => textOf(row.key));

function filled(count: number, options: ConstructorParameters<typeof Store>[0] = {}): Store {
  const store = new Store(options);
  for (let i = 0; i < count; i += 1) store.put(`k${String(i).padStart(5, "0")}`, `v${i}`);
  return store;
}

describe("bounds", () => {
  const store = new Store();
  for (const key of ["", "a", "a\0", "a\0\u{ff}", "ab", "b", "\u{ff}"]) store.put(key, key);

  test.each<[Partial<Scan>, string[]]>([
    [{}, ["", "a", "a\0", "a\0\u{ff}", "ab", "b", "\u{ff}"]],
    [{ start: at("a"), end: at("ab") }, ["a", "a\0", "a\0\u{ff}", "ab"]],
    [{ start: at("a", false), end: at("ab") }, ["a\0", "a\0\u{ff}", "ab"]],
    [{ start: at("a"), end: at("ab", false) }, ["a", "a\0", "a\0\u{ff}"]],
    [{ start: at("a", false), end: at("ab", false) }, ["a\0", "a\0\u{ff}"]],
    [{ start: at("aa") }, ["ab", "b", "\u{ff}"]],
    [{ end: at("aa") }, ["", "a", "a\0", "a\0\u{ff}"]],
    [{ end: at("") }, [""]],
    [{ start: at("", false), end: at("a") }, ["a"]],
    [{ start: at("a"), end: at("a") }, ["a"]],
    [{ start: at("a"), end: at("a", false) }, []],
    [{ start: at("a", false), end: at("a", false) }, []],
    [{ start: at("b"), end: at("a") }, []],
    [{ start: at("\u{ff}", false) }, []],
    [{ start: at("c"), end: at("d") }, []],
    [{ cursor: bytesOf("a") }, ["a\0", "a\0\u{ff}", "ab", "b", "\u{ff}"]],
    [{ start: at("b"), cursor: bytesOf("a") }, ["b", "\u{ff}"]],
    [{ start: at("b"), cursor: bytesOf("b") }, ["\u{ff}"]],
    [{ end: at("b"), cursor: bytesOf("c") }, []],
  ])("%j", (scan, keys) => {
    const page = store.page(scan);
    expect(keysOf(page)).toEqual(keys);
    expect(page.cursor).toBeUndefined();
  });
});

describe("a page", () => {
  test("holds 1,000 rows, and the cursor leads to the others", () => {
    const store = filled(2500);
    const pages: ScanResult[] = [store.page()];
    for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor) pages.push(store.page({ cursor }));
    expect(pages.map(({ rows }) => rows.length)).toEqual([1000, 1000, 500]);
    expect(pages.map(({ cursor }) => cursor && textOf(cursor))).toEqual(["k00999", "k01999", undefined]);
    expect(pages.flatMap(keysOf)).toEqual(Array.from({ length: 2500 }, (_, i) => `k${String(i).padStart(5, "0")}`));
  });

  test.each([1, 2, 999, 1000])("holds no more than the limit of %i", (limit) => {
    const store = filled(1200);
    expect(store.page({ limit }).rows).toHaveLength(limit);
    expect(store.page({ limit: 5000 }).rows).toHaveLength(1000);
  });

  test("knows its end even if it is just full", () => {
    const store = filled(10);
    expect(store.page({ limit: 10 }).cursor).toBeUndefined();
    expect(store.page({ limit: 9 }).cursor).toEqual(bytesOf("k00008"));
    expect(filled(1000).page().cursor).toBeUndefined();
    expect(new Store().page()).toEqual({ ok: true, op: "scan", rows: [], cursor: undefined });
  });

  test("holds 1 MiB of keys and values", () => {
    const store = new Store();
    for (let i = 0; i < 12; i += 1) store.put(`key${i % 10}${i}`, "x".repeat(200_000 - 5));
    const page = store.page();
    expect(page.rows).toHaveLength(5);
    expect(store.scan()).toHaveLength(12);
  });

  test("holds exactly as many bytes as are allowed, and not one more", () => {
    const store = new Store({ pageBytesMax: 12 });
    for (const [key, value] of Object.entries({ a: "123", b: "123", c: "123", d: "1" })) store.put(key, value);
    expect(keysOf(store.page())).toEqual(["a", "b", "c"]);
    store.put("c", "1234");
    expect(keysOf(store.page())).toEqual(["a", "b"]);
    expect(store.page().cursor).toEqual(bytesOf("b"));
  });

  test("holds one row however large it is", () => {
    const store = new Store({ pageBytesMax: 10 });
    store.put("a", "x".repeat(100));
    store.put("b", "y");
    store.put("c", "x".repeat(100));
    const [first, second, third] = [store.page(), store.page({ cursor: bytesOf("a") }), store.page({ cursor: bytesOf("b") })];
    expect([first, second, third].map(keysOf)).toEqual([["a"], ["b"], ["c"]]);
    expect([first, second, third].map(({ cursor }) => cursor && textOf(cursor))).toEqual(["a", "b", undefined]);
  });

  test("is one moment: what is written while it is read is not in it", () => {
    const store = filled(500);
    const asked = store.machine.decodeQuery(encodeQuery(everything));
    if (!asked.ok) throw new Error(asked.detail);
    const view = store.state.view();
    const answers: (Uint8Array | Refused)[] = [];
    store.machine.query(asked.value, view, (result) => answers.push(result));
    expect(answers).toEqual([]);
    store.put("k00000", "changed");
    store.delete("k00250");
    store.put("k99999", "new");
    view.drain();
    const page = decodeResult(answers[0] as Uint8Array) as ScanResult;
    expect(page.rows).toHaveLength(500);
    expect(page.rows[0]).toEqual({ key: bytesOf("k00000"), value: bytesOf("v0"), version: 1 });
  });
});

describe("rows that nobody asked for", () => {
  test("are passed over: other shards and dead epochs", () => {
    const store = new Store({ shards: 4, partitioner: integer });
    for (const epoch of [1, 2, 3]) {
      for (const shard of [0, 1, 2, 3]) store.setShard(shard, servedAt(epoch));
      for (let i = 0; i < 40; i += 1) store.put(`${i}`, `${i} of ${epoch}`);
    }
    store.setShard(1, servedAt(2));
    const values = store.scan({ shards: [1, 3] }).map((row) => textOf(row.value));
    expect(values.toSorted()).toEqual(
      Array.from({ length: 40 }, (_, i) => i)
        .filter((i) => i % 2 === 1)
        .map((i) => `${i} of ${i % 4 === 1 ? 2 : 3}`)
        .toSorted(),
    );
    // Ten keys, and values that are five bytes longer than their keys.
    const figures = [1, 2].map((shard) => {
      const keyBytes = Array.from({ length: 10 }, (_, i) => String(shard + 4 * i)).join("").length;
      return [shard, [10, 2 * keyBytes + 10 * 5]] as const;
    });
    expect(store.figures([1, 2])).toEqual(new Map(figures));
  });

  test("end a page early when there are too many, and the cursor leads on", () => {
    const store = new Store({ shards: 100, partitioner: integer, pageRowsMax: 5 });
    for (let i = 0; i < 200; i += 1) store.put(String(i).padStart(3, "0"), "x");
    const pages: ScanResult[] = [];
    for (let cursor: Uint8Array | undefined; ; cursor = pages.at(-1)?.cursor) {
      const page = store.page({ shards: [99], cursor });
      pages.push(page);
      if (page.cursor === undefined) break;
    }
    expect(pages.flatMap(keysOf)).toEqual(["099", "199"]);
    // Four times the page's five rows are looked at.
    expect(pages.map(({ cursor }) => cursor && textOf(cursor)).slice(0, 3)).toEqual(["019", "039", "059"]);
    expect(pages.slice(0, 4).map(({ rows }) => rows.length)).toEqual([0, 0, 0, 0]);
  });

  test("end a page early when they have too many bytes", () => {
    const store = new Store({ shards: 2, partitioner: integer, pageBytesMax: 1000 });
    for (let i = 0; i < 40; i += 1) store.put(`${10 + 2 * i}`, "x".repeat(500));
    const page = store.page({ shards: [1] });
    expect(page.rows).toEqual([]);
    expect(page.cursor).toEqual(bytesOf("24"));
    expect(store.scan({ shards: [1] })).toEqual([]);
    expect(store.scan({ shards: [0] })).toHaveLength(40);
  });

  test("never part the epochs of one key: no page ends between them", () => {
    const store = new Store({ shards: 1, pageRowsMax: 1 });
    for (let epoch = 1; epoch <= 9; epoch += 1) {
      store.setShard(0, servedAt(epoch));
      for (const key of ["a", "b", "c"]) store.put(key, `${key}${epoch}`);
    }
    for (let live = 1; live <= 9; live += 1) {
      store.setShard(0, servedAt(live));
      expect(store.scan().map((row) => textOf(row.value))).toEqual([`a${live}`, `b${live}`, `c${live}`]);
    }
    // The shard comes back at another epoch between two pages: still every key once.
    store.setShard(0, servedAt(2));
    const first = store.page();
    store.setShard(0, servedAt(7));
    const rest = store.scan({ cursor: first.cursor });
    expect([...first.rows, ...rest].map((row) => textOf(row.value))).toEqual(["a2", "b7", "c7"]);
  });
});

test("a page costs bounded work, whatever the state holds", () => {
  const store = new Store({ shards: 50, partitioner: integer, pageRowsMax: 10 });
  for (let i = 0; i < 2000; i += 1) store.put(String(i).padStart(4, "0"), "x");
  const asked = store.machine.decodeQuery(encodeQuery({ ...everything, shards: [7] }));
  if (!asked.ok) throw new Error(asked.detail);
  const view = store.state.view();
  store.machine.query(asked.value, view, () => {});
  view.drain();
  expect(view.rows).toBeLessThanOrEqual(40 + 64 + 1);
  expect(view.pages).toBeLessThanOrEqual(3);
});

test("many shard rows are read in pages", () => {
  const store = new Store({ shards: 5000, partitioner: integer, ownership: "configured" });
  for (let shard = 0; shard < 5000; shard += 1) store.setShard(shard, servedAt(shard));
  store.put("4999", "x");
  store.put("3", "x");
  expect(keysOf(store.page())).toEqual(["3", "4999"]);
  store.setShard(4998, undefined);
  expect(store.ask(everything)).toMatchObject({ why: "wrong_group", detail: "This group does not serve shard 4998." });
});

test("the rows of few shards are looked up, and no range is read for them", () => {
  const store = new Store({ shards: 9, partitioner: integer, ownership: "configured" });
  for (let shard = 0; shard < 9; shard += 1) store.setShard(shard, servedAt(shard));
  store.put("0", "x");
  store.put("7", "x");
  const asked = (shards: Scan["shards"]): { pages: number; keys: string[] } => {
    const view = store.state.view();
    const replies: (Uint8Array | Refused)[] = [];
    store.machine.query({ ...everything, shards }, view, (reply) => replies.push(reply));
    view.drain();
    return { pages: view.pages, keys: replies.flatMap((reply) => keysOf(decodeResult(reply as Uint8Array) as ScanResult)) };
  };
  expect(asked([0, 1, 2, 3, 4, 5, 6, 7])).toEqual({ pages: 1, keys: ["0", "7"] });
  expect(asked([1, 7])).toEqual({ pages: 1, keys: ["7"] });
  expect(asked("all")).toEqual({ pages: 2, keys: ["0", "7"] });
  store.setShard(7, undefined);
  expect(store.ask({ ...everything, shards: [1, 7] })).toMatchObject({ why: "wrong_group", detail: "This group does not serve shard 7." });
});

test("figures come in pages that look at a bounded number of rows", () => {
  const store = filled(100, { shards: 7, pageRowsMax: 5 });
  const first = store.ask({ op: "figures", shards: "all", cursor: undefined }) as FiguresResult;
  expect(first.shards.reduce((sum, { keys }) => sum + keys, 0)).toBe(20);
  expect(first.cursor).toEqual(bytesOf("k00019"));
  const all = store.figures("all");
  expect([...all.values()].reduce((sum, [keys]) => sum + keys, 0)).toBe(100);
  expect([...all.values()].reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(100 * 6 + 10 * 2 + 90 * 3);
});
