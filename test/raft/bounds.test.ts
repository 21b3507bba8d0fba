import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import { raftOptions } from "../../src/raft/options.ts";
import { type Entry, entryBytes } from "../../src/raft/types.ts";
import { Cluster } from "./cluster.ts";
import { emptyImage } from "./disk.ts";

const group = membership([1, 2, 3].map((id) => replicaId(id)));
const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, entry) => sum + entryBytes(entry), 0);

/** The most that was ever seen of everything that has a limit. */
class Watch {
  readonly most = { append: 0, appendEntries: 0, inFlight: 0, inFlightBytes: 0, unstable: 0, uncommitted: 0, committed: 0 };
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.listener = (happening) => {
      this.look();
      if (happening.kind === "applied") this.#note("committed", bytesOf(happening.entries));
      if (happening.kind !== "sent" || happening.packet.message.kind !== "append") return;
      this.#note("append", bytesOf(happening.packet.message.entries));
      this.#note("appendEntries", happening.packet.message.entries.length);
    };
  }

  look(): void {
    for (const { raft } of this.#cluster.nodes.values()) {
      if (raft === undefined) continue;
      this.#note("unstable", raft.state.log.unstableBytes);
      this.#note("uncommitted", raft.state.uncommittedBytes);
      for (const progress of raft.state.progress.values()) {
        this.#note("inFlight", progress.inFlight.length);
        this.#note("inFlightBytes", progress.inFlightBytes);
      }
    }
  }

  #note(what: keyof Watch["most"], amount: number): void {
    this.most[what] = Math.max(this.most[what], amount);
  }
}

test("a follower 100,000 entries behind is brought up within the limits of every append, window and disk", () => {
  const limits = {
    appendBytesMax: 50_000,
    appendEntriesMax: 300,
    inFlightMax: 8,
    inFlightBytesMax: 200_000,
    unstableBytesMax: 300_000,
    applyBytesMax: 40_000,
  };
  const cluster = new Cluster([1, 2, 3], limits);
  const entries = Array.from({ length: 100_000 }, (_, i): Entry => ({ index: i + 1, term: 1, data: new Uint8Array(i % 250) }));
  for (const id of [1, 3])
    cluster.replaceImage(id, { ...emptyImage(group), hardState: { term: 1, vote: undefined }, entries: [...entries] });
  cluster.tick(1, cluster.raft(1).ticksToSleep());
  cluster.stabilize([1, 3]);
  const { most } = new Watch(cluster);
  cluster.propose(1, "last");
  // The follower's disk is slow: it finishes now and then.
  cluster.node(2).disk.paused = true;
  for (let step = 0; cluster.node(2).rows.length < 100_001 && step < 100_000; step += 1) {
    const [packet] = cluster.network.splice(0, 1);
    if (packet !== undefined) cluster.deliver(packet);
    if (packet === undefined) cluster.tick(1);
    if (step % 7 === 0) cluster.finish(2);
  }
  expect(cluster.node(2).rows.length).toBe(100_001);
  expect(most.append).toBeLessThanOrEqual(limits.appendBytesMax);
  expect(most.appendEntries).toBe(limits.appendEntriesMax);
  expect(most.inFlight).toBeLessThanOrEqual(limits.inFlightMax);
  expect(most.inFlightBytes).toBeLessThan(limits.inFlightBytesMax + limits.appendBytesMax);
  expect(most.unstable).toBeLessThanOrEqual(limits.unstableBytesMax);
  expect(most.committed).toBeLessThanOrEqual(limits.applyBytesMax);
  // They were not only kept but used.
  expect(most.inFlightBytes).toBeGreaterThan(limits.inFlightBytesMax);
  expect(most.committed).toBeGreaterThan(limits.applyBytesMax / 2);
});

/** A leader of three that has committed in its term. */
function leaderOf(limits: Parameters<typeof raftOptions>[0]): Cluster {
  const cluster = new Cluster([1, 2, 3], limits);
  cluster.tick(1, cluster.raft(1).ticksToSleep());
  cluster.stabilize();
  cluster.propose(1, "first");
  cluster.stabilize();
  return cluster;
}

const text = "x".repeat(84);

test("a leader that nobody answers refuses proposals when its uncommitted bytes are full, and takes them again", () => {
  const cluster = leaderOf({ uncommittedBytesMax: 10_000, inFlightBytesMax: 5000 });
  const watch = new Watch(cluster);
  const answers = Array.from({ length: 5000 }, () => {
    const [answer] = cluster.propose(1, text);
    watch.look();
    return answer;
  });
  expect(answers.filter((answer) => answer?.ok === true).length).toBe(100);
  expect(answers.at(-1)).toEqual({ ok: false, why: "overloaded", leader: 1 });
  expect(watch.most).toMatchObject({ uncommitted: 10_000, inFlightBytes: 5000, inFlight: 50 });
  cluster.stabilize();
  expect(cluster.raft(1).state.uncommittedBytes).toBe(0);
  expect(cluster.propose(1, text)[0]?.ok).toBe(true);
});

