import { expect, test } from "vitest";
import type { Raft } from "../../src/raft/raft.ts";
import { disturbedCluster } from "./chaos.ts";
import { Cluster } from "./cluster.ts";
import { elected } from "./talk.ts";

/** Cores in many different states. */
function disturbedCores(name: string): Raft[] {
  const seeds = Array.from({ length: 150 }, (_, i) => `${name} ${i}`);
  return seeds.flatMap((seed) => [...disturbedCluster(seed, 200).nodes.values()].flatMap(({ raft }) => raft ?? []));
}

test("until the last of `ticksToSleep` ticks nothing is due", () => {
  let slept = 0;
  for (const raft of disturbedCores("before")) {
    const { role } = raft.state;
    const ticks = raft.ticksToSleep();
    for (let tick = 1; tick < ticks; tick += 1) {
      raft.tick();
      expect(raft.hasReady(), `tick ${tick} of ${ticks}`).toBe(false);
    }
    expect(raft.state.role).toBe(role);
    slept += ticks;
  }
  expect(slept).toBeGreaterThan(1000);
});

test("with the last of them a follower campaigns, and a leader has something to send or has looked at its quorum", () => {
  for (const raft of disturbedCores("last")) {
    for (let ticks = raft.ticksToSleep(); ticks > 0; ticks -= 1) raft.tick();
    const { role, electionElapsed, progress } = raft.state;
    expect(electionElapsed === 0 || (role === "leader" && (raft.hasReady() || progress.size === 0))).toBe(true);
  }
});

test.each([
  [7, 22],
  [5, 31],
  [9, 19],
])("a leader with heartbeats every %i ticks wakes up when its disk has stood still for %i", (heartbeatTicks, stallTicks) => {
  const cluster = elected([1, 2, 3], { heartbeatTicks, stallTicks });
  cluster.node(1).disk.paused = true;
  cluster.propose(1, "a");
  cluster.stabilize();
  const raft = cluster.raft(1);
  for (let slept = 0; slept < 2 * stallTicks && raft.state.role === "leader"; slept += 1) {
    for (let ticks = raft.ticksToSleep(); ticks > 0; ticks -= 1) {
      expect(raft.state.role).toBe("leader");
      raft.tick();
    }
    cluster.finish(1, 0);
    cluster.stabilize();
  }
  expect(raft.state.role).toBe("follower");
});

test.each([7, 8, 11])("a leader wakes up when a snapshot has not arrived for %i ticks, and offers it again", (snapshotTicks) => {
  const cluster = elected([1, 2, 3], { heartbeatTicks: 6, snapshotTicks });
  cluster.cuts.add("1->3");
  cluster.propose(1, "a");
  cluster.stabilize();
  cluster.compact(1, 1);
  cluster.cuts.clear();
  const offers: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind === "offer") offers.push(happening.to);
    // No snapshot arrives.
    cluster.offers.length = 0;
  };
  cluster.tick(1, cluster.raft(1).ticksToSleep());
  cluster.stabilize();
  expect(offers).toEqual([3]);
  let slept = 0;
  while (offers.length === 1 && slept < 100) {
    const ticks = cluster.raft(1).ticksToSleep();
    cluster.tick(1, ticks);
    slept += ticks;
    cluster.stabilize();
  }
  expect(slept).toBe(snapshotTicks);
});

test("a candidate that is alone waits for its disk, however slow that is, and leads in its first term", () => {
  const cluster = new Cluster([1], { electionTicks: 2, heartbeatTicks: 1 });
  cluster.node(1).disk.paused = true;
  cluster.tick(1, 100);
  expect([cluster.raft(1).state.role, cluster.raft(1).state.term]).toEqual(["candidate", 1]);
  cluster.finish(1);
  expect([cluster.raft(1).state.role, cluster.raft(1).state.term]).toEqual(["leader", 1]);
});
