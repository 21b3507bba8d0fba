import { expect, test } from "vitest";
import { explored } from "../../zoo/explored.ts";
import { zoo } from "../../zoo/hunt.ts";
import { ground, plant } from "../../zoo/plant.ts";
import { moveCases } from "./cases.ts";
import { exploreMoves } from "./explore.ts";

const ofTests = moveCases.map(({ bounds, bugs }) => {
  return { bounds, bugs, name: `${bounds.owners}, ${bounds.groups} groups, ${bounds.writes} writes` };
});

test.each(ofTests)("a shard with these owners is always in one place, and gets where it belongs: $name", async ({ bounds }) => {
  const { broken, complete, states } = await exploreMoves(ground.source, bounds);
  expect(broken).toBeUndefined();
  expect(complete).toBe(true);
  expect(states).toBeGreaterThan(100);
});

const planted = ofTests.flatMap(({ name, bounds, bugs }) => bugs.map((id) => ({ id, name, bounds })));

test.each(planted)("$id breaks a promise: $name", async ({ id, bounds }) => {
  const bug = zoo.find((one) => one.id === id);
  if (bug === undefined) throw new Error(`no bug is called ${id}`);
  const { broken, states } = await exploreMoves(plant(bug), bounds);
  expect({ states, property: broken?.property }).toEqual(explored[id]);
});
