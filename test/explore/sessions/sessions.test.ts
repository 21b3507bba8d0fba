import { expect, test } from "vitest";
import { explored } from "../../zoo/explored.ts";
import { zoo } from "../../zoo/hunt.ts";
import { ground, plant } from "../../zoo/plant.ts";
import { sessionCases } from "./cases.ts";
import { loadSessionCode } from "./code.ts";
import { exploreSessions } from "./explore.ts";
import { SessionWorld } from "./world.ts";

test.each(sessionCases)("with all rules every promise is kept: $name", async ({ bounds }) => {
  const { broken, complete, states } = await exploreSessions(ground.source, bounds);
  expect(broken).toBeUndefined();
  expect(complete).toBe(true);
  expect(states).toBeGreaterThan(100);
});

const planted = sessionCases.flatMap(({ name, bounds, bugs }) => bugs.map((id) => ({ id, name, bounds })));

test.each(planted)("$id breaks one: $name", async ({ id, bounds }) => {
  const bug = zoo.find((one) => one.id === id);
  if (bug === undefined) throw new Error(`no bug is called ${id}`);
  const { broken, states } = await exploreSessions(plant(bug), bounds);
  expect({ states, property: broken?.property }).toEqual(explored[id]);
  // The same happens, and breaks nothing, with the rule; what cannot happen then is left out.
  const world = new SessionWorld(await loadSessionCode(ground.source), bounds);
  const done = (broken?.trace ?? []).filter((action) => world.actions().includes(action) && (world.act(action), true));
  expect(done.length).toBeGreaterThan(0);
});
