import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { groupId } from "../../src/base/ids.ts";
import { bytesOfRows } from "../../src/rsm/snapshot/chunk.ts";
import { decodeApplied, Keys } from "../../src/rsm/log/rows.ts";
import { decodePacket } from "../../src/rsm/wire.ts";
import { Forge } from "./forge.ts";
import { Group } from "./group.ts";
import { appliedOn, generationOf, generationsOn, leftBehind, onChunk, openViews, short, wholeSnapshot } from "./left-behind.ts";

vi.setConfig({ testTimeout: 60_000 });

const keys = new Keys(groupId(1));
describe("a follower whose entries were dropped", () => {
  test("catches up by a snapshot, and the rows of its old state are cleared", () => {
    const { group, behind } = leftBehind();
    expect(group.status(group.elected()).first).toBeGreaterThan(50);
    const chunks: number[] = [];
    onChunk(group, ({ number }) => chunks.push(number));
    group.restart(behind);
    group.commit("all again", [0, 1, 2]);
    expect(group.said("snapshot: sent").length).toBeGreaterThan(0);
    expect(group.restored[behind]?.at(-1)).toBeGreaterThan(50);
    expect(group.states[behind]).toEqual(group.states[group.elected()]);
    group.run(1_000);
    expect(generationOf(group, behind)).toBe(1);
    expect(generationsOn(group, behind)).toEqual([1]);
    expect(openViews(group)).toBe(0);
    // Chunks were not sent again without need.
    expect(group.said("snapshot: sent")[0]?.fields["chunks"]).toBeGreaterThan(5);
    expect(chunks.toSorted((a, b) => a - b)).toEqual([...new Set(chunks)]);
  });

  test("catches up through a network that loses, doubles, delays and reorders", () => {
    for (const seed of [1, 2, 3, 4]) {
      const { group, behind } = leftBehind({ seed });
      group.cluster.network.configure({ loss: 0.2, duplication: 0.3, delayMeanMs: 30 });
      group.restart(behind);
      group.commit("all again", [0, 1, 2]);
      group.run(6_000);
      expect(group.agrees).toBe(true);
      expect(generationsOn(group, behind)).toEqual([generationOf(group, behind)]);
    }
  });

  test("may be cut off from power at every step around the switch: it has the old state or the new one", () => {
    const outcomes = new Set<string>();
    for (let stop = 1; stop <= 45; stop += 1) {
      const { group, behind } = leftBehind({ seed: stop });
      const before = present(group.states[behind], "its state").length;
      const { disk } = group.cluster.server(behind);
      let left = stop;
      const cut = (): void => {
        left -= 1;
        if (left === 0) group.crash(behind, stop % 3 > 0);
      };
      const unobserve = disk.observe({ onAccepted: cut, onDurable: cut });
      group.restart(behind);
      group.run(700);
      unobserve();
      const applied = disk.copyOfImage().rows.get(keys.applied);
      const { index, generation } = decodeApplied(present(applied, "an applied row"));
      expect(generation === 0 ? index <= before : index > before).toBe(true);
      expect(generation).toBeLessThan(2);
      outcomes.add(`generation ${generation}`);
      if (group.cluster.member(behind) === undefined) group.restart(behind);
      group.commit("all again", [0, 1, 2]);
      expect(group.agrees).toBe(true);
    }
    expect([...outcomes].toSorted()).toEqual(["generation 0", "generation 1"]);
  });
});

describe("what is logged while a follower is sent a snapshot", () => {
  test("is there for it when it has the snapshot: it needs no other, however long others go on", () => {
    const { group, behind } = leftBehind({
      member: { ...short, snapshotChunkBytesMax: 100, snapshotWindowMax: 1, raft: { inFlightMax: 1, appendEntriesMax: 5 } },
    });
    const [leader, transfers] = [group.elected(), new Set<number>()];
    onChunk(group, ({ transfer }) => transfers.add(transfer.count));
    group.restart(behind);
    // More in ten milliseconds than the log's tail, and for as long as it takes.
    const step = (): void => {
      group.flood(3, 100);
      group.run(10);
    };
    for (let i = 0; i < 5; i += 1) step();
    for (let steps = 0; group.status(behind).applied + 20 < group.status(leader).applied; steps += 1) {
      expect(steps).toBeLessThan(300);
      step();
    }
    expect(group.said("snapshot: sent")).toHaveLength(1);
    expect(transfers.size).toBe(1);
    // Then the log is as short as it was.
    for (let i = 0; i < 20; i += 1) step();
    group.run(500);
    expect(group.member(leader).logBytes).toBeLessThan(2 * short.logBytesMax);
  });

  test("is kept only for a while when the follower dies", () => {
    const { group, behind } = leftBehind({
      member: { ...short, snapshotChunkBytesMax: 100, snapshotWindowMax: 1, raft: { inFlightMax: 1, appendEntriesMax: 5 } },
    });
    const leader = group.elected();
    group.restart(behind);
    const step = (ms: number): void => {
      group.flood(3, 100);
      group.run(ms);
    };
    for (let steps = 0; group.said("snapshot: not needed any more").length === 0; steps += 1) {
      expect(steps).toBeLessThan(300);
      step(10);
    }
    group.crash(behind, true);
    for (let i = 0; i < 20; i += 1) step(10);
    expect(group.member(leader).logBytes).toBeGreaterThan(2 * short.logBytesMax);
    for (let i = 0; i < 60; i += 1) step(100);
    expect(group.member(leader).logBytes).toBeLessThan(2 * short.logBytesMax);
  });
});

