import { expect, test } from "vitest";
import { failureOf, type Stop } from "../../src/client/failure.ts";

const put = { name: "put", changes: true, stop: undefined, trouble: undefined };
const late: Stop = { code: "timeout", sentence: "its 5 ms were over" };

test.each([
  [{ kind: "lost" } as const, undefined, "result_lost", "done", "The put was done, once; its result was too large to be kept"],
  [{ kind: "refused", why: "bad_request", detail: "Not so." } as const, undefined, "invalid", "not_done", "Not so."],
  [{ kind: "refused", why: "expired", detail: "too late" } as const, undefined, "refused", "not_done", "(expired: too late)"],
  [{ kind: "refused", why: "overloaded", detail: "full" } as const, undefined, "overloaded", "not_done", "(overloaded: full)"],
  [{ kind: "refused", why: "never_sent", detail: "Nobody is there." } as const, undefined, "refused", "not_done", "done: Nobody is there."],
  [{ kind: "unknown", detail: "Nobody is there." } as const, undefined, "unknown_outcome", "unknown", "the put was done: Nobody is there."],
  [{ kind: "refused", why: "not_leader", detail: "" } as const, late, "timeout", "not_done", "The put was not done: its 5 ms were over."],
  [{ kind: "unknown", detail: "deadline" } as const, late, "unknown_outcome", "unknown", "its 5 ms were over before an answer came."],
  [{ kind: "unknown", detail: "expired: late" } as const, undefined, "unknown_outcome", "unknown", "the put was done: expired: late."],
] as const)("%j with %j is %s", (outcome, stop, code, kind, sentence) => {
  const error = failureOf({ ...put, stop }, outcome);
  expect([error.code, error.outcome]).toEqual([code, kind]);
  expect(error.message).toContain(sentence);
  expect(error.message).not.toContain("..");
});
