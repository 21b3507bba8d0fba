import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/check/check.ts";
import { type Command, type History, type KeyRange, never, type Row } from "../../src/check/history.ts";
import { partition } from "../../src/check/partition.ts";
import { b, get, op, put, read, store } from "./histories.ts";

const row = (key: string, value: string): Row => ({ key: b(key), value: b(value) });

/** The keys a, b and c hold their own names, and then somebody scans. */
function scanned(range: KeyRange & { limit?: number }, ...rows: Row[]): History {
  const puts = ["a", "b", "c"].map((name, at) => op("w", [2 * at, 2 * at + 1], put(name, b(name)), {}));
  return store(...puts, op("s", [10, 11], { op: "scan", ...range }, { rows }));
}

/** A put that told version 3, and a scan that tells this one. */
function scannedVersion(version: number): History {
  const rows = [{ ...row("a", "1"), version }];
  return store(op("w", [1, 2], put("1", b("a")), { version: 3 }), op("s", [3, 4], { op: "scan" }, { rows }));
}

test("each key has its own operations, in the order of their calls, and keys are in bytewise order", () => {
  const parts = partition(
    store(op("x", [5, 6], put("1", b("b")), {}), op("y", [3, 9], put("2", b("é")), {}), op("z", [1, 2], get(b("b")), read(null))),
  );
  expect(parts.map(({ key }) => key)).toEqual([b("b"), b("é")]);
  expect(parts[0]?.operations.map(({ client }) => client)).toEqual(["z", "x"]);
});

test("what says nothing is left out; what may still happen never returns", () => {
  const history = store(
    op("a", [1, 2], put("1"), "failed"),
    op("a", [3, 4], get(), "unknown"),
    op("a", [3, 4], { op: "scan" }, "unknown"),
    { ...op("a", [5, 6], put("2"), "unknown"), returned: 6 },
  );
  const parts = partition(history);
  expect(parts.map(({ operations }) => operations.map(({ returned }) => returned))).toEqual([[never]]);
});

test("a history that makes no sense is a bug of whoever made it", () => {
  const call: Command = { op: "cas", key: b("k"), expected: null, value: null };
  expect(() => partition(store(op("a", [Number.NaN, 1], get(), read(null))))).toThrow("has a time");
  expect(() => partition(store({ ...op("a", [1, 2], get(), read(null)), returned: undefined }))).toThrow("has a time of its return");
  expect(() => partition(store(op("a", [2, 1], get(), read(null))))).toThrow("returns when it was called or later");
  expect(() => partition(store(op("a", [1, 2], call, {})))).toThrow("tells whether it was met");
});

describe("a scan", () => {
  test("reads each key of its range that the history knows", () => {
    const parts = partition(scanned({ from: b("b") }, row("b", "b"), row("d", "d")));
    expect(
      parts.map(({ key, operations }) => [key, operations.filter(({ scan }) => scan !== undefined).map(({ told }) => told.value)]),
    ).toEqual([
      [b("a"), []],
      [b("b"), [b("b")]],
      [b("c"), [null]],
      [b("d"), [b("d")]],
    ]);
  });

  test.each<[KeyRange & { limit?: number }, Row[]]>([
    [{}, [row("a", "a"), row("b", "b"), row("c", "c")]],
    [{ from: b("b") }, [row("b", "b"), row("c", "c")]],
    [{ after: b("b") }, [row("c", "c")]],
    [{ to: b("b") }, [row("a", "a"), row("b", "b")]],
    [{ before: b("b") }, [row("a", "a")]],
    [{ limit: 2 }, [row("a", "a"), row("b", "b")]],
    [{ limit: 0 }, []],
    [{ limit: 9 }, [row("a", "a"), row("b", "b"), row("c", "c")]],
    [{ after: b("c") }, []],
  ])("of %j is right about what it gives, and wrong with one row less or another value", (range, rows) => {
    expect(checkHistory(scanned(range, ...rows)).verdict).toBe("linearizable");
    for (const left of rows) {
      expect(checkHistory(scanned(range, ...rows.filter((each) => each !== left))).verdict).toBe("not linearizable");
      expect(checkHistory(scanned(range, ...rows.map((each) => (each === left ? { ...each, value: b("x") } : each)))).verdict).toBe(
        "not linearizable",
      );
    }
  });

  test.each<[string, KeyRange & { limit?: number }, Row[]]>([
    ["the row is outside the scan's range", { from: b("b") }, [row("a", "a"), row("b", "b"), row("c", "c")]],
    ["the scan gives the key twice", {}, [row("a", "a"), row("a", "a"), row("b", "b"), row("c", "c")]],
    ["the scan's rows are out of order", {}, [row("b", "b"), row("a", "a"), row("c", "c")]],
    ["the scan gives more rows than its limit", { limit: 2 }, [row("a", "a"), row("b", "b"), row("c", "c")]],
  ])("cannot be right when %s", (fault, range, rows) => {
    const history = scanned(range, ...rows);
    expect(partition(history).flatMap(({ operations }) => operations.flatMap((each) => each.fault ?? []))).toEqual([fault]);
    expect(checkHistory(history).verdict).toBe("not linearizable");
  });

  test("is judged key by key: each at an instant of its own", () => {
    // The scan saw b's new value and not a's, which was there before; with one instant for all this could not be.
    const history = store(
      op("s", [0, 9], { op: "scan" }, { rows: [row("b", "1")] }),
      op("w", [1, 2], put("1", b("a")), {}),
      op("w", [3, 4], put("1", b("b")), {}),
    );
    expect(checkHistory(history).verdict).toBe("linearizable");
  });

  test("tells versions where it does", () => {
    expect(checkHistory(scannedVersion(3)).verdict).toBe("linearizable");
    expect(checkHistory(scannedVersion(4)).verdict).toBe("not linearizable");
  });
});
