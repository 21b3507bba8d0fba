import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { newProgress } from "../../src/raft/progress.ts";
import type { Chunk } from "../../src/rsm/snapshot/chunk.ts";
import type { StateRow } from "../../src/rsm/log/rows.ts";
import { indexed, rowsOf, SnapshotPair } from "./snapshot-pair.ts";

vi.setConfig({ testTimeout: 120_000 });

function withDerived(rows: readonly StateRow[]): StateRow[] {
  const made = (indexed.rebuild?.(rows) ?? []).map((op): StateRow => [op.key, op.op === "put" ? op.value : new Uint8Array(0)]);
  return [...rows, ...made.toSorted((a, b) => Buffer.compare(a[0], b[0]))];
}

function chunksOf(pair: SnapshotPair): Chunk[] {
  return pair.sent.filter((word): word is Chunk => word.kind === "chunk");
}

const sizes = fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, fc.integer({ min: 61, max: 2_000 })), { maxLength: 150 });

test("whatever the network does, the receiver has the sender's rows or none; and neither holds more than its limits", () => {
  const drawn = fc.record({
    seed: fc.nat(),
    sizes,
    bytes: fc.integer({ min: 1, max: 1_000 }),
    windowMax: fc.integer({ min: 1, max: 5 }),
    loss: fc.constantFrom(0, 0.05, 0.3),
    duplication: fc.constantFrom(0, 0.1, 0.4),
    delayMeanMs: fc.constantFrom(0, 5, 60),
    derives: fc.boolean(),
  });
  fc.assert(
    fc.property(drawn, ({ seed, sizes: lengths, bytes, windowMax, loss, duplication, delayMeanMs, derives }) => {
      const rows = rowsOf(lengths);
      const member = { snapshotChunkBytesMax: bytes, snapshotWindowMax: windowMax, snapshotResendMs: 50, snapshotIdleMs: 2_000 };
      const pair = new SnapshotPair({ seed, rows, member, derives, disk: { syncMaxMs: 6 } });
      pair.rig.network.configure({ loss, duplication, delayMeanMs });
      expect(pair.transfers(600_000)).toBe(true);
      const [whole] = pair.staged;
      expect(whole?.message).toMatchObject({ from: 0, to: 1, term: 5, mark: { index: 70, term: 4, chain: 77 } });
      pair.rig.world.runFor(100);
      expect(pair.stored(whole?.generation ?? -1)).toEqual(derives ? withDerived(rows) : rows);
      // What is larger than a chunk goes alone, and when it goes the others take no more than they may.
      const largest = Math.max(0, ...rows.map(([key, value]) => key.length + value.length));
      expect(pair.heldPeak).toBeLessThanOrEqual((windowMax - 1) * bytes + Math.max(bytes, largest));
      for (const { number, finished, rows: own } of chunksOf(pair)) {
        expect(number - finished).toBeLessThanOrEqual(windowMax);
        expect(own.length < 2 || own.reduce((sum, [key, value]) => sum + key.length + value.length, 0) <= bytes).toBe(true);
      }
      pair.report();
      expect([pair.sender.heldBytes, pair.sender.pinned(70), pair.openViews]).toEqual([0, undefined, 0]);
      pair.rig.world.runFor(30_000);
      expect(pair.staged).toHaveLength(1);
      expect(pair.stored(whole?.generation ?? -1)).not.toEqual(rows.length > 0 ? [] : [1]);
    }),
    { numRuns: 60 },
  );
});

const member = { snapshotChunkBytesMax: 100, snapshotWindowMax: 3 };
const rows = rowsOf(Array.from({ length: 40 }, (_, at) => 20 + at));

describe("a transfer of a state", () => {
  test("without rows is one chunk", () => {
    const pair = new SnapshotPair({ rows: [], member });
    expect(pair.transfers(2_000)).toBe(true);
    expect(chunksOf(pair)).toMatchObject([{ number: 1, rows: [] }]);
  });

  test("that is all derived but for one row sends that row, and no empty chunks before the last", () => {
    const derived = Array.from({ length: 40 }, (_, at): StateRow => [Uint8Array.of(0x64, at), new Uint8Array(90)]);
    const pair = new SnapshotPair({ rows: [...rowsOf([5]), ...derived], member, derives: true });
    expect(pair.transfers(2_000)).toBe(true);
    expect(chunksOf(pair).map((chunk) => chunk.rows.length)).toEqual([1, 0]);
    expect(pair.rowsRead).toBe(1);
  });
});

