import { describe, expect, test } from "vitest";
import { textBytes } from "../../src/check/byte-string.ts";
import type { History, Operation, Told } from "../../src/check/history.ts";
import { judgeHistory } from "./kill/judge.ts";
import { type Kill, silences } from "./kill/silence.ts";

const ledger = "era 000001/ledger 0";

let time = 0;
function operation(op: "get" | "append", value: string | undefined, outcome: Told | "unknown"): Operation {
  time += 2;
  const key = textBytes(ledger);
  const command = op === "get" ? { op, key } : ({ op, key, value: textBytes(value ?? "") } as const);
  return { client: "a", call: time, returned: time + 1, command, outcome };
}
const append = (token: string, before: string | null): Operation =>
  operation("append", token, { value: before === null ? null : textBytes(before) });
const read = (value: string): Operation => operation("get", undefined, { value: textBytes(value) });

/** The promises that are broken. */
function broken(operations: readonly Operation[]): string[] {
  const history: History = { model: "store", operations };
  return judgeHistory(history).flatMap(({ promise, broken: how }) => (how === undefined ? [] : [promise]));
}

describe("of ledgers", () => {
  test("nothing is said when all is there, and what is unknown is there or not", () => {
    expect(broken([append("a;", null), operation("append", "b;", "unknown"), append("c;", "a;"), read("a;c;")])).toEqual([]);
    expect(broken([append("a;", null), operation("append", "b;", "unknown"), append("c;", "a;b;"), read("a;b;c;")])).toEqual([]);
  });

  test("an acknowledged write that is gone in the end is lost", () => {
    const operations = [append("a;", null), append("b;", "a;"), read("a;b;")];
    expect(broken(operations)).toEqual([]);
    expect(broken([...operations, read("a;")])).toEqual(["no acknowledged write is lost", "the history is linearizable"]);
  });

  test("a write that nobody knows of was not asked for", () => {
    const whole = [append("a;", null), append("b;", "a;"), read("a;b;")];
    expect(broken(whole.toSpliced(1, 1))).toEqual(["nothing is there that nobody wrote", "the history is linearizable"]);
  });

  test("a write that is there twice took effect twice", () => {
    expect(broken([append("a;", null), read("a;a;")])).toEqual(["no write takes effect twice", "the history is linearizable"]);
  });
});

function kill(at: number): Kill {
  return { at, replica: 0, led: true };
}

describe("the silence after a kill", () => {
  test("begins with the last answer before it, and is the longest up to the next kill", () => {
    expect(silences([90, 150, 160, 210, 290, 310], [kill(100), kill(200)], 320)).toEqual([60, 80]);
  });

  test("reaches into the next one's time when it began before it", () => {
    expect(silences([90, 250], [kill(100), kill(200)], 260)).toEqual([160, 160]);
  });

  test("lasts until the end when no answer comes any more", () => {
    expect(silences([90], [kill(100)], 400)).toEqual([310]);
    expect(silences([], [kill(100)], 400)).toEqual([300]);
  });
});
