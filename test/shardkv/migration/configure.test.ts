import { describe, expect, test } from "vitest";
import { groupId } from "../../../src/base/ids.ts";
import type { GroupName } from "../../../src/shardmaster/address.ts";
import { changesFor } from "../../../src/shardkv/migration/changes.ts";
import { holdingsOf } from "../../../src/shardkv/migration/ledger.ts";
import { configsOf, groupOf, lettersIn } from "../../explore/moves/configs.ts";
import { MoveRig } from "./rig.ts";

const home = (rig: MoveRig, letter: string, shard = 0): unknown => {
  const at = "ABCD".indexOf(letter);
  return rig.group(at).machine.home(shard, rig.state(at).image);
};

/** Proposes a jump over a configuration that gives the group nothing; where it is then. */
const jump = (rig: MoveRig, letter: string): number => {
  const from = rig.number(letter);
  rig.execute(letter, { op: "configure", from, number: from + 2, isMember: false, changes: [] });
  return rig.number(letter);
};

const status = (rig: MoveRig): unknown => rig.ask("A", { op: "status" }).reply;

describe("what a group says of a shard", () => {
  test("that it has not, of one that it never had", () => {
    expect(home(new MoveRig(["A"]), "A")).toEqual({ ok: false, why: "wrong_group", detail: "This group does not serve shard 0." });
  });

  test("where it comes from, of one that arrives", () => {
    const rig = new MoveRig(["AB"]).begin("A").configure("B", 2);
    expect(home(rig, "B")).toEqual({ ok: false, why: "shard_moving", detail: "group 1 at a1" });
    expect(rig.write("B", "y")).toMatchObject({ why: "shard_moving" });
  });

  test("that it is born, of one that nobody had", () => {
    expect(home(new MoveRig(["A"]).configure("A", 1), "A")).toEqual({ ok: false, why: "shard_moving", detail: "the shardmaster" });
  });

  test("that it has not, of one that has left, arrived or not", () => {
    const rig = new MoveRig(["ABC"]).begin("A").configure("A", 2).configure("B", 3);
    expect(home(rig, "A")).toMatchObject({ why: "wrong_group" });
    expect(home(rig, "B")).toMatchObject({ why: "wrong_group" });
    expect(rig.write("A", "y")).toMatchObject({ why: "wrong_group" });
  });

  test("its sessions and its time, of one that it serves", () => {
    const rig = new MoveRig(["AB"], { clocks: [10, 500, 0, 0] }).begin("A").configure("A", 2).settle();
    expect(home(rig, "B")).toEqual({ ok: true, sessions: Uint8Array.of(0x73, 0, 0, 0, 0, 0, 2), timeOffset: -490 });
  });

  test("where it comes from, also when an earlier arrival was taken away", () => {
    const rig = new MoveRig(["ABAB"]).begin("A").configure("B", 4);
    expect(rig.record("B").arrivals).toMatchObject([
      { since: 2, taken: { since: 3 } },
      { since: 4, taken: undefined },
    ]);
    expect(home(rig, "B")).toMatchObject({ why: "shard_moving", detail: "group 1 at a1" });
  });
});

