import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import type { Mark } from "../../src/raft/types.ts";
import { type AppliedRow, decodeApplied, Keys, stateKeyOffset } from "../../src/rsm/rows.ts";
import { decodePacket, type Payload, type StateRow } from "../../src/rsm/wire.ts";
import { Forge } from "./forge.ts";
import { Group, type GroupOptions } from "./group.ts";

vi.setConfig({ testTimeout: 60_000 });

const keys = new Keys(groupId(1));
const short = { logBytesMax: 1_500, logTailBytes: 200 };

/** A group one of whose followers was down while the others worked and dropped their logs. */
function leftBehind(options: GroupOptions = {}): { group: Group; behind: number } {
  const group = new Group({ member: short, ...options }).begin();
  const behind = (group.elected() + 1) % 3;
  group.crash(behind, true);
  for (let i = 0; i < 10; i += 1) {
    group.flood(10, 20, `while it was down ${i}`);
    group.commit(`round ${i}`);
  }
  return { group, behind };
}

/** What a disk holds for good. */
function appliedOn(group: Group, server: number): AppliedRow {
  const row = group.cluster.server(server).disk.copyOfImage().rows.get(keys.applied);
  return decodeApplied(present(row, "an applied row"));
}

function generationOf(group: Group, server: number): number {
  return appliedOn(group, server).generation;
}

/** The generations of which there are rows on a disk. */
function generationsOn(group: Group, server: number): number[] {
  const found = new Set<number>();
  for (const { key } of group.cluster.server(server).disk.image()) if (key[4] === keys.statePrefix[4]) found.add(key[8] as number);
  return [...found];
}

describe("a follower whose entries were dropped", () => {
  test("catches up by a snapshot, and the rows of its old state are cleared", () => {
    const { group, behind } = leftBehind();
    expect(group.status(group.elected()).first).toBeGreaterThan(50);
    group.restart(behind);
    group.commit("all again", [0, 1, 2]);
    expect(group.said("snapshot: sent").length).toBeGreaterThan(0);
    expect(group.restored[behind]?.at(-1)).toBeGreaterThan(50);
    expect(group.states[behind]).toEqual(group.states[group.elected()]);
    group.run(1_000);
    expect(generationOf(group, behind)).toBe(1);
    expect(generationsOn(group, behind)).toEqual([1]);
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
    for (let stop = 1; stop <= 30; stop += 1) {
      const { group, behind } = leftBehind({ seed: stop });
      const before = present(group.states[behind], "its state").length;
      const { disk } = group.cluster.server(behind);
      let left = 1 + (stop % 10);
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
      outcomes.add(`generation ${generation}`);
      if (group.cluster.member(behind) === undefined) group.restart(behind);
      group.commit("all again", [0, 1, 2]);
      expect(group.agrees).toBe(true);
    }
    expect([...outcomes].toSorted()).toEqual(["generation 0", "generation 1"]);
  });
});

/** The leader's state, as it would send it. */
function snapshotOf(group: Group, forge: Forge, from: number, to: number): Extract<Payload, { kind: "install" }> {
  const rows: StateRow[] = [];
  for (const { key, value } of group.cluster.server(from).disk.image()) {
    if (key[4] === keys.statePrefix[4]) rows.push([key.subarray(stateKeyOffset), value]);
  }
  const state = forge.state(from);
  const { index, term, chain } = decodeApplied(group.cluster.server(from).disk.copyOfImage().rows.get(keys.applied) as Uint8Array);
  const mark: Mark = { index, term, chain, membership: state.membership };
  const ends = { from: replicaId(from), to: replicaId(to), term: state.term };
  return { kind: "install", message: { kind: "snapshot", ...ends, mark }, rows };
}

describe("a snapshot that arrives", () => {
  test("and is older than what is applied changes nothing", () => {
    const group = new Group();
    const forge = new Forge(group);
    group.begin();
    group.run(300);
    const leader = group.elected();
    const follower = (leader + 1) % 3;
    const old = snapshotOf(group, forge, leader, follower);
    for (let i = 0; i < 5; i += 1) group.commit(`command ${i}`);
    group.run(300);
    const before = [group.status(follower), generationOf(group, follower), group.states[follower]?.length];
    const traces = forge.send(leader, follower, { ...old, message: { ...old.message, term: group.status(leader).term } });
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
    const whole = snapshotOf(group, forge, leader, follower);
    const mark = { ...whole.message.mark, index: 5, chain: 0 };
    const traces = forge.send(leader, follower, { ...whole, message: { ...whole.message, mark } });
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
    forge.send(leader, follower, snapshotOf(group, forge, leader, follower));
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
    group.cluster.network.configureLink(from, to, { treat: (packet) => (decodePacket(packet).payload.kind === "install" ? 600 : 0) });
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

describe("a snapshot that is larger than it may be", () => {
  test.each([
    ["in bytes", { ...short, snapshotBytesMax: 1_000 }, 1],
    ["in rows", { logBytesMax: 40_000, logTailBytes: 4_000 }, 32],
  ])("%s is not sent, which is said, and nobody dies", (_, member, rounds) => {
    const { group, behind } = leftBehind({ member });
    for (let i = 0; i < rounds; i += 1) {
      group.flood(1_000, 0, "");
      group.run(30);
    }
    const leader = group.elected();
    group.restart(behind);
    group.run(3_000);
    expect(group.said("snapshot: larger than a snapshot may be", leader).length).toBeGreaterThan(0);
    expect(group.said("snapshot: sent")).toEqual([]);
    expect(group.status(behind).applied).toBe(1);
    group.commit("the others go on", [leader]);
    expect(group.agrees).toBe(true);
  });
});

test("a command is no larger for having gone through a snapshot", () => {
  const { group, behind } = leftBehind();
  group.restart(behind);
  group.commit("all again", [0, 1, 2]);
  const read = present(group.member(behind).read, "it can be read");
  expect(read(utf8("no such row"))).toBeUndefined();
  expect(group.states[behind]?.[0]).toBe("first");
});
