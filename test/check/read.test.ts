import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import type { Bytes } from "../../src/check/byte-string.ts";
import type { Operation } from "../../src/check/history.ts";
import { jsonLine } from "../../src/check/json-lines.ts";
import { readHistory } from "../../src/check/read.ts";
import { HistoryRefused } from "../../src/check/refusal.ts";
import { b, get, op, put, read } from "./histories.ts";
import { legalHistory } from "./random-histories.ts";

function operations(...lines: string[]): readonly Operation[] {
  return readHistory(lines.join("\n")).history.operations;
}

/** The sentence with which a file is refused. */
function refusal(...lines: string[]): string {
  try {
    readHistory(lines.join("\n"));
  } catch (error) {
    if (error instanceof HistoryRefused) return error.message;
    throw error;
  }
  return "it was read";
}

test("the first line that is not empty tells the format", () => {
  expect(readHistory("\n\nINFO  jepsen.util - 0\t:invoke\t:read\tnil\n")).toMatchObject({
    format: "jepsen",
    history: { model: "register" },
  });
  expect(readHistory('{:process 0, :type :invoke, :f :get, :key "0", :value nil}')).toMatchObject({
    format: "kv",
    history: { model: "kv" },
  });
  const json = jsonLine(op("a", [1, 2], get(), read("1")));
  expect(readHistory(`\r\n${json}\r\n`)).toMatchObject({ format: "json lines", history: { model: "store" } });
  expect(readHistory(" \n\n")).toEqual({ format: undefined, history: { model: "store", operations: [] } });
  expect(refusal("", "hello")).toBe(
    "line 2: expected 'INFO jepsen.util', '{:process' or '{\"', with which the known formats begin, found \"hello\"",
  );
});

function line(process: string, type: string, operation: string, value: string): string {
  return `INFO  jepsen.util - ${process}\t${type}\t${operation}\t${value}`;
}

describe("a log of Jepsen", () => {
  const register = b("register");

  test("joins calls and ends, with the numbers of the lines as times", () => {
    const lines = [
      line("0", ":invoke", ":write", "4"),
      line(":nemesis", ":info", ":start", "nil"),
      line("1", ":invoke", ":read", "nil"),
      line("0", ":ok", ":write", "4"),
      line("1", ":ok", ":read", "nil"),
      line("1", ":invoke", ":cas", "[4 5]"),
      line("1", ":fail", ":cas", "[4 5]"),
    ];
    expect(operations(...lines)).toEqual([
      op("0", [1, 4], { op: "put", key: register, value: b("4") }, {}),
      op("1", [3, 5], { op: "get", key: register }, read(null)),
      op("1", [6, 7], { op: "cas", key: register, expected: b("4"), value: b("5") }, { done: false }),
    ]);
  });

  test.each([
    ["an info", line("0", ":info", ":write", "4"), "unknown"],
    ["a time-out", line("0", ":fail", ":write", ":timed-out"), "unknown"],
    ["no end at all", "", "unknown"],
    ["a failure that did not time out", line("0", ":fail", ":write", "4"), "failed"],
  ])("%s leaves a write %s", (_, end, outcome) => {
    expect(operations(line("0", ":invoke", ":write", "4"), end)).toMatchObject([{ outcome }]);
  });

  test.each([
    [["INFO nothing"], `line 1: expected a line such as 'INFO jepsen.util - 3 :invoke :write 4', found "INFO nothing"`],
    [[line("0", ":ok", ":read", "1")], "line 1: expected a call of process 0 before its end"],
    [[line("0", ":invoke", ":read", "1")], `line 1: expected nil behind the call of a read, found "1"`],
    [[line("0", ":invoke", ":write", "x")], `line 1: expected an integer, found "x"`],
    [[line("0", ":invoke", ":cas", "[1]")], `line 1: expected a pair such as [1 2], found "[1]"`],
    [[line("0", ":invoke", ":write", "1"), line("0", ":ok", ":write", "2")], `line 2: expected the value that was called with, found "2"`],
    [
      [line("0", ":invoke", ":write", "1"), line("0", ":ok", ":write", ":timed-out")],
      `line 2: expected a value behind :ok, found ":timed-out"`,
    ],
    [
      [line("0", ":invoke", ":write", "1"), line("0", ":ok", ":read", "1")],
      `line 2: expected the end of process 0's put of line 1, found "get"`,
    ],
    [
      [line("0", ":invoke", ":write", "1"), line("0", ":invoke", ":read", "nil")],
      "line 2: expected the end of process 0's put of line 1 before its next call",
    ],
  ])("is refused: %j", (lines, sentence) => {
    expect(refusal(...lines)).toBe(sentence);
  });
});

