import { describe, expect, test } from "vitest";
import type { ClusterShape } from "../../src/shardmaster/shape.ts";
import { changed, group } from "./master.ts";
import { MasterCluster, shape } from "./master-cluster.ts";

const other: ClusterShape = { cluster: "other", shards: 12, partitioner: { kind: "first-byte" } };

function running(...given: ConstructorParameters<typeof MasterCluster>): MasterCluster {
  const cluster = new MasterCluster(...given);
  cluster.sim.startAll();
  cluster.run(5000);
  return cluster;
}

describe("a shardmaster's servers", () => {
  test("give the cluster its shape, and each of them knows that it has it", () => {
    const cluster = running("shape");
    expect([0, 1, 2].map((at) => cluster.said.get(at))).toEqual(["agreed", "agreed", "agreed"]);
    const answers: unknown[] = [];
    cluster.query({ op: "shape" }, answers as never);
    cluster.query({ op: "config", number: -1 }, answers as never);
    cluster.run(1000);
    expect(answers).toMatchObject([{ shape }, { latest: 0, config: { number: 0 } }]);
  });

  test("serve joins as soon as the shape is there", () => {
    const cluster = running("joins");
    const ended: unknown[] = [];
    cluster.execute({ op: "join", groups: [group(1), group(2)] }, ended as never);
    cluster.run(1000);
    expect(ended).toEqual([changed(1)]);
  });

  test("need nobody else when there is one", () => {
    const cluster = running("alone", [shape], 1);
    expect([...cluster.said]).toEqual([[0, "agreed"]]);
  });

  test("agree again after a restart, and write nothing for it", () => {
    const cluster = running("restart");
    const before = cluster.masters.get(0)?.replica.sessions;
    for (const at of [0, 1, 2]) cluster.sim.crash(at, { powerCut: true });
    cluster.sim.startAll();
    expect(cluster.said.size).toBe(0);
    cluster.run(5000);
    expect([0, 1, 2].map((at) => cluster.said.get(at))).toEqual(["agreed", "agreed", "agreed"]);
    expect(before).toBeGreaterThan(0);
    expect(cluster.masters.get(0)?.replica.sessions).toBe(before);
  });

  test("that were started with another shape are told both", () => {
    const cluster = running("shapes", [shape, shape, other]);
    const refused = [...cluster.said.values()].filter((said) => said !== "agreed");
    // Whoever proposes first decides.
    expect(refused.length === 1 || refused.length === 2).toBe(true);
    for (const why of refused) expect(why).toMatch(/'test' with 10 shards by hash/);
    for (const why of refused) expect(why).toMatch(/'other' with 12 shards by first-byte/);
  });

  test("ask nothing any more when they are stopped", () => {
    const cluster = new MasterCluster("stopped");
    cluster.sim.start(0);
    cluster.run(2000);
    cluster.masters.get(0)?.stop();
    const sent = cluster.sim.network.counters().packetsSent;
    cluster.run(60_000);
    expect(cluster.sim.network.counters().packetsSent).toBe(sent);
    expect(cluster.said.size).toBe(0);
  });
});
