import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import type { KvWorld } from "../../src/lab/kv/world.ts";
import type * as Kind from "../../src/lab/real/kind.ts";
import type { Outcome } from "../../src/lab/world.ts";

const minuteMs = 60_000;

/** On processes, which run what was built. */
async function passes(servers: number, body: (world: KvWorld) => Promise<void>): Promise<Outcome> {
  const { RealWorlds } = (await import(pathToFileURL(join(process.cwd(), "dist/lab/real/kind.js")).href)) as typeof Kind;
  const outcome = await new RealWorlds().runStore({ servers, logBytesMax: 1_000 }, new Rng(1), body);
  if (outcome.failed) throw outcome.failure;
  return outcome;
}

test("a store of processes keeps what it is given, drops its log, and outlives its processes", async () => {
  const outcome = await passes(1, async (world) => {
    const client = world.newClient();
    for (let i = 0; i < 30; i += 1) await client.ask({ op: "put", key: `key ${i}`, value: "x".repeat(50) }, minuteMs);
    const { logBytes, droppedTo } = await world.sizes();
    expect(logBytes).toBeLessThan(8_000);
    expect(droppedTo).toBeGreaterThan(0);
    const bytes = await world.snapshotSize();
    expect(bytes).toBeGreaterThan(30 * 55);
    expect(bytes).toBeLessThan(30 * 80);
    await world.restart(0);
    expect(await world.newClient().ask({ op: "get", key: "key 7" }, minuteMs)).toEqual({
      kind: "done",
      told: { value: "x".repeat(50), version: 1 },
    });
  });
  expect(outcome.figures).toMatchObject({ servers: 1, operations: 31 });
  expect(outcome.figures.rpcs).toBeGreaterThanOrEqual(31);
});

test("a client reaches the servers that it is given; a server alone answers nobody", async () => {
  await passes(3, async (world) => {
    const client = world.newClient();
    expect(await client.ask({ op: "put", key: "k", value: "1" }, minuteMs)).toMatchObject({ kind: "done" });
    client.reach([]);
    expect(await client.ask({ op: "get", key: "k" }, 300)).toMatchObject({ kind: "unknown" });
    client.reach();
    expect(await client.ask({ op: "get", key: "k" }, minuteMs)).toMatchObject({ kind: "done" });
    await world.partition([]);
    expect([0, 1, 2].some((server) => world.isConnected(server))).toBe(false);
    expect(await client.ask({ op: "put", key: "k", value: "2" }, 300)).not.toMatchObject({ kind: "done" });
    await world.partition([[0, 1, 2]]);
    expect(await client.ask({ op: "append", key: "k", value: "3" }, minuteMs)).toMatchObject({ kind: "done" });
  });
});
