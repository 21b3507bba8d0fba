import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Misunderstood } from "../../../src/cli/shell/misunderstood.ts";
import { asLine, asWord, wordsOf } from "../../../src/cli/shell/words.ts";

test.each<[string, string[]]>([
  ["", []],
  ["  put  a\t1 ", ["put", "a", "1"]],
  ['put greeting "hello world"', ["put", "greeting", "hello world"]],
  ["put a 'it is \"so\" \\n'", ["put", "a", 'it is "so" \\n']],
  [String.raw`put a "two\nlines\t\"\\ \u00e9\q"`, ["put", "a", 'two\nlines\t"\\ éq']],
  ["put '' \"\"", ["put", "", ""]],
  ["a'b c'd", ["ab cd"]],
  [String.raw`put C:\new x`, ["put", "C:\\new", "x"]],
  ["# put a 1", []],
  ["put a #1", ["put", "a", "#1"]],
])("the line %j has the words %j", (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});

test.each(['put a "b', "put a 'b", '"', String.raw`"\"`])("the line %j is refused: a quote is not closed", (line) => {
  expect(() => wordsOf(line)).toThrow(Misunderstood);
});

describe("what the shell prints", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("a", " ", '"', "'", "\\", "\n", "\u009b", "#") }),
  );

  test("as a word can be typed again, and is the same", () => {
    fc.assert(
      fc.property(fc.array(texts), (words) => {
        expect(wordsOf(["put", ...words.map(asWord)].join(" "))).toEqual(["put", ...words]);
      }),
    );
  });

  test("is one line without anything that moves a cursor", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(asLine(text)).not.toMatch(/\p{Cc}/u);
        expect(asWord(text)).not.toMatch(/\p{Cc}/u);
        expect(asLine(text).trim()).toBe(asLine(text));
        expect(asLine(text)).not.toBe("");
      }),
    );
  });

  test("leaves alone what is plain", () => {
    expect([asWord("user:17"), asLine("hello world"), asWord("hello world"), asLine(""), asLine("absent")]).toEqual([
      "user:17",
      "hello world",
      '"hello world"',
      '""',
      '"absent"',
    ]);
  });
});