test("a leader whose own disk is slow refuses proposals when its unstable bytes are full, although all are committed", () => {
  const cluster = leaderOf({ unstableBytesMax: 10_000, stallTicks: 1000 });
  const { most } = new Watch(cluster);
  cluster.node(1).disk.paused = true;
  for (let i = 0; i < 500; i += 1) {
    cluster.propose(1, text);
    cluster.stabilize();
  }
  expect(cluster.raft(1).state.commit).toBe(101);
  expect(most.unstable).toBe(10_000);
  expect(cluster.propose(1, text)).toEqual([{ ok: false, why: "overloaded", leader: 1 }]);
  cluster.finish(1);
  expect(cluster.propose(1, text)[0]?.ok).toBe(true);
});

test("a follower whose disk is slow drops appends when its unstable bytes are full, and gets them again", () => {
  const cluster = leaderOf({ unstableBytesMax: 10_000, inFlightMax: 1000 });
  const { most } = new Watch(cluster);
  cluster.node(2).disk.paused = true;
  for (let i = 0; i < 500; i += 1) {
    cluster.propose(1, text);
    cluster.stabilize();
  }
  expect(most.unstable).toBe(10_000);
  cluster.node(2).disk.paused = false;
  cluster.finish(2);
  for (let i = 0; i < 9; i += 1) {
    cluster.tick(1);
    cluster.stabilize();
  }
  expect(cluster.node(2).rows.length).toBe(501);
});

test("a follower that is full is not sent the same entries over and over, but once with each heartbeat at most", () => {
  const cluster = leaderOf({ unstableBytesMax: 10_000, appendBytesMax: 1000, inFlightMax: 1000 });
  cluster.node(2).disk.paused = true;
  let sent = 0;
  cluster.listener = (happening) => {
    if (happening.kind !== "sent" || happening.packet.message.kind !== "append" || happening.packet.message.to !== 2) return;
    sent += happening.packet.message.entries.length;
  };
  for (let i = 0; i < 200; i += 1) {
    cluster.propose(1, text);
    expect(cluster.stabilize()).toBe(true);
  }
  expect(sent).toBe(200);
  cluster.tick(1, 3);
  expect(cluster.stabilize()).toBe(true);
  expect(sent).toBe(210);
  // As soon as the disk has moved, a gap is noticed at once again.
  cluster.finish(2, 1);
  expect(cluster.raft(2).state.crowded).toBe(false);
  cluster.finish(2);
  cluster.node(2).disk.paused = false;
  cluster.stabilize();
  cluster.tick(1, 3);
  expect(cluster.stabilize()).toBe(true);
  expect(cluster.node(2).rows.length).toBe(201);
});

test("an entry larger than every limit passes alone", () => {
  const one = { appendBytesMax: 1, inFlightBytesMax: 1, uncommittedBytesMax: 1, unstableBytesMax: 1, applyBytesMax: 1 };
  const cluster = leaderOf(one);
  for (let i = 0; i < 5; i += 1) {
    expect(cluster.propose(1, text)[0]?.ok).toBe(true);
    cluster.stabilize();
    cluster.tick(1, 3);
    cluster.stabilize();
  }
  expect([1, 2, 3].map((id) => cluster.node(id).rows.length)).toEqual([6, 6, 6]);
});

test("reads beyond the limit are refused until the waiting ones are answered", () => {
  const cluster = leaderOf({ readsMax: 10 });
  const contexts = Array.from({ length: 25 }, (_, i) => i);
  const answers = cluster.read(1, ...contexts);
  expect(answers.filter(({ ok }) => ok).length).toBe(10);
  expect(answers.at(-1)).toEqual({ ok: false, why: "overloaded", leader: 1 });
  cluster.stabilize();
  expect(cluster.read(1, 100)).toEqual([{ ok: true }]);
});

test("options that no group could live with are refused", () => {
  expect(() => raftOptions({ heartbeatTicks: 0 })).toThrow("heartbeatTicks is positive");
  expect(() => raftOptions({ electionTicks: 12 })).toThrow("an election outlasts a heartbeat");
  expect(() => raftOptions({ stallTicks: 30 })).toThrow("a stall outlasts an election");
  expect(() => raftOptions({ inFlightMax: 0 })).toThrow("inFlightMax is positive");
  expect(() => raftOptions({ readsMax: 0 })).toThrow("limits are positive");
  expect(Object.isFrozen(raftOptions())).toBe(true);
});
