import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../src/base/bytes.ts";
import { isWithin } from "../../src/env/storage.ts";
import type { KvCommand } from "../../src/shardkv/commands.ts";
import type { KvOptions } from "../../src/shardkv/options.ts";
import { dataKey, indexKey, indexRows, keyOfData } from "../../src/shardkv/rows.ts";
import { bound, commandOn, sharedKey } from "./arbitraries.ts";
import { Oracle } from "./oracle.ts";
import { bytesOf, everything, hexOf, servedAt, Store, textOf } from "./store.ts";

/** Small pages, small values, few shards: limits are met all the time. */
const options: Partial<KvOptions> = { shards: 3, valueBytesMax: 12, pageRowsMax: 3, pageBytesMax: 20 };

/** The index rows that the data rows demand, and those that there are. */
function indexOf(store: Store): readonly [derived: string[], kept: string[]] {
  const rows = store.state.rows();
  const derived = rows.flatMap(({ key }) => store.machine.derive(key) ?? []).toSorted((a, b) => compareBytes(a.key, b.key));
  for (const { value } of derived) expect(value).toHaveLength(0);
  const kept = rows.filter(({ key }) => isWithin(key, store.machine.derived));
  for (const { value } of kept) expect(value).toHaveLength(0);
  return [derived.map(({ key }) => hexOf(key)), kept.map(({ key }) => hexOf(key))];
}

describe("agrees with a map", () => {
  test("in every answer, in every scan, in every figure", () => {
    const commands = fc.array(commandOn(sharedKey), { maxLength: 60 });
    const subset = fc.constantFrom<readonly number[] | "all">("all", [0], [1, 2], [0, 1, 2]);
    fc.assert(
      fc.property(commands, bound, bound, subset, fc.option(sharedKey, { nil: undefined }), (list, start, end, shards, cursor) => {
        const store = new Store(options);
        const oracle = new Oracle(store.machine.shardOf, 12);
        for (const command of list) {
          expect(store.run(command)).toEqual(oracle.run(command));
          const held = oracle.get(command.key);
          const asked = store.ask({ op: "get", shard: store.machine.shardOf(command.key), key: command.key });
          expect(asked).toEqual({ ok: true, op: "get", value: held && bytesOf(held.value), version: held?.version ?? 0 });
        }
        const scan = { ...everything, shards, start, end, cursor };
        expect(store.scan(scan).map(({ key, value, version }) => [textOf(key), textOf(value), version])).toEqual(oracle.scan(scan));
        const figures = store.figures("all");
        for (const shard of [0, 1, 2]) expect(figures.get(shard)).toEqual(oracle.figures(shard));
        expect(store.state.isUntouched()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("and its index is what its data rows demand, after every command", () => {
    fc.assert(
      fc.property(fc.array(commandOn(sharedKey), { maxLength: 40 }), fc.nat(5), (commands, epoch) => {
        const store = new Store(options);
        for (const shard of [0, 1, 2]) store.setShard(shard, servedAt(epoch));
        for (const command of commands) {
          store.run(command);
          const [derived, kept] = indexOf(store);
          expect(kept).toEqual(derived);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("and two replicas with the same commands have the same rows and answers, byte for byte", () => {
    fc.assert(
      fc.property(fc.array(commandOn(sharedKey), { maxLength: 60 }), (commands) => {
        const [one, two] = [new Store(options), new Store(options)];
        expect(commands.map((command) => one.run(command))).toEqual(commands.map((command) => two.run(command)));
        expect(one.state.dump()).toEqual(two.state.dump());
      }),
      { numRuns: 200 },
    );
  });
});

const writesOf = (store: Store, command: KvCommand): number => {
  const before = store.state.writes;
  store.run(command);
  return store.state.writes - before;
};

describe("writes no more rows than it must", () => {
  const key = bytesOf("k");
  const value = bytesOf("v");

  test("two for a key that appears, one for a change, three for a deletion, none for what does nothing", () => {
    const store = new Store();
    expect(writesOf(store, { op: "delete", key })).toBe(0);
    expect(writesOf(store, { op: "cas", key, expected: value, value })).toBe(0);
    expect(writesOf(store, { op: "cas", key, expected: undefined, value: undefined })).toBe(0);
    expect(writesOf(store, { op: "put_version", key, version: 1, value })).toBe(0);
    expect(writesOf(store, { op: "put", key, value })).toBe(2);
    expect(writesOf(store, { op: "put", key, value })).toBe(1);
    expect(writesOf(store, { op: "append", key, value })).toBe(1);
    expect(writesOf(store, { op: "put_version", key, version: 1, value })).toBe(0);
    expect(writesOf(store, { op: "delete", key })).toBe(3);
    // The floor is above this key's version already.
    store.put("k", "v");
    store.delete("k");
    const other = { op: "put", key: bytesOf("k"), value } as const;
    expect(writesOf(store, other)).toBe(2);
  });

  test("an append of nothing to an absent key makes it an empty one", () => {
    const store = new Store();
    const nothing = bytesOf("");
    expect(store.run({ op: "append", key, value: nothing })).toEqual({ ok: true, op: "append", old: undefined, version: 1 });
    expect(store.run({ op: "append", key, value: nothing })).toEqual({ ok: true, op: "append", old: nothing, version: 2 });
    expect(store.get("k")).toBe("");
  });
});

describe("a snapshot without derived rows", () => {
  test("gives the same rows when they are derived again, dead epochs included", () => {
    const store = new Store({ shards: 2, partitioner: { kind: "first-byte" } });
    for (const epoch of [1, 2]) {
      store.setShard(0, servedAt(epoch));
      for (const name of ["b", "b\0", "d", "a"]) store.put(name, `${name}${epoch}`);
    }
    store.delete("b");
    const shipped = store.state.rows().filter(({ key }) => !isWithin(key, store.machine.derived));
    const arrived = new Store({ shards: 2, partitioner: { kind: "first-byte" } });
    for (const row of shipped) {
      arrived.state.put(row.key, row.value);
      const derived = arrived.machine.derive(row.key);
      if (derived !== undefined) arrived.state.put(derived.key, derived.value);
    }
    expect(arrived.state.dump()).toEqual(store.state.dump());
    expect(shipped.length).toBeLessThan(store.state.rows().length);
  });

  test("derives from data rows alone", () => {
    const { machine } = new Store();
    const key = bytesOf("a\0b");
    expect(machine.derive(dataKey(key, 7))?.key).toEqual(indexKey(machine.shardOf(key), 7, key));
    for (const { key: other } of [machine.derive(dataKey(key, 7)) ?? { key }, { key: bytesOf("h\0\0") }, { key: bytesOf("s1234567") }]) {
      expect(machine.derive(other)).toBeUndefined();
    }
    expect(isWithin(indexKey(1, 2, key), indexRows)).toBe(true);
    expect(textOf(keyOfData(dataKey(key, 7)))).toBe("a\0b");
  });
});
