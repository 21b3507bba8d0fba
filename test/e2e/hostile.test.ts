import { afterEach, beforeEach, expect, test } from "vitest";
import { attack } from "../real/tcp/hostile-run.ts";
import { LiveGroup } from "../real/tcp/prey.ts";

let group: LiveGroup;
beforeEach(async () => {
  group = await LiveGroup.open();
});
afterEach(() => group.close());

test("a live replica does not mind some hundred hostile connections, and neither its peers, its clients nor its memory notice", async () => {
  const verdict = await attack({ count: 600, seed: "live round", prey: group, progress: () => {} });
  expect(verdict.failures).toEqual([]);
  expect(verdict).toMatchObject({ attacks: 600, dialled: 1 });
  expect(Object.keys(verdict.byName).length).toBeGreaterThan(12);
});