describe("a transfer whose pages take long to read", () => {
  test("is not given up while the leader's disk takes long, and the receiver hears that it goes on", () => {
    const pair = new SnapshotPair({ rows: rowsOf([90, 90, 90]), member: { ...member, snapshotIdleMs: 1_500 }, pageMs: 4_000 });
    expect(pair.transfers(30_000, 100)).toBe(true);
    expect(pair.traces.filter((name) => /given up|gave up/u.test(name))).toEqual([]);
    expect(pair.stored(pair.staged[0]?.generation ?? -1)).toEqual(rowsOf([90, 90, 90]));
  });

  test("is given up when nobody answers", () => {
    const pair = new SnapshotPair({ rows, member: { ...member, snapshotIdleMs: 1_500 }, pageMs: 60_000 });
    pair.rig.network.configure({ loss: 1 });
    expect(pair.transfers(2_500, 2_500)).toBe(false);
    expect(pair.traces.at(-1)).toBe("snapshot: given up, the follower does not answer");
    expect([pair.sender.heldBytes, pair.openViews]).toEqual([0, 0]);
  });
});

describe("a transfer at a pace", () => {
  const paced = { ...member, snapshotBytesPerSecond: 1_000 };
  const bytes = rows.reduce((sum, [key, value]) => sum + key.length + value.length, 0);

  /** How long it takes, with so much of the log kept. */
  function secondsFor(given: typeof paced, logBytes: number): number {
    const network = { link: { baseMinMs: 1, baseMaxMs: 1 } };
    const pair = new SnapshotPair({ rows, member: { ...given, logPinnedBytesMax: 40_000 }, network });
    pair.log.bytes = logBytes;
    pair.rig.world.runFor(100);
    const begin = pair.rig.world.now;
    pair.offer();
    while (pair.staged.length === 0) pair.rig.world.runFor(10);
    expect(chunksOf(pair).map(({ number }) => number)).toEqual(chunksOf(pair).map((_, at) => at + 1));
    return (pair.rig.world.now - begin) / 1000;
  }

  test("takes as long as its bytes ask for, and not much longer", () => {
    const due = bytes / paced.snapshotBytesPerSecond;
    expect(due).toBeGreaterThan(1.5);
    const seconds = secondsFor(paced, 0);
    // Nobody waits behind the last page.
    expect(seconds).toBeGreaterThan(0.9 * due);
    expect(seconds).toBeLessThan(1.2 * due);
    expect(secondsFor({ ...paced, snapshotBytesPerSecond: 1_000_000 }, 0)).toBeLessThan(due / 2);
  });

  test("is the faster the more of the log is kept for it, and does not rest at all at a quarter of what may be", () => {
    const unhurried = secondsFor(paced, 0);
    const half = secondsFor(paced, 5_000);
    expect(half).toBeGreaterThan(0.4 * unhurried);
    expect(half).toBeLessThan(0.7 * unhurried);
    const unpaced = secondsFor({ ...paced, snapshotBytesPerSecond: 1_000_000_000 }, 0);
    expect([secondsFor(paced, 10_000), secondsFor(paced, 30_000)]).toEqual([unpaced, unpaced]);
  });

  test("reads nothing more when it ends while it rests", () => {
    const pair = new SnapshotPair({ rows, member: { ...paced, snapshotBytesPerSecond: 100 } });
    pair.offer();
    pair.rig.world.runFor(150);
    const read = pair.rowsRead;
    expect(read).toBeGreaterThan(0);
    pair.leader.role = "follower";
    pair.sender.review();
    pair.rig.world.runFor(5_000);
    expect([pair.rowsRead, pair.openViews]).toEqual([read, 0]);
  });
});

