import { describe, expect, test, vi } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { entryBytes } from "../../src/raft/types.ts";
import { memberOptions } from "../../src/rsm/options.ts";
import { Group } from "./group.ts";

vi.setConfig({ testTimeout: 60_000 });

/** The most that was seen of something. */
class Peak {
  value = 0;

  see(value: number): void {
    this.value = Math.max(this.value, value);
  }
}

/** What a leader has sent to its followers and heard no answer of. */
function inFlightBytes(group: Group, leader: number): number {
  const progress = group.member(leader).raft?.state.progress ?? new Map<never, never>();
  return Math.max(0, ...[...progress.values()].map((each) => each.inFlightBytes));
}

describe("what waits is limited by options", () => {
  test("with a follower 100,000 entries behind", () => {
    const raft = { inFlightBytesMax: 256 * 1024, appendBytesMax: 64 * 1024, unstableBytesMax: 300 * 1024, applyBytesMax: 64 * 1024 };
    const group = new Group({ member: { raft }, network: { checkBytes: false }, disk: { checkBytes: false } }).begin();
    const leader = group.elected();
    const behind = (leader + 1) % 3;
    group.isolate(behind);
    for (let round = 0; round < 100; round += 1) {
      let taken = 0;
      while (taken < 1_000) {
        for (let i = taken; i < 1_000; i += 1) if (group.member(leader).propose(utf8("0123456789")).ok) taken += 1;
        group.run(10);
      }
    }
    group.until(() => group.status(leader).applied > 100_000, "the others have applied everything");
    expect(group.status(behind).last).toBeLessThan(10);
    const [flight, unstable, held] = [new Peak(), new Peak(), new Peak()];
    const link = [group.cluster.server(leader).id, group.cluster.server(behind).id] as const;
    group.heal();
    group.until(() => {
      flight.see(inFlightBytes(group, leader));
      unstable.see(group.status(behind).unstableBytes);
      held.see(group.member(behind).raft?.state.held.length ?? 0);
      return group.status(behind).applied === group.status(leader).applied;
    }, "it has caught up");
    expect(flight.value).toBeGreaterThan(raft.inFlightBytesMax / 2);
    expect(flight.value).toBeLessThan(raft.inFlightBytesMax + raft.appendBytesMax + 100);
    expect(unstable.value).toBeLessThanOrEqual(raft.unstableBytesMax);
    expect(held.value).toBeLessThan(memberOptions().raft.inFlightMax + 10);
    expect(group.cluster.network.bytesUnderWay(...link)).toBe(0);
    expect(group.states[behind]).toHaveLength(group.states[leader]?.length ?? 0);
  });

  test("with a leader under a flood of commands: it refuses what is too much, and loses nothing of what it took", () => {
    const raft = { uncommittedBytesMax: 200_000, unstableBytesMax: 100_000 };
    const group = new Group({ member: { raft, logBytesMax: 300_000, logTailBytes: 10_000 } }).begin();
    const leader = group.elected();
    const size = entryBytes({ index: 1, term: 1, data: new Uint8Array(100) });
    const [uncommitted, unstable, log] = [new Peak(), new Peak(), new Peak()];
    const taken: string[] = [];
    let refused = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const command = `flood ${i} `.padEnd(100, ".");
      const answer = group.member(leader).propose(utf8(command));
      if (answer.ok) taken.push(command);
      else if (answer.why === "overloaded") refused += 1;
      const status = group.status(leader);
      uncommitted.see(status.uncommittedBytes);
      unstable.see(status.unstableBytes);
      log.see(group.member(leader).logBytes);
      if (i % 500 === 499) group.run(3);
    }
    expect(refused).toBeGreaterThan(100);
    expect(taken.length).toBe(20_000 - refused);
    expect(uncommitted.value).toBeLessThan(raft.uncommittedBytesMax + size);
    expect(unstable.value).toBeLessThan(raft.unstableBytesMax + size);
    expect(log.value).toBeLessThan(300_000 + 2 * raft.uncommittedBytesMax);
    group.commit("done");
    expect(group.states[leader]?.slice(1, -1)).toEqual(taken);
    expect(group.elected()).toBe(leader);
    expect(group.agrees).toBe(true);
  });
});

describe("nobody dies", () => {
  test("of tens of thousands of the smallest commands in one turn", () => {
    const group = new Group({ network: { checkBytes: false }, disk: { checkBytes: false } }).begin();
    const leader = group.elected();
    for (let i = 0; i < 40_000; i += 1) group.member(leader).propose(new Uint8Array(0));
    group.until(() => group.status(leader).applied === 40_001, "all are applied");
    group.until(() => group.running.every((at) => group.status(at).applied === 40_001), "by everybody");
    group.crash(leader, true);
    group.restart(leader);
    group.commit("goes on", [0, 1, 2]);
    expect(group.states[leader]).toHaveLength(40_002);
  });

  test("of a disk that hangs: a follower keeps what it may, and takes the rest later", () => {
    const raft = { unstableBytesMax: 50_000, inFlightBytesMax: 100_000 };
    const group = new Group({ member: { raft } }).begin();
    const leader = group.elected();
    const slow = (leader + 1) % 3;
    group.cluster.server(slow).disk.drive.hang();
    const unstable = new Peak();
    const held = new Peak();
    for (let i = 0; i < 40; i += 1) {
      group.flood(50, 100, `meanwhile ${i}`);
      group.run(50);
      unstable.see(group.status(slow).unstableBytes);
      held.see(group.member(slow).raft?.state.held.length ?? 0);
    }
    expect(unstable.value).toBeGreaterThan(10_000);
    expect(unstable.value).toBeLessThanOrEqual(raft.unstableBytesMax);
    expect(held.value).toBeLessThan(100);
    expect(group.elected()).toBe(leader);
    group.cluster.server(slow).disk.drive.release();
    group.commit("all again", [0, 1, 2]);
    expect(group.agrees).toBe(true);
  });
});
