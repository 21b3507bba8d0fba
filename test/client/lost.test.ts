import { expect, test } from "vitest";
import { StoreWorld } from "./store.ts";

test("a result that was too large to be kept, and whose first answer was lost, is an operation that was done", async () => {
  const world = new StoreWorld();
  const client = world.client();
  const long = "x".repeat(100_000);
  await world.settled(client.put("a", long));
  // What the servers say to clients is lost for a while, and what clients say is not.
  const asker = world.cluster.clients.at(-1)?.id;
  if (asker === undefined) throw new Error("there is a client");
  world.cluster.network.isolate(asker, "in");
  const swap = world.failure(client.swap("a", "b"));
  world.cluster.run(5000);
  world.cluster.network.heal();
  expect(await swap).toMatchObject({ code: "result_lost", outcome: "done", retryable: false });
  expect(await world.settled(client.getWithVersion("a"))).toEqual({ value: "b", version: 2 });
});
