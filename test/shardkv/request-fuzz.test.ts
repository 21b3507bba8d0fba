import { expect, test } from "vitest";
import { fuzzRequests } from "./request-fuzz.ts";

test("200,000 inputs are commands, queries and results that mean what they say, or are refused with a sentence", () => {
  const { inputs, commands, queries, results, longest, sentence } = fuzzRequests(200_000, 1);
  expect(inputs).toBe(200_000);
  expect(commands).toBeGreaterThan(20_000);
  expect(queries).toBeGreaterThan(20_000);
  expect(results).toBeGreaterThan(10_000);
  expect(longest).toBe(300);
  expect(sentence).toBeLessThan(200);
});
