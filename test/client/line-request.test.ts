import fc from "fast-check";
import { expect, test } from "vitest";
import { foundText, parseLine, scanText, stopText, valueText } from "../../src/client/line-request.ts";

test("a line is its keyword and its words", () => {
  expect(parseLine("PUT k v")).toEqual({ op: "PUT", key: "k", value: "v" });
  expect(parseLine("SWAP k v")).toEqual({ op: "SWAP", key: "k", value: "v" });
  expect(parseLine("GET k")).toEqual({ op: "GET", key: "k" });
  expect(parseLine("DELETE k")).toEqual({ op: "DELETE", key: "k" });
  expect(parseLine("SCAN a z")).toEqual({ op: "SCAN", start: "a", end: "z" });
  expect(parseLine("STOP")).toEqual({ op: "STOP" });
});

test("any blanks stand between words, before and behind them", () => {
  expect(parseLine("  PUT \t k    v  \r")).toEqual({ op: "PUT", key: "k", value: "v" });
  expect(parseLine("STOP\r")).toEqual({ op: "STOP" });
});

test("a line without words is none", () => {
  for (const line of ["", " ", "\r", " \t "]) expect(parseLine(line)).toBeUndefined();
});

test("words behind the last one that is needed are ignored", () => {
  expect(parseLine("GET k # a remark")).toEqual({ op: "GET", key: "k" });
  expect(parseLine("PUT k # remark")).toEqual({ op: "PUT", key: "k", value: "#" });
});

test("every printable byte can stand in keys and values", () => {
  const printable = Array.from({ length: 0x7f - 0x21 + 1 }, (_, at) => String.fromCharCode(0x21 + at));
  const word = fc.string({ unit: fc.constantFrom(...printable), minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(word, word, (key, value) => {
      expect(parseLine(`PUT ${key} ${value}`)).toEqual({ op: "PUT", key, value });
      expect(parseLine(`SCAN ${key} ${value}`)).toEqual({ op: "SCAN", start: key, end: value });
    }),
  );
});

test("what asks for nothing is malformed, and says what a line is", () => {
  for (const line of ["PUT", "PUT k", "SWAP k", "GET", "DELETE", "SCAN", "SCAN a", "put k v", "stop", "HELLO", "BEGIN"]) {
    expect(parseLine(line), `the line ${line}`).toMatchObject({ op: "malformed", why: expect.stringContaining(JSON.stringify(line)) });
  }
  expect(parseLine("x".repeat(1_000))).toMatchObject({ op: "malformed", why: expect.stringMatching(/^.{0,250}$/) });
});

test("answers are what the protocol says, to the byte", () => {
  expect(foundText("PUT", "k", true)).toBe("PUT k found\n");
  expect(foundText("DELETE", "k", false)).toBe("DELETE k not_found\n");
  expect(valueText("GET", "k", "v")).toBe("GET k v\n");
  expect(valueText("SWAP", "k", undefined)).toBe("SWAP k null\n");
  expect(scanText("a", "z", [])).toBe("SCAN a z BEGIN\nSCAN END\n");
  const rows = [
    { key: "a", value: "1" },
    { key: "b", value: "null" },
  ];
  expect(scanText("a", "z", rows)).toBe("SCAN a z BEGIN\n  a 1\n  b null\nSCAN END\n");
  expect(stopText).toBe("STOP\n");
});
