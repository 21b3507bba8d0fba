import { expect, test } from "vitest";
import { ground } from "../zoo/plant.ts";
import { renamedWorld } from "./canonical.ts";
import { leads, smallest } from "./cases.ts";
import { canonical } from "./clone.ts";
import { loadCore } from "./core.ts";
import { explore } from "./explore.ts";
import type { Pump, Replica } from "./replica.ts";
import { type KnownReplica, renamings } from "./table.ts";
import { type Bounds, Universe, type World } from "./world.ts";

/** A member, without numbers of a table. What it is about to send does not count where its duties may wait. */
function memberText({ raft, disk, queue }: Replica, pump: Pump): string {
  const atHand = pump === "at_once" ? {} : { outbox: [], progress: undefined };
  return canonical({ raft: { ...raft, ...atHand }, disk, queue }, raft.persisted);
}

/** Tells of a state everything that properties look at, and more: the members and their history, whatever their names. */
function essences(): (universe: Universe, world: World) => string {
  const known = new Map<string, string>();
  return (universe, world) => {
    const key = `${world.nodes.join()} ${world.history}`;
    const essence = known.get(key) ?? essenceOf(universe, { ...world, messages: [] });
    known.set(key, essence);
    return essence;
  };
}

function essenceOf(universe: Universe, world: World): string {
  const { table, histories, bounds } = universe;
  const texts = renamings.map((_, renaming) => {
    const { nodes, history } = renamedWorld(universe, world, renaming);
    const members = nodes.map((node) => memberText((table.replicas[node] as KnownReplica).replica, bounds.pump));
    const past = histories.known[history]?.history;
    const chosen = past?.chosen.map(({ entry, term }) => [canonical(table.entries[entry]), term]);
    return JSON.stringify([members, past?.leaders, past?.votes, chosen]);
  });
  return texts.toSorted()[0] as string;
}

/** The plain way: every state for itself, every message stays, nothing happens by itself, and every name counts. */
function plainly(universe: Universe): Set<string> {
  const waiting = [universe.start()];
  const met = new Set(waiting.map((world) => JSON.stringify(world)));
  const found = new Set<string>();
  const essence = essences();
  for (let world = waiting.pop(); world !== undefined; world = waiting.pop()) {
    found.add(essence(universe, world));
    for (const action of universe.actions(world)) {
      const after = universe.after(world, action);
      if (after === undefined) continue;
      const { sent } = universe.table.step(world.nodes[action.node] as number, action.input);
      const next = { ...after, messages: [...new Set([...world.messages, ...sent])].toSorted((a, b) => a - b) };
      const key = JSON.stringify(next);
      if (!met.has(key)) waiting.push(next);
      met.add(key);
    }
  }
  return found;
}

test.each<Bounds>([
  { ...smallest, campaigns: 2, crashes: 1 },
  { ...smallest, campaigns: 2, terms: 2, start: [...leads, "lose"] },
  { ...smallest, stepDowns: 1, crashes: 1 },
  { ...smallest, proposals: 1, start: [...leads, "lose", "S0 appends a"] },
  { ...smallest, pump: "any_time" },
])("what exploring leaves out leads nowhere else: %j", { timeout: 60_000 }, async (bounds) => {
  const found = new Set<string>();
  const essence = essences();
  const seen = (universe: Universe, world: World): void => void found.add(essence(universe, world));
  const { complete } = await explore(ground.source, bounds, "ripe", { seen });
  const wanted = plainly(new Universe(await loadCore(ground.source), bounds));
  expect(complete).toBe(true);
  // Compared by hand: the texts are long.
  expect({ found: found.size, missed: [...wanted].filter((one) => !found.has(one)).length }).toEqual({ found: wanted.size, missed: 0 });
});