describe("a transfer", () => {
  test("sends every chunk once where nothing is lost, as many ahead as the window allows", () => {
    const pair = new SnapshotPair({ rows, member, network: { link: { baseMinMs: 1, baseMaxMs: 1 } } });
    expect(pair.transfers(2_000)).toBe(true);
    const numbers = chunksOf(pair).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at + 1));
    expect(numbers.length).toBeGreaterThan(10);
    expect(chunksOf(pair).some(({ number, finished }) => number - finished === 3)).toBe(true);
    expect(chunksOf(pair).map(({ mark }) => mark !== undefined)).toEqual(numbers.map((number) => number === numbers.length));
  });

  test("goes at the pace of the receiver's disk", () => {
    const pair = new SnapshotPair({ rows, member });
    pair.followerDisk.drive.hang();
    pair.offer();
    pair.rig.world.runFor(2_000);
    expect(Math.max(...chunksOf(pair).map(({ number }) => number))).toBe(3);
    // What is sent again meanwhile is answered, and not taken for finished.
    expect(pair.sent.filter(({ kind }) => kind === "chunk_ack").length).toBeGreaterThan(0);
    expect(pair.sent.every((word) => word.kind === "chunk" || (word.kind === "chunk_ack" && word.finished === 0))).toBe(true);
    pair.followerDisk.drive.release();
    expect(pair.transfers(2_000)).toBe(true);
  });

  test("is not begun a second time while it goes on, and is given up when nobody answers", () => {
    const pair = new SnapshotPair({ rows, member: { ...member, snapshotIdleMs: 1_500 } });
    pair.rig.network.configure({ loss: 1 });
    expect(pair.transfers(1_200, 100)).toBe(false);
    expect(pair.traces.filter((name) => name === "snapshot: begun")).toHaveLength(1);
    expect(pair.sender.pinned(100)).toBe(70);
    pair.rig.world.runFor(1_000);
    expect([pair.sender.heldBytes, pair.sender.pinned(70), pair.openViews]).toEqual([0, undefined, 0]);
    expect(pair.traces.at(-1)).toBe("snapshot: given up, the follower does not answer");
    pair.rig.network.calm();
    expect(pair.transfers(2_000)).toBe(true);
    expect(new Set(chunksOf(pair).map(({ transfer }) => transfer.count))).toEqual(new Set([1, 2]));
  });

  test("whose view is not open yet when it ends leaves none open", () => {
    const pair = new SnapshotPair({ rows, member });
    pair.rig.world.runFor(100);
    pair.sender.offer(replicaId(1));
    pair.leader.role = "follower";
    pair.sender.review();
    pair.rig.world.runFor(100);
    expect([pair.sent, pair.openViews]).toEqual([[], 0]);
  });

  test.each([
    ["the leader leads no more", (pair: SnapshotPair): void => void (pair.leader.role = "follower")],
    ["the term is another", (pair: SnapshotPair): void => void (pair.leader.term += 1)],
    ["the follower's log connects", (pair: SnapshotPair): void => pair.report()],
  ] as const)("ends when %s, and closes its view", (_, change) => {
    const pair = new SnapshotPair({ rows, member });
    pair.offer();
    pair.rig.world.runFor(40);
    expect(chunksOf(pair).length).toBeGreaterThan(0);
    expect(pair.openViews).toBe(1);
    change(pair);
    pair.sender.review();
    const before = chunksOf(pair).length;
    expect([pair.sender.heldBytes, pair.sender.pinned(70), pair.openViews]).toEqual([0, undefined, 0]);
    pair.rig.world.runFor(1_000);
    expect(chunksOf(pair)).toHaveLength(before);
  });
});

test("64 MiB go to a follower with a slow disk, and neither side ever holds more than a window of chunks", () => {
  const whole = Array.from({ length: 16_384 }, (_, at): StateRow => [Uint8Array.of(1, at >> 8, at & 0xff), new Uint8Array(4_096)]);
  const unpaced = { snapshotBytesPerSecond: 1 << 30 };
  const network = { checkBytes: false, link: { baseMinMs: 1, baseMaxMs: 1 } };
  const pair = new SnapshotPair({ rows: whole, member: unpaced, disk: { checkBytes: false }, network });
  pair.rig.world.runFor(1_000);
  pair.unfinishedPeak = 0;
  pair.followerDisk.drive.slow(20);
  expect(pair.transfers(300_000)).toBe(true);
  const limit = 16 * 64 * 1024;
  expect(pair.heldPeak).toBeGreaterThan(limit / 2);
  expect(pair.heldPeak).toBeLessThanOrEqual(limit);
  expect(pair.unfinishedPeak).toBeGreaterThan(limit / 2);
  expect(pair.unfinishedPeak).toBeLessThanOrEqual(limit);
  const chunks = chunksOf(pair);
  expect(chunks.length).toBeGreaterThan(256);
  expect(chunks.reduce((sum, chunk) => sum + chunk.rows.length, 0)).toBe(whole.length);
  pair.rig.world.runFor(5_000);
  expect(pair.stored(pair.staged[0]?.generation ?? -1)).toHaveLength(whole.length);
});

test("a sender refuses an acknowledgement of what it has not sent", () => {
  const pair = new SnapshotPair({ rows, member });
  pair.offer();
  pair.rig.world.runFor(25);
  const { term, transfer } = chunksOf(pair)[0] as Chunk;
  const before = pair.sender.heldBytes;
  for (const [finished, missing] of [
    [99, 0],
    [0, 99],
  ] as const) {
    pair.sender.acknowledged(replicaId(1), { kind: "chunk_ack", term, transfer, finished, missing });
    expect(pair.traces.at(-1)).toBe("snapshot: refused an acknowledgement of what was not sent");
  }
  pair.sender.acknowledged(replicaId(1), { kind: "chunk_ack", term, transfer: { nonce: 1, count: 1 }, finished: 1, missing: 0 });
  expect(pair.traces.at(-1)).toBe("snapshot: an answer to an earlier transfer");
  expect(pair.sender.heldBytes).toBe(before);
});

test("a leader sends only so many at once", () => {
  const pair = new SnapshotPair({ rows, member: { ...member, snapshotsAtOnceMax: 1 } });
  pair.leader.progress.set(replicaId(2), newProgress(70));
  pair.rig.world.runFor(20);
  pair.sender.offer(replicaId(1));
  pair.sender.offer(replicaId(2));
  expect(pair.traces.at(-1)).toBe("snapshot: has to wait for another");
  pair.report();
  pair.sender.offer(replicaId(2));
  pair.rig.world.runFor(20);
  expect(pair.traces.filter((name) => name === "snapshot: begun")).toHaveLength(1);
  expect(pair.sender.pinned(100)).toBe(70);
});
