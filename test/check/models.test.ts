import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/check/check.ts";
import type { Command, History, ModelName, Told } from "../../src/check/history.ts";
import { versionKey } from "../../src/check/model.ts";
import { modelOf } from "../../src/check/models.ts";
import { type KeyOperation, partition } from "../../src/check/partition.ts";
import { b, get, key, op, put, read, store } from "./histories.ts";

type Step = readonly [command: Command, told: Told];

/** One operation after the other, by one client. */
function sequence(steps: readonly Step[], model: ModelName = "store"): History {
  return { model, operations: steps.map(([command, told], at) => op("c", [2 * at, 2 * at + 1], command, told)) };
}

function verdictOf(steps: readonly Step[], model: ModelName = "store"): string {
  return checkHistory(sequence(steps, model)).verdict;
}

const del: Command = { op: "delete", key };
const append = (value: string): Command => ({ op: "append", key, value: b(value) });
const swap = (value: string): Command => ({ op: "swap", key, value: b(value) });
const cas = (expected: string | null, value: string | null): Command => ({
  op: "cas",
  key,
  expected: expected === null ? null : b(expected),
  value: value === null ? null : b(value),
});
const putVersion = (version: number, value: string): Command => ({ op: "put_version", key, version, value: b(value) });

/** Each row: an order of operations, the last of which tells the truth in the first column, and a lie in the second. */
const table: readonly (readonly [name: string, before: readonly Step[], last: Command, truth: Told, lie: Told])[] = [
  ["a get reads what was put", [[put("1"), {}]], get(), { value: b("1") }, { value: b("2") }],
  ["a get reads nothing at first", [], get(), { value: null }, { value: b("") }],
  ["an empty value is a value", [[put(""), {}]], get(), { value: b("") }, { value: null }],
  ["a put tells whether the key existed", [[put("1"), {}]], put("2"), { existed: true }, { existed: false }],
  ["an append tells the old value", [[append("1"), { value: null }]], append("2"), { value: b("1") }, { value: b("12") }],
  [
    "an append adds at the end",
    [
      [put("1"), {}],
      [append("2"), {}],
    ],
    get(),
    { value: b("12") },
    { value: b("21") },
  ],
  ["a swap tells the old value", [[put("1"), {}]], swap("2"), { value: b("1") }, { value: b("2") }],
  [
    "a swap replaces the value",
    [
      [put("1"), {}],
      [swap("2"), {}],
    ],
    get(),
    { value: b("2") },
    { value: b("1") },
  ],
  ["a delete tells whether the key existed", [[put("1"), {}]], del, { existed: true }, { existed: false }],
  [
    "a delete leaves nothing",
    [
      [put("1"), {}],
      [del, {}],
    ],
    get(),
    { value: null },
    { value: b("1") },
  ],
  ["a cas that matches is done", [[put("1"), {}]], cas("1", "2"), { done: true }, { done: false }],
  ["a cas that does not match is refused", [[put("1"), {}]], cas("2", "3"), { done: false }, { done: true }],
  [
    "a cas that is refused changes nothing",
    [
      [put("1"), {}],
      [cas("2", "3"), { done: false }],
    ],
    get(),
    { value: b("1") },
    { value: b("3") },
  ],
  ["a cas from nothing creates", [[cas(null, "1"), { done: true }]], get(), { value: b("1") }, { value: null }],
  [
    "a cas to nothing deletes",
    [
      [put("1"), {}],
      [cas("1", null), { done: true }],
    ],
    get(),
    { value: null },
    { value: b("1") },
  ],
  ["version 0 creates", [], putVersion(0, "1"), { done: true, version: 7 }, { done: false }],
  ["version 0 does not replace", [[put("1"), {}]], putVersion(0, "2"), { done: false }, { done: true }],
  [
    "a versioned put needs the version",
    [[put("1"), { version: 3 }]],
    putVersion(3, "2"),
    { done: true, version: 4 },
    { done: true, version: 5 },
  ],
  ["another version is refused", [[put("1"), { version: 3 }]], putVersion(2, "2"), { done: false }, { done: true }],
  [
    "each write raises the version by one",
    [
      [put("1"), { version: 3 }],
      [append("2"), {}],
    ],
    get(),
    { value: b("12"), version: 4 },
    { value: b("12"), version: 3 },
  ],
  [
    "nothing has version 0",
    [
      [put("1"), { version: 3 }],
      [del, {}],
    ],
    get(),
    { value: null, version: 0 },
    { value: null, version: 3 },
  ],
  [
    "a key that comes back has a higher version",
    [
      [put("1"), { version: 3 }],
      [del, {}],
    ],
    put("2"),
    { version: 9 },
    { version: 3 },
  ],
];

