import { expect, test } from "vitest";
import { masterCases, masterSettings } from "./master-cases.ts";

test("the cases of the shardmaster do what they say, also when they are done again", () => {
  const cases = masterCases({ ...masterSettings, groups: 20, shards: 30, shardsMany: 40, changes: 8 });
  expect(cases.map(({ name }) => name)).toContain("a configuration behind 7 changes, 30 shards");
  for (const { run } of [...cases, ...cases]) expect(run).not.toThrow();
});
