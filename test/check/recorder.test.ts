import { expect, test } from "vitest";
import * as door from "../../src/check/index.ts";
import { readHistory } from "../../src/check/read.ts";
import { HistoryRecorder } from "../../src/check/recorder.ts";
import { b, get, op, put, read } from "./histories.ts";

test("what is recorded is what happened", () => {
  const recorder = new HistoryRecorder();
  const first = recorder.call("a", 1, put("1"));
  const second = recorder.call("b", 2, put("2"));
  const third = recorder.call("b", 3, put("3"));
  recorder.call("c", 4, get());
  first.answered(5, { existed: false });
  second.failed();
  third.unknown();
  expect(recorder.size).toBe(4);
  expect(recorder.history()).toEqual({
    model: "store",
    operations: [
      op("a", [1, 5], put("1"), { existed: false }),
      { ...op("b", [2, 0], put("2"), "failed"), returned: undefined },
      op("b", [3, 0], put("3"), "unknown"),
      op("c", [4, 0], get(), "unknown"),
    ],
  });
});

test("a history is what was known when it was asked for", () => {
  const recorder = new HistoryRecorder();
  const call = recorder.call("a", 1, get());
  const early = recorder.history();
  call.answered(2, { value: b("1") });
  expect(early.operations).toEqual([op("a", [1, 0], get(), "unknown")]);
  expect(recorder.history().operations).toEqual([op("a", [1, 2], get(), read("1"))]);
});

test("an operation ends once, and not before it was called", () => {
  const recorder = new HistoryRecorder();
  const call = recorder.call("a", 1, get());
  expect(() => call.answered(0, {})).toThrow("an answer comes at its call or later");
  call.unknown();
  expect(() => call.answered(2, {})).toThrow("an operation ends once");
  expect(() => recorder.call("a", Number.NaN, get())).toThrow("a call has a time");
});

test("through the door a recorded run can be judged, explained, written and read again", () => {
  const recorder = new door.HistoryRecorder();
  const key = door.textBytes("k");
  recorder.call("a", 1, { op: "put", key, value: door.textBytes("1") }).answered(2);
  recorder.call("b", 3, { op: "get", key }).answered(4, { value: null });
  const { verdict, failure } = door.checkHistory(recorder.history(), { stepsMax: 1000 });
  expect(verdict).toBe("not linearizable");
  const text = failure === undefined ? "" : door.failureText(door.explainFailure(failure));
  expect(text).toContain("does not fit: it read nothing");
  const lines = recorder.history().operations.map((each) => door.jsonLine(each));
  expect(readHistory(lines.join("\n")).history).toEqual(recorder.history());
});
