import fc from "fast-check";
import { expect, test } from "vitest";
import type { LineRequest } from "../../src/client/line-request.ts";
import { BadResponse, parseResponse, requestLine } from "../../src/client/line-response.ts";

const get: LineRequest = { op: "GET", key: "k" };
const put: LineRequest = { op: "PUT", key: "k", value: "v" };
const swap: LineRequest = { op: "SWAP", key: "k", value: "v" };
const remove: LineRequest = { op: "DELETE", key: "k" };
const scan: LineRequest = { op: "SCAN", start: "a", end: "m" };

test("a request is a line of words", () => {
  expect([put, swap, get, remove, scan].map(requestLine)).toEqual(["PUT k v\n", "SWAP k v\n", "GET k\n", "DELETE k\n", "SCAN a m\n"]);
});

test.each([
  [put, "PUT k found\n", { found: true }],
  [put, "PUT k not_found\n", { found: false }],
  [remove, "DELETE k not_found\n", { found: false }],
  [get, "GET k v\n", { value: "v" }],
  [get, "\nGET  k null\r\n", { value: null }],
  [swap, "SWAP k null\n", { value: null }],
  [swap, 'SWAP k "\\#[\n', { value: '"\\#[' }],
  [scan, "SCAN a m BEGIN\nSCAN END\n", { rows: [] }],
  [
    scan,
    "SCAN a m BEGIN\n  b 1\n  c 2\nSCAN END\n",
    {
      rows: [
        { key: "b", value: "1" },
        { key: "c", value: "2" },
      ],
    },
  ],
] as const)("%j is answered by %j", (request, text, answer) => {
  expect(parseResponse(request, text)).toEqual(answer);
});

test.each([
  [get, "GET k v"],
  [get, "GET k\n"],
  [get, "GET k a b\n"],
  [get, "GET j v\n"],
  [get, "PUT k found\n"],
  [get, "STOP\n"],
  [get, "GET k v\nconnected\n"],
  [get, "\n"],
  [put, "PUT k yes\n"],
  [put, "PUT k Found\n"],
  [remove, "DELETE k null\n"],
  [scan, "SCAN a n BEGIN\nSCAN END\n"],
  [scan, "SCAN a m BEGIN\n"],
  [scan, "SCAN a m BEGIN\n  b\nSCAN END\n"],
  [scan, "SCAN a m BEGIN\n  b 1 2\nSCAN END\n"],
  [scan, "SCAN a m BEGIN\n  b 1\nSCAN  END\n"],
  [scan, "SCAN END\n"],
] as const)("%j is not answered by %j", (request, text) => {
  expect(() => parseResponse(request, text)).toThrow(BadResponse);
});

test("every word that a harness sends comes back as it was", () => {
  const word = fc
    .array(fc.integer({ min: 0x21, max: 0x7f }), { minLength: 1, maxLength: 200 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(word, word, word, (key, value, end) => {
      expect(parseResponse({ op: "SWAP", key, value: "new" }, `SWAP ${key} ${value}\n`)).toEqual({
        value: value === "null" ? null : value,
      });
      const rows = parseResponse({ op: "SCAN", start: key, end }, `SCAN ${key} ${end} BEGIN\n  ${key} ${value}\nSCAN END\n`);
      expect(rows).toEqual({ rows: [{ key, value }] });
    }),
  );
});
