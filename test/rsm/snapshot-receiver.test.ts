import { describe, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { Chunk } from "../../src/rsm/snapshot/chunk.ts";
import type { StateRow } from "../../src/rsm/log/rows.ts";
import { rowsOf, SnapshotPair } from "./snapshot-pair.ts";

const member = { snapshotChunkBytesMax: 100, snapshotWindowMax: 3 };
const rows = rowsOf(Array.from({ length: 40 }, (_, at) => 20 + at));

describe("a receiver", () => {
  test("that has started anew says so, and the transfer begins from the beginning, under an unused generation", () => {
    const pair = new SnapshotPair({ rows, member });
    pair.offer();
    pair.rig.world.runFor(60);
    expect(pair.staged).toEqual([]);
    const old = pair.stored(1);
    expect(old.length).toBeGreaterThan(0);
    pair.restartReceiver(1, true);
    pair.rig.world.runFor(1_500);
    expect(pair.sent.some(({ kind }) => kind === "chunk_lost")).toBe(true);
    expect(pair.staged).toMatchObject([{ generation: 2 }]);
    expect(pair.stored(2)).toEqual(rows);
  });

  test("gives up what nobody continues, and takes no part of it for a later one", () => {
    const pair = new SnapshotPair({ rows, member });
    pair.offer();
    pair.rig.world.runFor(60);
    pair.leader.role = "follower";
    pair.sender.review();
    expect(pair.stored(1).length).toBeGreaterThan(0);
    pair.rig.world.runFor(7_000);
    expect(pair.stored(1)).toEqual([]);
    pair.leader.role = "leader";
    expect(pair.transfers(2_000)).toBe(true);
    expect(pair.stored(2)).toEqual(rows);
  });

  test("drops what it has of an older term", () => {
    const pair = new SnapshotPair({ rows, member });
    pair.offer();
    pair.rig.world.runFor(60);
    pair.follower.term = pair.leader.term = 6;
    pair.sender.review();
    pair.receiver.review();
    pair.rig.world.runFor(200);
    expect(pair.stored(1)).toEqual([]);
    expect(pair.transfers(2_000)).toBe(true);
    expect(pair.stored(2)).toEqual(rows);
  });
});

function chunk(number: number, count: number, extra: Partial<Chunk> = {}): Chunk {
  const row: StateRow = [Uint8Array.of(1, number), Uint8Array.of(count)];
  return { kind: "chunk", term: 5, transfer: { nonce: 9, count }, number, finished: 0, rows: [row], mark: undefined, ...extra };
}

describe("chunks", () => {
  test("are taken only in their order, of one transfer, from the leader that is followed", () => {
    const pair = new SnapshotPair({ rows: [], member });
    const mark = { index: 70, term: 4, chain: 77, membership: pair.leader.membership };
    const take = (given: Chunk, from = 0): boolean => pair.receiver.take(replicaId(from), given) !== undefined;
    for (const wrong of [chunk(1, 1, { term: 4 }), chunk(1, 1, { term: 6 }), chunk(2, 1), chunk(3, 1, { finished: 2 })]) take(wrong);
    take(chunk(1, 1), 2);
    take(chunk(1, 2));
    take(chunk(2, 1));
    take(chunk(2, 2, { transfer: { nonce: 8, count: 9 } }));
    expect(take(chunk(3, 2, { mark }))).toBe(false);
    take(chunk(2, 2));
    take(chunk(1, 2, { rows: [[Uint8Array.of(1, 1), Uint8Array.of(99)]] }));
    expect(take(chunk(3, 2, { mark }))).toBe(true);
    // Whole, it takes nothing more.
    expect(take(chunk(3, 2, { mark }))).toBe(false);
    expect(take(chunk(4, 2, { mark }))).toBe(false);
    pair.rig.world.runFor(100);
    expect(pair.stored(1)).toEqual([1, 2, 3].map((number) => [Uint8Array.of(1, number), Uint8Array.of(2)]));
    expect(pair.stored(2)).toEqual([]);
  });

  test("do not wait for the disk beyond a window, whoever sends", () => {
    const pair = new SnapshotPair({ rows: [], member });
    pair.followerDisk.drive.hang();
    const row: StateRow = [Uint8Array.of(1), new Uint8Array(99)];
    for (let count = 1; count <= 50; count += 1) {
      const transfer = { nonce: 9, count };
      pair.receiver.take(replicaId(0), { kind: "chunk", term: 5, transfer, number: 1, finished: 0, rows: [row], mark: undefined });
    }
    pair.rig.world.runFor(10);
    expect(pair.traces.filter((name) => name === "snapshot: dropped a chunk, too much waits for the disk")).toHaveLength(47);
    expect(pair.unfinishedPeak).toBeLessThanOrEqual(3 * 110);
  });
});