function event(type: string, f: string, key: string, value: string): string {
  return `{:process 0, :type ${type}, :f ${f}, :key ${key}, :value ${value}}`;
}

describe("key-value events", () => {
  test("are joined, each get with what it read", () => {
    const lines = [
      event(":invoke", ":append", '"k"', '"x 0 0 y"'),
      event(":ok", ":append", '"k"', '"x 0 0 y"'),
      event(":invoke", ":get", '"k"', "nil"),
      event(":ok", ":get", '"k"', String.raw`"x\t\u00e9\"\\"`),
    ];
    expect(operations(...lines)).toEqual([
      op("0", [1, 2], { op: "append", key: b("k"), value: b("x 0 0 y") }, {}),
      op("0", [3, 4], get(), read('x\té"\\')),
    ]);
  });

  test.each([
    [":info", "unknown"],
    [":fail", "failed"],
  ])("the end %s is the outcome %s", (type, outcome) => {
    expect(operations(event(":invoke", ":put", '"k"', '"1"'), event(type, ":put", '"k"', '"1"'))).toMatchObject([{ outcome }]);
  });

  const call = event(":invoke", ":put", '"k"', '"1"');
  test.each([
    [["{:process 0"], `line 1: expected a keyword, a string, an integer, nil or the end of the map, found ""`],
    [["{:process 0, 1 2}"], `line 1: expected a keyword such as :process before each value, found "{:process 0, 1 2}"`],
    [["{:process 0, :process 1}"], `line 1: expected :process only once, found "{:process 0, :process 1}"`],
    [[`${call} x`], `line 1: expected nothing behind the map, found " x"`],
    [[call.replace(":put", ":steal")], "line 1: expected one of :get, :put, :append behind :f"],
    [[call.replace(":invoke", ":begin")], "line 1: expected one of :invoke, :ok, :fail, :info behind :type"],
    [[call.replace(":process 0", ':process "a"')], "line 1: expected an integer behind :process"],
    [[call.replace('"k"', "nil")], "line 1: expected a string behind :key"],
    [[call.replace(', :value "1"', "")], "line 1: expected the field :value"],
    [[call.replace("}", ", :who 1}")], `line 1: expected only the fields :process, :type, :f, :key, :value, found ":who"`],
    [[call.replace('"1"', String.raw`"\q"`)], String.raw`line 1: expected an escape that EDN knows, found "\\q"`],
    [[call.replace('"1"', String.raw`"\ud800"`)], "line 1: expected whole characters"],
    [[call, event(":ok", ":put", '"other"', '"1"')], `line 2: expected the key that was called with, found "other"`],
    [[call, event(":ok", ":put", '"k"', '"2"')], `line 2: expected the value that was called with, found "2"`],
    [[event(":invoke", ":get", '"k"', '"1"')], "line 1: expected nil behind the :value of a get that is called"],
    [[event(":ok", ":get", '"k"', '"1"')], "line 1: expected a call of process 0 before its end"],
  ])("are refused: %j", (lines, sentence) => {
    expect(refusal(...lines)).toMatch(new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`));
  });
});

describe("our own format", () => {
  test("is read as it is written, whatever is in it", () => {
    const rng = new Rng("json lines");
    const ops = ["get", "put", "append", "swap", "delete", "cas", "put_version", "scan"] as const;
    const recipe = {
      model: "store",
      ops,
      keys: 3,
      values: 3,
      operations: 40,
      clients: 3,
      spread: 1,
      lasting: 3,
      unknown: 0.3,
      telling: 0.5,
    } as const;
    for (let round = 0; round < 50; round += 1) {
      const history = legalHistory(rng, recipe);
      // An operation of unknown outcome may have a return, which means nothing.
      expect(operations(...history.operations.map(jsonLine))).toEqual(history.operations);
    }
  });

  test("holds bytes that are no text, and text that is hard to write", () => {
    const binary = "\xff\x00\x80" as Bytes;
    const operation = op('"quoted\n', [0.5, 1.5], { op: "put", key: binary, value: b('\u2028"\\\u0000 é 🙂') }, { value: binary });
    expect(jsonLine(operation)).toContain('"key64":"/wCA"');
    expect(operations(jsonLine(operation))).toEqual([operation]);
  });

  test("needs no result where there is no return", () => {
    expect(operations('{"client":"a","call":1,"op":"delete","key":"k"}')).toMatchObject([{ outcome: "unknown", returned: undefined }]);
    expect(operations('{"client":"a","call":1,"op":"delete","key":"k","result":"failed"}')).toMatchObject([{ outcome: "failed" }]);
  });
});

describe("a line of our own format", () => {
  const good = { client: "a", call: 1, return: 2, op: "get", key: "k", result: { value: "1" } };
  const scan = { client: "a", call: 1, return: 2, op: "scan", result: { rows: [] } };
  const put1 = { ...good, op: "put", value: "1", result: {} };
  test.each<[unknown, string]>([
    [{ ...good, returned: 2, return: undefined, result: undefined }, `no such field of a get, found "returned"`],
    [{ ...good, client: 1 }, "the field client, a string, found"],
    [{ ...good, call: "1" }, "a number as call, found"],
    [{ ...good, call: undefined }, "the field call, a number"],
    [{ ...good, return: 0 }, `a return at or after the call, found "0"`],
    [
      { ...good, op: "steal" },
      `one of get, put, append, swap, delete, cas, put_version, scan, join, leave, move, query as op, found "steal"`,
    ],
    [{ ...good, key: undefined }, "the field key, a string, or key64, a string in base64"],
    [{ ...good, key: null }, `a string as key, found "null"`],
    [{ ...good, key64: "aw==" }, "key or key64, not both, found"],
    [{ ...good, key: undefined, key64: "aw" }, "base64 with its padding as key64, found"],
    [{ ...good, key: "\ud800" }, "a string of whole characters as key, found"],
    [{ ...good, result: undefined }, "a result beside a return"],
    [{ ...good, return: undefined }, "a return beside a result, or the result unknown"],
    [{ ...good, result: "done" }, `"failed", "unknown" or an object as result, found`],
    [{ ...good, result: {} }, "the field value, a string or null, in the result of a get"],
    [{ ...good, result: { value: "1", existd: true } }, `no such field of the result of a get, found "existd"`],
    [{ ...good, result: { value: "1", existed: 1 } }, `true or false as existed, found "1"`],
    [{ ...good, result: { value: "1", version: -1 } }, `a whole number, zero or more, as version, found "-1"`],
    [{ ...put1, value: undefined }, "the field value, a string, or value64, a string in base64"],
    [{ ...put1, result: { done: true } }, `no such field of the result of a put, found "done"`],
    [{ ...put1, op: "cas" }, "the field expected, a string or null"],
    [{ ...put1, op: "cas", expected: null, value: undefined }, "the field value, a string or null"],
    [{ ...put1, op: "cas", expected: null }, "the field done, true or false, in the result of a cas"],
    [{ ...put1, op: "put_version" }, "the field version, a whole number"],
    [{ ...scan, from: "a", after: "b" }, "from or after, not both"],
    [{ ...scan, to: "a", before: "b" }, "to or before, not both"],
    [{ ...scan, limit: 0.5 }, "a whole number, zero or more, as limit"],
    [{ ...scan, result: {} }, "the field rows, a list, in the result of a scan"],
    [{ ...scan, result: { rows: [1] } }, `an object as each of the rows, found "1"`],
    [{ ...scan, result: { rows: [{ key: "a", value: "1", at: 1 }] } }, `no such field of a row, found "at"`],
  ])("is refused: %j", (object, sentence) => {
    const first = jsonLine(op("a", [1, 2], put("1"), {}));
    const message = refusal(first, JSON.stringify(object));
    expect(message.slice(0, `line 2: expected ${sentence}`.length)).toBe(`line 2: expected ${sentence}`);
    expect(message).not.toContain("\n");
  });

  test("is refused where a line is no JSON, or cut off", () => {
    const whole = JSON.stringify(good);
    expect(refusal(whole, whole.slice(0, -5))).toMatch(/^line 2: expected a JSON object, found "/);
    expect(refusal(whole, "[1]")).toMatch(/^line 2: expected a JSON object, found "/);
  });
});