test.each(table)("%s", (_, before, last, truth, lie) => {
  expect(verdictOf([...before, [last, truth]])).toBe("linearizable");
  expect(verdictOf([...before, [last, lie]])).toBe("not linearizable");
});

describe("a version that nobody told", () => {
  test("may be any, but one only", () => {
    const steps: Step[] = [
      [put("1"), {}],
      [putVersion(5, "2"), { done: true }],
    ];
    expect(verdictOf(steps)).toBe("linearizable");
    expect(verdictOf([...steps, [get(), { value: b("2"), version: 6 }]])).toBe("linearizable");
    expect(verdictOf([...steps, [get(), { value: b("2"), version: 7 }]])).toBe("not linearizable");
  });

  test("is none of those that were refused", () => {
    const steps: Step[] = [
      [put("1"), {}],
      [putVersion(5, "2"), { done: false }],
    ];
    expect(verdictOf([...steps, [get(), { value: b("1"), version: 6 }]])).toBe("linearizable");
    expect(verdictOf([...steps, [get(), { value: b("1"), version: 5 }]])).toBe("not linearizable");
  });

  test("is above those that were refused before it, when the key comes back", () => {
    const steps: Step[] = [
      [put("1"), {}],
      [putVersion(1, "2"), { done: false }],
      [del, {}],
    ];
    expect(verdictOf([...steps, [put("3"), { version: 3 }]])).toBe("linearizable");
    expect(verdictOf([...steps, [put("3"), { version: 2 }]])).toBe("not linearizable");
  });
});

test("a register knows reads, writes and compare-and-set, and tells nothing else", () => {
  const first: Step[] = [
    [get(), { value: null }],
    [put("1"), {}],
    [cas("1", "2"), { done: true }],
  ];
  expect(verdictOf([...first, [get(), { value: b("2") }]], "register")).toBe("linearizable");
  expect(verdictOf([...first, [cas("1", "3"), { done: true }]], "register")).toBe("not linearizable");
  expect(() => verdictOf([[append("1"), {}]], "register")).toThrow("the model register has no append");
});

test("the keys of a kv map begin with the empty value", () => {
  const first: Step[] = [
    [get(), { value: b("") }],
    [append("1"), {}],
    [append("2"), {}],
  ];
  expect(verdictOf([...first, [get(), { value: b("12") }]], "kv")).toBe("linearizable");
  expect(verdictOf([[get(), { value: null }]], "kv")).toBe("not linearizable");
  expect(() => verdictOf([[del, {}]], "kv")).toThrow("the model kv has no delete");
});

/** What tells the state apart that these lead to, where no operation but these is known. */
function stateAfter(...operations: readonly KeyOperation[]): number | string {
  const model = modelOf("store", { key, operations });
  return versionKey(operations.reduce((state, each) => model.step(state, each) ?? state, model.initial));
}

test("versions are counted only where something depends on them", () => {
  const plain = partition(store(op("a", [1, 2], put("1"), {}), op("a", [3, 4], put("2"), {})))[0]?.operations ?? [];
  const counted = partition(store(op("a", [1, 2], put("1"), { version: 4 }), op("a", [3, 4], put("2"), {})))[0]?.operations ?? [];
  expect(stateAfter(...plain)).toBe(stateAfter(...plain.slice(1)));
  expect(stateAfter(...counted)).toBe(5);
});

test("a get of unknown outcome says nothing", () => {
  expect(checkHistory(store(op("a", [1, 2], get(), "unknown"))).operations).toBe(0);
  expect(checkHistory(store(op("a", [1, 2], get(), read(null)))).operations).toBe(1);
});
