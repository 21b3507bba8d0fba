import { describe, expect, test, vi } from "vitest";
import { AssertionError, present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { groupId, replicaId, serverId } from "../../src/base/ids.ts";
import type { Member } from "../../src/rsm/member.ts";
import { memberOptions } from "../../src/rsm/options.ts";
import { startMember } from "../../src/rsm/start.ts";
import { Recorder } from "../../src/rsm/recorder.ts";
import { Rig } from "../sim/rig.ts";
import { Group } from "./group.ts";

vi.setConfig({ testTimeout: 60_000 });

const notLeader = { ok: false, why: "not_leader", leader: undefined };

/** What a member that is not running says to whoever asks it for something. */
function expectIdle(member: Member): void {
  expect(member.propose(utf8("x"))).toEqual(notLeader);
  expect(member.readIndex(1)).toEqual(notLeader);
  member.compact(5);
}

describe("a member that does not run", () => {
  test("takes no commands and no reads while it reads its disk, or waits for the others", () => {
    const group = new Group();
    group.cluster.start(0);
    expect(group.member(0).phase).toBe("opening");
    expectIdle(group.member(0));
    expect(group.member(0).status()).toBeUndefined();
    expect(group.member(0).logBytes).toBe(0);
    group.run(1_000);
    expect(group.member(0).phase).toBe("waiting");
    expectIdle(group.member(0));
    group.run(1_000);
    expect(group.status(0)).toMatchObject({ role: "follower", term: 0, last: 0 });
  });

  test("takes none when it was stopped, and says nothing more", () => {
    const group = new Group().begin();
    const leader = group.elected();
    const stopped = group.member(leader);
    expect(stopped.propose(utf8("on its way")).ok).toBe(true);
    stopped.stop();
    expect(stopped.phase).toBe("stopped");
    expectIdle(stopped);
    const sent: string[] = [];
    group.run(100);
    group.cluster.network.onSend((from) => sent.push(from));
    group.commit("without it");
    expect(sent).not.toContain(`s${leader}`);
    expect(group.states[leader]).not.toContain("without it");
  });

  test("says no hello when it was stopped before it was admitted", () => {
    const group = new Group();
    group.cluster.start(0);
    group.run(500);
    group.member(0).stop();
    const sent: string[] = [];
    group.cluster.network.onSend((from) => sent.push(from));
    group.run(5_000);
    expect(sent).toEqual([]);
  });

  test("may be stopped while it reads its disk", () => {
    const group = new Group();
    group.cluster.start(0);
    group.member(0).stop();
    group.run(1_000);
    expect(group.member(0).phase).toBe("stopped");
  });
});

describe("commands", () => {
  test("are taken by the leader alone, who is named by the others", () => {
    const group = new Group().begin();
    group.run(300);
    const leader = group.elected();
    for (const at of [0, 1, 2].filter((other) => other !== leader)) {
      expect(group.member(at).propose(utf8("x"))).toEqual({ ok: false, why: "not_leader", leader });
      expect(group.member(at).readIndex(1)).toEqual({ ok: false, why: "not_leader", leader });
    }
    const { last, term } = group.status(leader);
    expect(group.member(leader).propose(utf8("x"))).toEqual({ ok: true, index: last + 1, term });
  });

  test("are taken by a leader that is cut off, and lost when another one commits first", () => {
    const group = new Group().begin();
    const old = group.elected();
    group.isolate(old);
    expect(group.member(old).propose(utf8("lost")).ok).toBe(true);
    group.commit("kept", [(old + 1) % 3, (old + 2) % 3]);
    group.heal();
    group.commit("all", [0, 1, 2]);
    expect(group.states.flat()).not.toContain("lost");
    expect(group.agrees).toBe(true);
  });

  test("survive power cuts of everybody once they were applied by anybody", () => {
    const group = new Group({ seed: 12 }).begin();
    for (let round = 0; round < 12; round += 1) {
      const taken = group.flood(7, 12, `round ${round}`);
      expect(taken).toBe(7);
      group.run((round * 7) % 13);
      const before = group.states.reduce((a, b) => (b.length > a.length ? b : a)).slice();
      for (const at of [0, 1, 2]) group.crash(at, true);
      for (const at of [0, 1, 2]) group.restart(at);
      group.commit(`after round ${round}`, [0, 1, 2]);
      expect(group.states[0]?.slice(0, before.length)).toEqual(before);
      expect(group.agrees).toBe(true);
    }
  });
});

describe("reads", () => {
  test("are answered when their index is applied, with everything that was committed before they began", () => {
    const group = new Group().begin();
    const leader = group.elected();
    for (let context = 1; context <= 20; context += 1) {
      group.member(leader).propose(utf8(`command ${context}`));
      const known = Math.max(...group.states.map((state) => state.length));
      expect(group.member(leader).readIndex(context)).toEqual({ ok: true });
      group.until(() => group.answered.some((read) => read.context === context), "the read is answered");
      const read = present(group.answered.at(-1), "an answer");
      expect(read).toMatchObject({ server: leader, context });
      expect(read.applied).toBeGreaterThanOrEqual(known);
    }
    expect(group.dropped).toEqual([]);
  });

  test("of one turn share a round", () => {
    const group = new Group().begin();
    group.run(300);
    const leader = group.elected();
    const before = group.cluster.network.counters(serverId(`s${leader}`)).packetsSent;
    for (let context = 0; context < 500; context += 1) group.member(leader).readIndex(context);
    group.until(() => group.answered.length === 500, "all are answered");
    expect(group.cluster.network.counters(serverId(`s${leader}`)).packetsSent - before).toBeLessThanOrEqual(4);
    expect(group.answered.map(({ context }) => context)).toEqual(Array.from({ length: 500 }, (_, context) => context));
  });

  test("wait for the first commit of the term", () => {
    const group = new Group();
    group.cluster.startAll();
    const leader = group.elected();
    expect(group.member(leader).readIndex(1)).toEqual({ ok: true });
    group.run(2_000);
    expect(group.answered).toEqual([]);
    group.commit("first");
    group.run(50);
    expect(group.answered).toMatchObject([{ context: 1 }]);
  });

  test("are dropped by a leader that is cut off, and never answered", () => {
    const group = new Group().begin();
    const leader = group.elected();
    group.isolate(leader);
    for (const context of [1, 2, 3]) expect(group.member(leader).readIndex(context).ok).toBe(true);
    group.until(() => group.dropped.length > 0, "they are dropped");
    expect(group.dropped).toEqual([1, 2, 3].map((context) => ({ server: leader, context })));
    group.heal();
    group.commit("later");
    expect(group.answered).toEqual([]);
  });

  test("are not answered while what they must see is still being applied", () => {
    const group = new Group({ size: 1, member: { raft: { applyBytesMax: 40 } } }).begin();
    group.flood(30, 10, "before the read");
    while (group.status(0).commit < 31) group.cluster.world.step();
    expect(group.status(0).applied).toBe(1);
    expect(group.member(0).readIndex(5)).toEqual({ ok: true });
    group.until(() => group.answered.length > 0, "the read is answered");
    expect(group.answered).toEqual([{ server: 0, context: 5, applied: 31 }]);
  });

  test("beyond the limit are refused", () => {
    const group = new Group({ member: { raft: { readsMax: 3 } } }).begin();
    const leader = group.elected();
    const asked = [1, 2, 3, 4].map((context) => group.member(leader).readIndex(context).ok);
    expect(asked).toEqual([true, true, true, false]);
    group.until(() => group.answered.length === 3, "three are answered");
  });
});

describe("a machine", () => {
  test("that fails stops its server, and the others go on", () => {
    const failures: unknown[] = [];
    const group = new Group({ onFailure: (_, error) => failures.push(error) }).begin();
    const at = (group.elected() + 1) % 3;
    (group.states[at] as string[]).push = () => {
      throw new AssertionError("a broken machine");
    };
    group.commit("breaks it", [group.elected()]);
    group.until(() => failures.length === 1, "it has stopped");
    expect(group.cluster.member(at)).toBeUndefined();
    group.commit("the others go on");
    group.restart(at);
    group.commit("and it comes back", [0, 1, 2]);
  });
});

describe("options and identity", () => {
  const servers = ["s0", "s1", "s2"].map(serverId);
  const identity = { group: groupId(1), creation: 1, replica: replicaId(0), servers };

  test("that cannot be are refused at once", () => {
    expect(() => memberOptions({ tickMs: 0 })).toThrow(AssertionError);
    expect(() => memberOptions({ helloMs: -1 })).toThrow(AssertionError);
    expect(() => memberOptions({ logBytesMax: 0 })).toThrow(AssertionError);
    for (const name of ["snapshotChunkBytesMax", "snapshotWindowMax", "snapshotsAtOnceMax", "logPinnedBytesMax", "snapshotResendMs"]) {
      expect(() => memberOptions({ [name]: 0 })).toThrow(AssertionError);
    }
    expect(() => memberOptions({ snapshotResendMs: 500, snapshotIdleMs: 500 })).toThrow(AssertionError);
    expect(() => memberOptions({ logTailBytes: -1 })).toThrow(AssertionError);
    expect(() => memberOptions({ raft: { electionTicks: 1, heartbeatTicks: 2 } })).toThrow(AssertionError);
    expect(Object.isFrozen(memberOptions())).toBe(true);
  });

  test.each([
    ["no servers", { ...identity, servers: [] }],
    ["too many servers", { ...identity, servers: Array.from({ length: 65 }, (_, at) => serverId(`s${at}`)) }],
    ["a replica that is none of them", { ...identity, replica: replicaId(3) }],
    ["a creation id that is no number", { ...identity, creation: 1.5 }],
  ])("%s", (_, wrong) => {
    const process = new Rig().process("s0");
    process.start(() => {});
    const env = present(process.env(), "it is alive");
    const machine = new Recorder({ applied: () => {}, restored: () => {} });
    expect(() => startMember(env, wrong, memberOptions(), machine)).toThrow(AssertionError);
  });
});
