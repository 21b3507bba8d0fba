import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { getU64 } from "../../src/base/bytes.ts";
import { Forge } from "./forge.ts";
import type { Group } from "./group.ts";
import { generationOf, generationsOn, leftBehind, leftovers, onChunk, openViews, short, wholeSnapshot } from "./left-behind.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Does `act` when the given number of chunks, repeated ones included, has left; says whether that came to pass. */
function atChunk(group: Group, count: number, act: (from: number, to: number) => void): () => boolean {
  let left = count;
  onChunk(group, (_, from, to) => {
    left -= 1;
    if (left === 0) act(from, to);
  });
  return () => left <= 0;
}

/** Ends a server's life when the given number of chunks has left, and says in which state that leaves the others' business. */
interface Crash {
  readonly group: Group;
  readonly behind: number;
  /** Who it was; undefined when the snapshot needed fewer chunks. */
  readonly gone: number | undefined;
  /** What the receiver's disk holds, and how much of it its state is. */
  readonly held: readonly number[];
  readonly live: number;
}

function crashAtChunk(count: number, who: "receiver" | "sender"): Crash {
  const { group, behind } = leftBehind({ seed: count });
  let gone: number | undefined;
  const came = atChunk(group, count, (from, to) => {
    gone = who === "sender" ? from : to;
    group.crash(gone, count % 2 === 0);
  });
  group.restart(behind);
  group.run(300);
  expect(came()).toBe(gone !== undefined);
  const crash = { group, behind, gone, held: generationsOn(group, behind), live: generationOf(group, behind) };
  if (gone !== undefined) group.restart(gone);
  return crash;
}

function expectOneState(group: Group): void {
  group.commit("all again", [0, 1, 2]);
  expect(group.agrees).toBe(true);
  expect(leftovers(group)).toEqual([]);
  expect(openViews(group)).toBe(0);
}

describe("a crash between any two chunks", () => {
  test("of the receiver: the transfer begins anew under an unused generation, and nothing of the first is left", () => {
    const crashes = Array.from({ length: 14 }, (_, i) => crashAtChunk(i + 1, "receiver")).filter(({ gone }) => gone !== undefined);
    expect(crashes.length).toBeGreaterThan(8);
    for (const { group, behind, held, live } of crashes) {
      group.run(1_500);
      // What is being deleted is not written to again.
      const generation = group.said("snapshot: arrives", behind).at(-1)?.fields["generation"];
      expect(held.filter((each) => each !== live)).not.toContain(generation);
      expectOneState(group);
    }
    // Some had rows on disk that were nobody's.
    expect(crashes.filter(({ held, live }) => held.some((each) => each !== live)).length).toBeGreaterThan(3);
  });

  test("of the sender: another one begins anew, and nothing of the first is left", () => {
    const crashes = Array.from({ length: 14 }, (_, i) => crashAtChunk(i + 1, "sender")).filter(({ gone }) => gone !== undefined);
    expect(crashes.length).toBeGreaterThan(8);
    for (const { group } of crashes) expectOneState(group);
  });

  test("of everybody, again and again, with lost and doubled packets: there is one generation in the end", () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const { group, behind } = leftBehind({ seed });
      group.cluster.network.configure({ loss: 0.15, duplication: 0.2, delayMeanMs: 5 });
      group.restart(behind);
      for (let round = 0; round < 8; round += 1) {
        group.run(170 * seed);
        for (const at of [0, 1, 2]) if ((at + round) % 2 === 0) group.crash(at, round % 4 === 0);
        for (const at of [0, 1, 2]) if (group.cluster.member(at) === undefined) group.restart(at);
        group.flood(5, 20, `round ${round}`);
      }
      group.cluster.network.calm();
      group.commit("all again", [0, 1, 2]);
      expect(group.agrees).toBe(true);
      expect(leftovers(group)).toEqual([]);
    }
  });
});

test("another leader in the middle begins from the beginning, with a snapshot of its own", () => {
  for (const count of [3, 5, 8]) {
    const { group, behind } = leftBehind({ seed: count });
    const senders = new Set<number>();
    let first = -1;
    onChunk(group, (_, from) => senders.add(from));
    atChunk(group, count, (from) => {
      first = from;
      group.isolate(from);
    });
    group.restart(behind);
    const other = (): number => [0, 1, 2].find((at) => at !== first && at !== behind) as number;
    group.until(() => first >= 0 && group.status(other()).role === "leader", "another leader");
    group.commit("while the first is away", [other(), behind]);
    expect(senders).toEqual(new Set([first, other()]));
    expect(group.said("snapshot: gave up what had arrived", behind).length).toBeGreaterThan(0);
    group.heal();
    group.commit("all again", [0, 1, 2]);
    expect(group.agrees).toBe(true);
    expect(leftovers(group)).toEqual([]);
  }
});

