import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type ErrorCode, KvorumError } from "../../src/client/errors.ts";

/** Every code that there is: the compiler sees to it that none is missing. */
const codes: Readonly<Record<ErrorCode, true>> = {
  invalid: true,
  timeout: true,
  aborted: true,
  closed: true,
  refused: true,
  overloaded: true,
  not_text: true,
  result_lost: true,
  unknown_outcome: true,
};

const page = readFileSync(new URL("../../docs/CLIENT.md", import.meta.url), "utf8");

test("every code means what the documentation says", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| `(\w+)` \| (yes|no) \|/gm)].map(([, ...cells]) => cells.join(" "));
  const meanings = Object.keys(codes).map((code) => {
    const error = new KvorumError(code as ErrorCode, "a sentence");
    return [code, error.outcome, error.retryable ? "yes" : "no"].join(" ");
  });
  expect(new Set(rows)).toEqual(new Set(meanings));
});

test("an error keeps what it came from, and has no cause where there is none", () => {
  const cause = new Error("the reason");
  expect(new KvorumError("aborted", "It was aborted.", cause)).toMatchObject({ name: "KvorumError", message: "It was aborted.", cause });
  expect("cause" in new KvorumError("timeout", "Too late.")).toBe(false);
});