describe("a snapshot that arrives", () => {
  test("and is older than what is applied changes nothing", () => {
    const group = new Group();
    const forge = new Forge(group);
    group.begin();
    group.run(300);
    const leader = group.elected();
    const follower = (leader + 1) % 3;
    const old = wholeSnapshot(group, forge, leader);
    for (let i = 0; i < 5; i += 1) group.commit(`command ${i}`);
    group.run(300);
    const before = [group.status(follower), generationOf(group, follower), group.states[follower]?.length];
    const traces = forge.send(leader, follower, { ...old, term: group.status(leader).term });
    expect(traces.map(({ name }) => name)).toContain("raft: ignored a snapshot that is not newer");
    group.run(50);
    expect([group.status(follower), generationOf(group, follower), group.states[follower]?.length]).toEqual(before);
    expect(group.restored[follower]).toEqual([0]);
    group.commit("goes on", [0, 1, 2]);
  });

  test("and fits the log leaves the log, and what follows in it, as it is", () => {
    const group = new Group();
    const forge = new Forge(group);
    group.begin();
    group.commit("before");
    group.run(300);
    const leader = group.elected();
    const follower = (leader + 1) % 3;
    // The follower has the entries of the next commands, and hears nothing of their being committed.
    group.cluster.network.configureLink(group.cluster.server(leader).id, group.cluster.server(follower).id, {
      treat: (packet) => {
        const { payload } = decodePacket(packet);
        const isNews = payload.kind === "raft" && payload.message.kind === "append" && payload.message.commit > 2;
        return isNews ? "lost" : 0;
      },
    });
    group.flood(4, 30, "kept");
    group.until(() => group.status(leader).applied >= 6, "the leader has applied them");
    group.run(20);
    expect(group.status(follower)).toMatchObject({ last: 6, commit: 2, applied: 2 });
    const whole = wholeSnapshot(group, forge, leader);
    const traces = forge.send(leader, follower, { ...whole, mark: { ...whole.mark, index: 5, chain: 0 } });
    expect(traces.map(({ name }) => name)).toContain("raft: a snapshot matched the log");
    group.run(10);
    expect(group.status(follower)).toMatchObject({ first: 1, last: 6, commit: 5, applied: 5 });
    expect(group.restored[follower]).toEqual([0]);
    expect(generationOf(group, follower)).toBe(0);
    group.cluster.network.calm();
    group.commit("goes on", [0, 1, 2]);
    expect(group.agrees).toBe(true);
  });

  test("and reaches beyond the log takes its place, and its own suffix follows", () => {
    const group = new Group();
    const forge = new Forge(group);
    group.begin();
    group.run(300);
    const leader = group.elected();
    const follower = (leader + 1) % 3;
    group.isolate(follower);
    for (let i = 0; i < 5; i += 1) group.commit(`missed ${i}`, [leader]);
    group.run(50);
    forge.send(leader, follower, wholeSnapshot(group, forge, leader));
    expect(group.states[follower]).toEqual(group.states[leader]);
    expect(group.status(follower)).toMatchObject({ first: 7, last: 6, stable: 0, applied: 6 });
    group.run(20);
    expect(group.status(follower).stable).toBe(6);
    expect(generationOf(group, follower)).toBe(1);
    group.heal();
    group.commit("goes on", [0, 1, 2]);
  });
});

