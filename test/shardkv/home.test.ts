import { describe, expect, test } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import type { ShardHome } from "../../src/rsm/state/state-machine.ts";
import { sessionPrefix } from "../../src/shardkv/rows.ts";
import { bytesOf, everything, servedAt, Store } from "./store.ts";

const integer = { kind: "integer" } as const;

const other = (): never => {
  throw new Error("it is told nothing else");
};

describe("a group that owns every shard", () => {
  test("serves them at epoch 0 before a single row is written", () => {
    const store = new Store({ shards: 65_536 });
    for (const shard of [0, 1, 65_535]) {
      expect(store.machine.home(shard, store.state)).toEqual({ ok: true, sessions: sessionPrefix(shard, 0), timeOffset: 0 });
    }
    expect(store.state.rows()).toEqual([]);
    expect(store.scan()).toEqual([]);
  });

  test.each([-1, 10, 1.5, Number.NaN, 2 ** 40])("refuses shard %d, which there is not", (shard) => {
    const store = new Store({ shards: 10 });
    const detail = `Shard ${shard} was given; there are the shards 0 to 9.`;
    expect(store.machine.home(shard, store.state)).toEqual({ ok: false, why: "bad_request", detail });
  });
});

const group = (): Store => new Store({ shards: 4, partitioner: integer, ownership: "configured" });

describe("a group whose shards come with configurations", () => {
  test("serves none without a row", () => {
    const store = group();
    const refusal = { ok: false, why: "wrong_group", detail: "This group does not serve shard 2." };
    expect(store.machine.home(2, store.state)).toEqual(refusal);
    expect(store.put("2", "x")).toEqual(refusal);
    expect(store.ask({ op: "get", shard: 2, key: bytesOf("2") })).toEqual(refusal);
    expect(store.ask({ ...everything, shards: [2] })).toEqual(refusal);
    expect(store.ask({ op: "figures", shards: [2], cursor: undefined })).toEqual(refusal);
  });

  test("serves those that say so, with their epoch and their time", () => {
    const store = group();
    store.setShard(2, { phase: "serving", epoch: 7, timeOffset: -1500, versionFloor: 0 });
    expect(store.machine.home(2, store.state)).toEqual({ ok: true, sessions: sessionPrefix(2, 7), timeOffset: -1500 });
    expect(store.put("2", "x")).toMatchObject({ ok: true });
    expect(store.get("2")).toBe("x");
    expect(store.put("3", "x")).toMatchObject({ ok: false, why: "wrong_group" });
  });

  test("tells where a shard comes from that is on its way", () => {
    const store = group();
    store.setShard(1, { phase: "arriving", epoch: 9, source: "group 4 at s1, s2" });
    const refusal = { ok: false, why: "shard_moving", detail: "group 4 at s1, s2" };
    expect(store.machine.home(1, store.state)).toEqual(refusal);
    expect(store.put("1", "x")).toEqual(refusal);
    expect(store.ask({ op: "get", shard: 1, key: bytesOf("1") })).toEqual(refusal);
    expect(store.ask({ ...everything, shards: [1] })).toEqual(refusal);
  });

  test("hears that a client waits for a shard on its way, and of no other refusal", () => {
    let awaited = 0;
    const events = { claim: other, applied: other, served: other, awaited: () => (awaited += 1), news: other };
    const store = new Store({ shards: 4, partitioner: integer, ownership: "configured" }, events);
    store.setShard(1, { phase: "arriving", epoch: 9, source: "group 4 at s1, s2" });
    store.put("2", "x");
    store.ask({ op: "get", shard: 2, key: bytesOf("2") });
    expect(awaited).toBe(0);
    store.put("1", "x");
    store.ask({ op: "get", shard: 1, key: bytesOf("1") });
    expect(awaited).toBe(2);
  });

  test("answers a scan only if it serves every shard that is named", () => {
    const store = group();
    for (const shard of [0, 1, 2]) store.setShard(shard, servedAt(1));
    for (const key of ["0", "1", "2", "4"]) store.put(key, `v${key}`);
    expect(store.scan({ shards: [0, 1, 2] })).toHaveLength(4);
    expect(store.scan({ shards: [0] })).toHaveLength(2);
    expect(store.ask({ ...everything, shards: [0, 3] })).toMatchObject({ why: "wrong_group" });
    expect(store.ask(everything)).toMatchObject({ why: "wrong_group" });
    store.setShard(1, { phase: "arriving", epoch: 2, source: "elsewhere" });
    expect(store.ask({ ...everything, shards: [0, 1] })).toMatchObject({ why: "shard_moving", detail: "elsewhere" });
    expect(store.scan({ shards: [0, 2] })).toHaveLength(3);
  });

  test("refuses a scan that is refused even if the range is empty", () => {
    const empty = { start: { key: bytesOf("b"), inclusive: true }, end: { key: bytesOf("a"), inclusive: true } };
    expect(group().ask({ ...everything, ...empty })).toMatchObject({ why: "wrong_group" });
  });
});

