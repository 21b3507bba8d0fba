import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attack } from "./hostile-run.ts";

test("a transport does not mind some hundred hostile connections, and its healthy peer does not notice", async () => {
  const verdict = await attack({
    count: 600,
    seed: "small round",
    cluster: "test",
    canary: "echo",
    victim: [process.execPath, "--import", "tsx", fileURLToPath(new URL("victim.ts", import.meta.url)), "{address}"],
    progress: () => {},
  });
  expect(verdict.failures).toEqual([]);
  expect(verdict).toMatchObject({ attacks: 600, dialled: 1 });
  expect(Object.keys(verdict.byName).length).toBeGreaterThan(12);
});