describe("the log", () => {
  test("stays within its bytes under load, on the leader and on followers, and one that is down does not matter", () => {
    const group = new Group({ member: { logBytesMax: 20_000, logTailBytes: 2_000 } }).begin();
    group.crash((group.elected() + 1) % 3);
    const worst = [0, 0, 0];
    for (let i = 0; i < 240; i += 1) {
      if (i % 4 === 0) group.flood(20, 100, `load ${i}`);
      group.run(3.7);
      for (const at of group.running) {
        worst[at] = Math.max(worst[at] as number, group.member(at).logBytes);
        // Nothing is dropped before the state holds it durably.
        expect(group.status(at).first - 1).toBeLessThanOrEqual(appliedOn(group, at).index);
      }
    }
    group.commit("done");
    // What is not durably applied yet comes on top: here, two rounds.
    expect(Math.max(...worst)).toBeLessThan(20_000 + 3 * 20 * 150);
    expect(Math.max(...worst)).toBeGreaterThan(10_000);
    for (const at of group.running) expect(group.status(at).first).toBeGreaterThan(900);
  });

  test("is dropped when asked for, as far as the state holds it durably, and stays dropped", () => {
    const group = new Group().begin();
    for (let i = 0; i < 8; i += 1) group.commit(`command ${i}`);
    group.run(100);
    const leader = group.elected();
    group.member(leader).compact(5);
    expect(group.status(leader).first).toBe(6);
    group.member(leader).compact(3);
    expect(group.status(leader).first).toBe(6);
    group.member(leader).compact(1_000);
    expect(group.status(leader).first).toBe(10);
    // What was asked for beyond the state's end is done when the state gets there.
    group.commit("one more");
    group.run(100);
    expect(group.status(leader).first).toBe(11);
    group.crash(leader, true);
    group.restart(leader);
    group.run(500);
    expect(group.status(leader).first).toBe(11);
    expect(group.agrees).toBe(true);
  });

  test("is kept from a snapshot's index on while the snapshot is under way", () => {
    const { group, behind } = leftBehind();
    const leader = group.elected();
    const [from, to] = [group.cluster.server(leader).id, group.cluster.server(behind).id];
    group.cluster.network.configureLink(from, to, { treat: (packet) => (decodePacket(packet).payload.kind === "chunk" ? 600 : 0) });
    group.restart(behind);
    group.until(() => group.said("snapshot: sent", leader).length > 0, "a snapshot is sent");
    const { index } = present(group.said("snapshot: sent", leader)[0], "a snapshot").fields;
    for (let i = 0; i < 10; i += 1) {
      group.flood(20, 20, `meanwhile ${i}`);
      group.run(40);
      expect(group.status(leader).first).toBeLessThanOrEqual(Number(index) + 1);
    }
    expect(group.member(leader).logBytes).toBeGreaterThan(short.logBytesMax);
    group.run(400);
    expect(group.status(behind).last).toBe(group.status(leader).last);
    expect(group.restored[behind]).toHaveLength(3);
    group.flood(5, 20, "afterwards");
    group.run(200);
    expect(group.member(leader).logBytes).toBeLessThan(short.logBytesMax + 1_000);
  });
});

test("the figures say how large log and snapshot are, and what is held of one under way", () => {
  const { group, behind } = leftBehind();
  const leader = group.elected();
  const counted: number[] = [];
  group.member(leader).countSnapshotBytes((bytes) => counted.push(bytes));
  expect(counted).toEqual([]);
  group.run(50);
  // A recorder's rows: 9 bytes of key for each command, and the row that counts them.
  const commands = group.states[leader] ?? [];
  expect(counted).toEqual([commands.reduce((sum, command) => sum + 9 + command.length, 1 + 8)]);
  expect(group.member(leader).snapshotHeldBytes).toBe(0);
  let sent = 0;
  onChunk(group, ({ rows }) => (sent += bytesOfRows(rows)));
  group.cluster.server(behind).disk.drive.slow(20);
  group.restart(behind);
  group.until(() => group.member(leader).snapshotHeldBytes > 0, "chunks are under way");
  expect(group.member(leader).snapshotHeldBytes).toBeLessThanOrEqual(4 * short.snapshotChunkBytesMax);
  group.commit("all again", [0, 1, 2]);
  expect(sent).toBe(counted[0]);
  expect([group.member(leader).snapshotHeldBytes, openViews(group)]).toEqual([0, 0]);
});

test("a command is no larger for having gone through a snapshot", () => {
  const { group, behind } = leftBehind();
  group.restart(behind);
  group.commit("all again", [0, 1, 2]);
  const read = present(group.member(behind).read, "it can be read");
  expect(read(utf8("no such row"))).toBeUndefined();
  expect(group.states[behind]?.[0]).toBe("first");
});
