import { expect, test } from "vitest";
import { groupId } from "../../src/base/ids.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import { GroupCluster } from "../../src/sim/group/group-cluster.ts";
import { kvGroup } from "../../src/sim/kv/kv-group.ts";
import { newUniverse, type Universe } from "../../src/sim/universe.ts";

function storeIn(universe: Universe, group: number): GroupCluster<KvCaller> {
  const cluster = new GroupCluster(universe, kvGroup(), {
    size: 3,
    name: { group: groupId(group), creation: 10 + group, servers: `g${group}-s` },
    clients: `g${group}-c`,
  });
  cluster.startAll();
  return cluster;
}

/** What a client of a store has read. */
function value(at: number): unknown {
  return [at, expect.objectContaining({ kind: "result", result: expect.objectContaining({ value: utf8(`of store ${at}`) }) })];
}

test("several groups stand in one universe, each with its servers, its clients and its data", () => {
  const universe = newUniverse(1);
  const stores = [storeIn(universe, 1), storeIn(universe, 2)];
  const read: unknown[] = [];
  for (const [at, store] of stores.entries()) {
    store.newClient().act((caller) => {
      caller.execute({ op: "put", key: utf8("k"), value: utf8(`of store ${at}`) }, 10_000, () => {
        caller.get(utf8("k"), 10_000, (outcome) => read.push([at, outcome]));
      });
    });
  }
  universe.world.runFor(5000);
  expect(read).toHaveLength(2);
  expect(read).toEqual(expect.arrayContaining([value(0), value(1)]));
  expect(stores.map(({ leader }) => leader !== undefined)).toEqual([true, true]);
  expect(stores.map(({ sim }) => sim.running)).toEqual([true, true]);
});

test("a group that is cut into pieces does not keep another one from its work", () => {
  const universe = newUniverse(2);
  const [cut, whole] = [storeIn(universe, 1), storeIn(universe, 2)];
  universe.world.runFor(2000);
  for (const { id } of cut.sim.servers) universe.network.isolate(id);
  universe.world.runFor(5000);
  expect(cut.sim.servers.every(({ member }) => member?.raft?.state.role !== "leader")).toBe(true);
  let outcome: unknown;
  whole.newClient().act((caller) =>
    caller.execute({ op: "put", key: utf8("k"), value: utf8("v") }, 1000, (ended) => {
      outcome = ended;
    }),
  );
  universe.world.runFor(1000);
  expect(outcome).toMatchObject({ kind: "result" });
});
