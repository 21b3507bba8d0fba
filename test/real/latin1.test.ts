import { expect, test } from "vitest";
import { latin1 } from "../../src/real/latin1.ts";

test("each character is a byte, and each byte a character", () => {
  const all = Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).join("");
  const bytes = latin1.encode(all, "A key was");
  expect([...bytes]).toEqual(Array.from({ length: 256 }, (_, at) => at));
  expect(latin1.decode(Uint8Array.from([0, ...bytes]).subarray(1), "A key is")).toBe(all);
});

test.each([
  ["\u0100", "A key was given as text with a character beyond U+00FF in it; each is one byte here."],
  ["a\u{1F600}", "A key was given as text with a character beyond U+00FF in it; each is one byte here."],
  [7, "A key was given as 7; this client's keys and values are text."],
])("%j is refused", (value, sentence) => {
  expect(() => latin1.encode(value, "A key was")).toThrow(sentence);
});
