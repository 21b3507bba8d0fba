import { expect, test } from "vitest";
import { attack } from "./hostile-run.ts";
import { barePrey } from "./prey.ts";

test("a transport does not mind some hundred hostile connections, and its healthy peer does not notice", async () => {
  const verdict = await attack({ count: 600, seed: "small round", prey: await barePrey(), progress: () => {} });
  expect(verdict.failures).toEqual([]);
  expect(verdict).toMatchObject({ attacks: 600, dialled: 1 });
  expect(Object.keys(verdict.byName).length).toBeGreaterThan(12);
});