describe("a shard that comes back", () => {
  test("does not see the rows of its earlier stay, and they do not see it", () => {
    const store = new Store({ shards: 1 });
    store.setShard(0, servedAt(3));
    store.put("a", "old");
    store.put("b", "old");
    store.setShard(0, servedAt(8));
    expect(store.get("a")).toBeUndefined();
    expect(store.scan()).toEqual([]);
    expect(store.put("a", "new")).toEqual({ ok: true, op: "put", existed: false, version: 1 });
    expect(store.scan().map((row) => row.value)).toEqual([bytesOf("new")]);
    expect(store.delete("b")).toEqual({ ok: true, op: "delete", existed: false });
    store.setShard(0, servedAt(3));
    expect(store.scan().map((row) => row.value)).toEqual([bytesOf("old"), bytesOf("old")]);
  });

  test("has sessions of its own", () => {
    const store = new Store({ shards: 1 });
    const prefixAt = (epoch: number): Uint8Array => {
      store.setShard(0, servedAt(epoch));
      return (store.machine.home(0, store.state) as ShardHome).sessions;
    };
    expect(prefixAt(1)).not.toEqual(prefixAt(2));
    expect(prefixAt(7).subarray(0, 1)).toEqual(store.machine.sessions);
    // All have one length, so that none of them begins another one, whatever client follows.
    expect(prefixAt(0)).toHaveLength(7);
    expect(concat([prefixAt(0xffff_ffff), bytesOf("client")])).toHaveLength(13);
  });
});

describe("a key in another shard than the request says", () => {
  const store = new Store({ shards: 4, partitioner: integer });
  const refusal = {
    ok: false,
    why: "bad_request",
    detail: "Shard 1 was given for a key in shard 2; client and servers have to have the same partitioner.",
  };

  test("is refused when the command is applied, and nothing is changed", () => {
    for (const op of ["put", "append", "swap"] as const) {
      expect(store.run({ op, key: bytesOf("6"), value: bytesOf("x") }, 1)).toEqual(refusal);
    }
    expect(store.run({ op: "delete", key: bytesOf("6") }, 1)).toEqual(refusal);
    expect(store.state.writes).toBe(0);
  });

  test("is refused when it is read", () => {
    expect(store.ask({ op: "get", shard: 1, key: bytesOf("6") })).toEqual(refusal);
  });
});

const putVersion = (store: Store, key: string, version: number): unknown =>
  store.run({ op: "put_version", key: bytesOf(key), version, value: bytesOf("mine") });

describe("a key that was deleted and made again", () => {
  test("is at a version that it never had: a write for its former life is refused", () => {
    const store = new Store({ shards: 1 });
    for (const value of ["1", "2", "3"]) store.put("k", value);
    store.delete("k");
    expect(putVersion(store, "k", 3)).toEqual({ ok: true, op: "put_version", done: false, version: 0 });
    expect(store.put("k", "other")).toMatchObject({ version: 4 });
    for (const known of [1, 2, 3]) expect(putVersion(store, "k", known)).toEqual({ ok: true, op: "put_version", done: false, version: 4 });
    expect(putVersion(store, "k", 4)).toEqual({ ok: true, op: "put_version", done: true, version: 5 });
  });

  test("never repeats a version, however often it comes and goes", () => {
    const store = new Store({ shards: 1 });
    const seen: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const key = i % 3 === 0 ? "k" : "other";
      const result = store.put(key, String(i));
      if (key === "k" && result.ok && result.op === "put") seen.push(result.version);
      if (i % 2 === 0) store.delete(i % 4 === 0 ? "k" : "other");
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test("begins at 1 where nothing was deleted, and other shards do not mind", () => {
    const store = new Store({ shards: 2, partitioner: integer });
    store.put("0", "x");
    store.put("0", "y");
    store.delete("0");
    expect(store.put("1", "x")).toMatchObject({ version: 1 });
    expect(store.put("2", "x")).toMatchObject({ version: 3 });
    expect(store.delete("2")).toMatchObject({ existed: true });
    expect(putVersion(store, "1", 0)).toMatchObject({ done: false, version: 1 });
    expect(putVersion(store, "4", 0)).toEqual({ ok: true, op: "put_version", done: true, version: 4 });
  });

  test("keeps a shard's epoch and time when its floor rises", () => {
    const store = new Store({ shards: 1 });
    store.setShard(0, { phase: "serving", epoch: 5, timeOffset: 77, versionFloor: 10 });
    expect(store.put("k", "x")).toMatchObject({ version: 11 });
    store.delete("k");
    expect(store.machine.home(0, store.state)).toEqual({ ok: true, sessions: sessionPrefix(0, 5), timeOffset: 77 });
    expect(store.put("k", "x")).toMatchObject({ version: 12 });
  });
});
