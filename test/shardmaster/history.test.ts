import { describe, expect, test } from "vitest";
import { group, Master } from "./master.ts";

/** A row that says what a configuration is, or the shape. */
const isPast = (row: string): boolean => /^6[368]/.test(row);
const shardOf = (master: Master): unknown => master.config().shards[0];

describe("the history", () => {
  test("is written once: what a configuration's row says is never changed or deleted", () => {
    const master = new Master(16);
    let before: readonly string[] = [];
    for (let i = 1; i <= 300; i += 1) {
      if (i % 2 === 1) master.join(1 + (i % 7));
      else master.leave(1 + (i % 5));
      const rows = master.state.dump().filter(isPast);
      const kept = new Set(rows);
      expect(before.filter((row) => !kept.has(row))).toEqual([]);
      before = rows;
    }
    expect(before.length).toBe(master.config().number + 2);
  });

  test("takes a whole configuration and at most 128 changes for an answer", () => {
    const master = new Master(1000);
    master.join(...Array.from({ length: 100 }, (_, i) => 1 + i));
    for (let i = 0; i < 300; i += 1) master.move(i % 3, 1 + (i % 100));
    let most = 0;
    for (let number = 100; number <= master.config().number; number += 1) most = Math.max(most, master.readsFor(number));
    // The row of the latest one, the row that says which whole one comes before, that one, and the changes.
    expect(most).toBe(3 + 128);
  });

  test("takes few changes for an answer where they are large", () => {
    const master = new Master(10);
    const gids = Array.from({ length: 50 }, (_, i) => 1 + i);
    for (let i = 0; i < 20; i += 1) {
      master.join(...gids);
      master.leave(...gids.slice(1));
    }
    expect(master.config().number).toBe(40);
    for (let number = 0; number <= 40; number += 1) expect(master.readsFor(number)).toBeLessThanOrEqual(3 + 2);
  });

  test("takes about as much room as the changes alone", () => {
    const master = new Master(256);
    master.join(...Array.from({ length: 100 }, (_, i) => 1 + i));
    const joined = master.state.bytes();
    for (let i = 0; i < 1000; i += 1) {
      if (i % 2 === 0) master.leave(1 + (i % 100));
      else master.join(1 + ((i - 1) % 100));
    }
    expect(master.config().number).toBe(1001);
    expect((master.state.bytes() - joined) / 1000).toBeLessThan(200);
  });
});

describe("a shard", () => {
  test("that nobody has had has no holder, and its first owner begins with nothing", () => {
    const master = new Master(1);
    expect(shardOf(master)).toEqual({ gid: 0, since: 0, holder: undefined });
    master.join(1);
    expect(shardOf(master)).toEqual({ gid: 1, since: 1, holder: undefined });
    master.join(2);
    expect(shardOf(master)).toEqual({ gid: 1, since: 1, holder: undefined });
  });

  test("that is parked comes back to its group with a new since, and that group as its holder", () => {
    const master = new Master(1);
    master.join(1);
    master.leave(1);
    expect(shardOf(master)).toEqual({ gid: 0, since: 2, holder: { group: group(1), left: 2 } });
    master.join(1);
    expect(shardOf(master)).toEqual({ gid: 1, since: 3, holder: { group: group(1), left: 2 } });
  });

  test("keeps its holder while it is parked and when another group gets it from there", () => {
    const master = new Master(1);
    master.join(1);
    master.leave(1);
    master.join(2);
    expect(shardOf(master)).toEqual({ gid: 2, since: 3, holder: { group: group(1), left: 2 } });
    master.leave(2);
    expect(shardOf(master)).toEqual({ gid: 0, since: 4, holder: { group: group(2), left: 4 } });
  });

  test("names its holder as it was, when another group has come back with its number", () => {
    const master = new Master(1);
    master.join(1);
    master.leave(1);
    master.join(group(1, 2, ["elsewhere"]));
    expect(shardOf(master)).toEqual({ gid: 1, since: 3, holder: { group: group(1), left: 2 } });
    master.join(2);
    master.move(0, 2);
    expect(shardOf(master)).toEqual({ gid: 2, since: 5, holder: { group: group(1, 2, ["elsewhere"]), left: 5 } });
  });

  test("that stays keeps its since, however often others move", () => {
    const master = new Master(2);
    master.join(1);
    master.join(2);
    for (let i = 0; i < 10; i += 1) master.move(1, 1 + (i % 2));
    expect(shardOf(master)).toEqual({ gid: 1, since: 1, holder: undefined });
  });
});

test("the next join or leave takes a move back only as far as the balance needs it", () => {
  const master = new Master(6);
  master.join(1, 2);
  expect(master.owners()).toEqual([1, 1, 1, 2, 2, 2]);
  master.move(0, 2);
  expect(master.owners()).toEqual([2, 1, 1, 2, 2, 2]);
  // Group 2 has more than its share and gives its highest shards away: the moved one is not among them.
  master.join(3);
  expect(master.owners()).toEqual([2, 1, 1, 2, 3, 3]);
  // A move that leaves the numbers even stays.
  master.move(1, 3);
  master.move(5, 1);
  master.join(1, 2, 3);
  expect(master.owners()).toEqual([2, 3, 1, 2, 3, 1]);
});
