import { expect, test } from "vitest";
import { exitCodes } from "../../src/cli/exit.ts";
import { codeOf } from "../../src/cli/shard-call.ts";
import { type ErrorCode, KvorumError } from "../../src/client/errors.ts";

test.each<[ErrorCode, keyof typeof exitCodes, number]>([
  ["timeout", "timeout", 6],
  ["unknown_outcome", "unknown", 5],
  ["result_lost", "unreadable", 3],
  ["refused", "notDone", 4],
  ["overloaded", "notDone", 4],
  ["closed", "notDone", 4],
])("what ends as %s ends the command as %s, with %i", (code, name, number) => {
  expect(codeOf(new KvorumError(code, "It did not work."))).toBe(exitCodes[name]);
  expect(exitCodes[name]).toBe(number);
});