describe("a configuration", () => {
  test("is applied at once, whatever has not arrived", () => {
    const rig = new MoveRig(["ABCABC"]).configure("B", 6);
    expect(rig.number("B")).toBe(6);
    expect(rig.record("B").arrivals.map(({ since, taken }) => [since, taken?.since])).toEqual([
      [2, 3],
      [5, 6],
    ]);
  });

  test("freezes what the group serves, for the next owner or for nobody", () => {
    const rig = new MoveRig(["AB"], { clocks: [77, 0, 0, 0] }).begin("A").configure("A", 2);
    const frozen = { left: 2, epoch: 1, time: 77, granted: false, address: { since: 2, group: groupOf("B") } };
    expect(rig.record("A")).toMatchObject({ home: undefined, parcels: [frozen], acquired: 1, left: 2 });
    const parked = new MoveRig(["A0"]).begin("A").configure("A", 2).record("A").parcels;
    expect(parked).toMatchObject([{ address: { since: 2, group: undefined } }]);
  });

  test("does nothing in a group that is elsewhere", () => {
    const rig = new MoveRig(["ABA"]).begin("A");
    const [second] = rig.due("A");
    rig.execute("A", { op: "configure", from: 2, number: 3, isMember: true, changes: [] });
    rig.execute("A", { op: "configure", from: 1, number: 1, isMember: true, changes: [] });
    expect(rig.number("A")).toBe(1);
    rig.configure("A", 2);
    const before = rig.record("A");
    if (second !== undefined) rig.execute("A", second);
    expect(rig.record("A")).toEqual(before);
    expect(rig.number("A")).toBe(2);
  });

  test("is not jumped over by a group that has anything", () => {
    expect(jump(new MoveRig(["AAAA"]).begin("A"), "A")).toBe(1);
    expect(jump(new MoveRig(["A000"]).begin("A").configure("A", 2), "A")).toBe(2);
    expect(jump(new MoveRig(["AAAA"]).configure("A", 1), "A")).toBe(1);
    expect(jump(new MoveRig(["A000"]).configure("A", 2), "A")).toBe(2);
    expect(jump(new MoveRig(["A000"]), "B")).toBe(2);
  });

  test("is jumped to by an idle group: to the first that is of interest, or to the newest", () => {
    expect(new MoveRig(["AAAB"]).due("B")).toMatchObject([{ from: 0, number: 4, isMember: true }]);
    expect(new MoveRig(["AAAB"]).due("C")).toMatchObject([{ from: 0, number: 4, isMember: false }]);
  });

  test("is of interest to a group of that number and creation alone", () => {
    const configs = configsOf(["AB"]);
    const changesOf = (name: GroupName): number[] => configs.map((config) => changesFor(config, name).length);
    expect(changesOf({ gid: groupId(1), creation: 1 })).toEqual([0, 1, 1]);
    expect(changesOf({ gid: groupId(2), creation: 1 })).toEqual([0, 0, 1]);
    expect(changesOf({ gid: groupId(1), creation: 2 })).toEqual([0, 0, 0]);
  });
});

describe("what a group has", () => {
  test("is counted over all its shards, whatever happens to them", () => {
    const rig = new MoveRig(["ABCA", "A0BB", "ABAB", "CABC"]).begin("A");
    const check = (): void => {
      for (const letter of lettersIn("ABC")) {
        const at = "ABCD".indexOf(letter);
        const { number, isMember, ...counted } = rig.group(at).row(rig.state(at));
        const sum = { serving: 0, arriving: 0, passing: 0, parcels: 0 };
        for (let shard = 0; shard < 4; shard += 1) {
          const holdings = holdingsOf(rig.record(letter, shard));
          for (const key of ["serving", "arriving", "passing", "parcels"] as const) sum[key] += holdings[key];
        }
        expect(counted).toEqual(sum);
        expect([number, isMember]).toEqual([rig.number(letter), isMember]);
      }
    };
    for (const letters of ["A", "B", "AB", "C", "ABC"]) {
      rig.settle(letters);
      check();
    }
    const served = lettersIn("ABC").flatMap((letter) =>
      [0, 1, 2, 3].filter((shard) => rig.serves(letter, shard)).map((shard) => `${shard}${letter}`),
    );
    expect(served.toSorted()).toEqual(["0A", "1B", "2B", "3C"]);
  });

  test("a group that has left says when it is safe to stop", () => {
    const rig = new MoveRig(["AB"]).begin("A");
    expect(status(rig)).toMatchObject({ report: { group: { number: 1, isMember: true, serving: 1 } } });
    rig.configure("A", 2);
    expect(status(rig)).toMatchObject({ report: { group: { number: 2, isMember: false, parcels: 1 } } });
    expect(rig.isSafeToStop("A")).toBe(false);
    rig.settle();
    expect(rig.isSafeToStop("A")).toBe(true);
    expect(rig.isSafeToStop("B")).toBe(false);
    const passing = new MoveRig(["ABC"]).begin("A").configure("AB", 3);
    expect(status(passing)).toMatchObject({ report: { group: { isMember: false, parcels: 1, passing: 0 } } });
    expect(passing.ask("B", { op: "status" }).reply).toMatchObject({
      report: { group: { isMember: false, parcels: 0, passing: 1 }, waits: [{ phase: "passing", shards: [0] }] },
    });
    expect(passing.isSafeToStop("B")).toBe(false);
  });
});