test("a snapshot that others have overtaken when its last chunk arrives is dropped, and its rows are cleared", () => {
  const { group, behind } = leftBehind();
  const forge = new Forge(group);
  group.restart(behind);
  group.commit("all again", [0, 1, 2]);
  group.run(300);
  const leader = group.elected();
  const { mark, ...whole } = wholeSnapshot(group, forge, leader);
  const rows = whole.rows.map(([key, value]) => [key, value] as const);
  // A group of a new term, in which this leader has sent nothing yet.
  group.isolate(leader);
  group.until(() => group.leader !== leader, "another leader");
  group.heal();
  group.commit("in a new term", [0, 1, 2]);
  const next = group.elected();
  const to = (next + 1) % 3;
  const half = Math.floor(rows.length / 2);
  const term = group.status(next).term;
  const before = [generationOf(group, to), group.states[to]?.length];
  forge.send(next, to, { ...whole, term, rows: rows.slice(0, half), mark: undefined });
  group.run(50);
  const traces = forge.send(next, to, { ...whole, term, number: 2, rows: rows.slice(half), mark });
  expect(traces.map(({ name }) => name)).toContain("raft: ignored a snapshot that is not newer");
  expect([generationOf(group, to), group.states[to]?.length]).toEqual(before);
  expect(leftovers(group)).toEqual([]);
});

/** What the rows of a server's state say they are as of. */
function recorded(group: Group, server: number): number {
  return getU64(present(group.member(server).read?.(Uint8Array.of(0)), "the recorder's row"), 0);
}

/** Chunks so small, and a disk so slow, that it takes seconds. */
function slowly(extra: Parameters<typeof leftBehind>[0] = {}): { group: Group; behind: number; leader: number } {
  const { group, behind } = leftBehind({ member: { ...short, snapshotChunkBytesMax: 100, snapshotWindowMax: 1 }, ...extra });
  const leader = group.elected();
  group.cluster.server(behind).disk.drive.slow(20);
  group.restart(behind);
  group.until(() => group.said("snapshot: arrives", behind).length > 0, "the first chunk arrives");
  return { group, behind, leader };
}

describe("while a snapshot is under way", () => {
  test("writes are committed, reads are answered, and nobody campaigns", () => {
    const { group, behind, leader } = slowly();
    const { term } = group.status(leader);
    const began = group.cluster.world.now;
    let context = 0;
    while (group.status(behind).applied < 50) {
      context += 1;
      expect(group.member(leader).readIndex(context).ok).toBe(true);
      group.commit(`meanwhile ${context}`, [leader]);
      // The state of the receiver is the old one, until it is the new one.
      expect(recorded(group, behind)).toBe(group.status(behind).applied);
    }
    // Several election timeouts.
    expect(group.cluster.world.now - began).toBeGreaterThan(2_000);
    expect(context).toBeGreaterThan(20);
    expect(group.answered.map((answer) => answer.context)).toEqual(Array.from({ length: context }, (_, i) => i + 1));
    expect(group.status(leader)).toMatchObject({ role: "leader", term });
    expect(group.said("raft: role").filter(({ fields }) => Number(fields["term"]) > term)).toEqual([]);
    expect(group.said("snapshot: sent")).toHaveLength(1);
  });

  test("the log is kept however long it lasts, and the follower goes on from there", () => {
    const { group, behind, leader } = slowly();
    const { index } = present(group.said("snapshot: begun", leader)[0], "a snapshot").fields;
    let longest = 0;
    while (group.status(behind).applied < Number(index)) {
      group.flood(10, 30, `pressure ${longest}`);
      group.run(40);
      longest = Math.max(longest, group.member(leader).logBytes);
      expect(group.status(leader).first).toBeLessThanOrEqual(Number(index) + 1);
    }
    expect(longest).toBeGreaterThan(10 * short.logBytesMax);
    // One snapshot was enough, and the follower is replicated to as usual.
    group.until(
      () => group.member(leader).raft?.state.progress.get(present(group.member(behind).raft, "a core").state.id)?.state === "replicate",
      "it is replicated to",
    );
    group.commit("goes on", [0, 1, 2]);
    expect(group.said("snapshot: begun")).toHaveLength(1);
    group.flood(5, 20, "afterwards");
    group.run(300);
    expect(group.member(leader).logBytes).toBeLessThan(short.logBytesMax + 1_000);
  });

  test("no more log than an option says is kept for it: then it is given up, and offered again", () => {
    const { group, behind, leader } = slowly({
      member: { ...short, snapshotChunkBytesMax: 100, snapshotWindowMax: 1, logPinnedBytesMax: 5_000 },
    });
    for (let round = 0; group.said("snapshot: given up, the log has grown too long meanwhile").length === 0; round += 1) {
      group.flood(10, 30, `pressure ${round}`);
      group.run(20);
      expect(round).toBeLessThan(100);
    }
    group.run(200);
    expect(group.member(leader).logBytes).toBeLessThan(short.logBytesMax + 1_000);
    group.cluster.server(behind).disk.drive.slow(1);
    group.commit("all again", [0, 1, 2]);
    expect(leftovers(group)).toEqual([]);
  });

  test("a member that stops lets go of its views", () => {
    const { group, leader } = slowly();
    expect(openViews(group)).toBe(1);
    group.member(leader).stop();
    group.run(50);
    expect(openViews(group)).toBe(0);
  });
});
