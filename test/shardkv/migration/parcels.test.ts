import { describe, expect, test } from "vitest";
import { groupId } from "../../../src/base/ids.ts";
import { standingOf } from "../../../src/shardmaster/address.ts";
import type { Claim } from "../../../src/shardkv/migration/answer.ts";
import { groupOf, knownUpTo } from "../../explore/moves/configs.ts";
import { MoveRig } from "./rig.ts";

const addressedTo = (rig: MoveRig): unknown[] =>
  rig.record("A").parcels.map(({ address, granted }) => [address.since, address.group?.gid, granted]);
const frozen = (owners = "ABC"): MoveRig => new MoveRig([owners]).begin("A").configure("A", 2);

describe("who asks for a parcel", () => {
  test.each([
    [3, "B", false, "addressee"],
    [3, "B", true, "addressee"],
    [3, "C", false, "refused"],
    [2, "B", false, "refused"],
    [4, "C", false, "above"],
    [4, "C", true, "refused"],
  ] as const)("for run %d of %s, when it is granted: %s, is %s", (since, letter, granted, standing) => {
    expect(standingOf({ address: { since: 3, group: groupOf("B") }, granted }, since, groupOf(letter))).toBe(standing);
  });

  test("is nobody's addressee while it is parked, and is no other group of the same number", () => {
    expect(standingOf({ address: { since: 3, group: undefined }, granted: false }, 3, groupOf("B"))).toBe("refused");
    const other = { gid: groupId(2), creation: 9 };
    expect(standingOf({ address: { since: 3, group: groupOf("B") }, granted: false }, 3, other)).toBe("refused");
  });
});

describe("the address of a parcel", () => {
  test("rises to a later owner, who is looked up first, though the source has not got that far", () => {
    const rig = frozen();
    rig.settles("A", rig.pull("A", 2, "C", 3));
    expect(addressedTo(rig)).toEqual([[3, 3, false]]);
    expect(rig.number("A")).toBe(2);
  });

  test("is not given to who is no owner in the configuration that he names", () => {
    const rig = frozen("ABBC");
    for (const [asker, since] of [
      ["C", 3],
      ["B", 3],
      ["D", 4],
      ["C", 9],
    ] as const) {
      rig.settles("A", rig.pull("A", 2, asker, since));
      expect(addressedTo(rig)).toEqual([[2, 2, false]]);
    }
    const forged: Claim = {
      needs: "address",
      pull: { op: "pull", shard: 0, left: 2, since: 4, asker: { gid: groupId(3), creation: 2 }, cursor: new Uint8Array(), pages: 1 },
    };
    expect(rig.group(0).settlement(rig.state(0), forged, rig.known)).toBeUndefined();
  });

  test("is not given to anybody by a configuration that is not known", () => {
    const rig = frozen();
    const { claim } = rig.pull("A", 2, "C", 3);
    expect(claim).toBeDefined();
    expect(rig.group(0).settlement(rig.state(0), claim as Claim, knownUpTo(rig.configs, 2))).toBeUndefined();
  });

  test("is final once it is granted", () => {
    const rig = frozen();
    rig.settles("A", rig.pull("A", 2, "B", 2));
    expect(addressedTo(rig)).toEqual([[2, 2, true]]);
    expect(rig.pull("A", 2, "C", 3).claim).toBeUndefined();
    rig.execute("A", { op: "readdress", shard: 0, left: 2, address: { since: 3, group: groupOf("C") } });
    expect(addressedTo(rig)).toEqual([[2, 2, true]]);
  });

  test("is granted only as it is", () => {
    const rig = frozen();
    rig.execute("A", { op: "grant", shard: 0, left: 2, since: 3 }).execute("A", { op: "grant", shard: 0, left: 1, since: 2 });
    expect(addressedTo(rig)).toEqual([[2, 2, false]]);
    const parked = frozen("A0B").execute("A", { op: "grant", shard: 0, left: 2, since: 2 });
    expect(addressedTo(parked)).toEqual([[2, undefined, false]]);
  });

  test("is never nobody's again", () => {
    const rig = frozen().execute("A", { op: "readdress", shard: 0, left: 2, address: { since: 9, group: undefined } });
    expect(addressedTo(rig)).toEqual([[2, 2, false]]);
  });
});

describe("the last page", () => {
  test("leaves only when its going was logged", () => {
    const rig = frozen();
    const before = rig.pull("A", 2, "B", 2);
    expect(before).toMatchObject({ reply: { kind: "no_page", why: { kind: "addressed", since: 2 } }, claim: { needs: "grant" } });
    rig.settles("A", before);
    expect(rig.pull("A", 2, "B", 2)).toMatchObject({ reply: { kind: "page" }, claim: undefined });
  });

  test("is the only one that waits for that", () => {
    const rig = new MoveRig(["AB"], { chunkRowsMax: 1 }).begin("A").configure("A", 2);
    expect(rig.pull("A", 2, "B", 2)).toMatchObject({ reply: { kind: "page", body: { next: expect.any(Uint8Array) } }, claim: undefined });
  });
});

describe("a parcel", () => {
  test("is deleted when it is granted, and where its address says", () => {
    const rig = frozen();
    const remove = (since: number): number => rig.execute("A", { op: "delete", shard: 0, left: 2, since }).record("A").parcels.length;
    expect(remove(2)).toBe(1);
    rig.execute("A", { op: "grant", shard: 0, left: 2, since: 2 });
    expect(remove(3)).toBe(1);
    expect(remove(2)).toBe(0);
    expect(rig.record("A")).toMatchObject({ dead: [1], acquired: 1, left: 2 });
    expect(rig.pull("A", 2, "C", 3).reply).toEqual({ kind: "no_page", why: { kind: "delivered" }, acquired: 1 });
  });

  test("that never was is not one that was delivered", () => {
    const rig = new MoveRig(["ABC"])
      .begin("A")
      .configure("A", 2)
      .configure("B", 3)
      .execute("B", { op: "abandon", shard: 0, since: 2, above: 3 });
    expect(rig.pull("B", 3, "C", 3).reply).toEqual({ kind: "no_page", why: { kind: "never_had" }, acquired: 0 });
    expect(rig.pull("D", 2, "C", 3).reply).toEqual({ kind: "no_page", why: { kind: "not_yet" }, acquired: 0 });
  });

  test("of a copy that has passed through is the whole copy, for who owns it then", () => {
    const rig = new MoveRig(["AB0"]).begin("A").configure("A", 3).configure("B", 3).settle("B");
    expect(rig.record("B").parcels).toMatchObject([{ left: 3, epoch: 2, address: { since: 3, group: undefined }, granted: false }]);
    expect(rig.group(1).valueAt(rig.state(1), 2)).toBe("x");
  });

  test("of a copy that has passed through was delivered in the end, and not never there", () => {
    const rig = new MoveRig(["ABC"]).begin("A").configure("AB", 3).settle("B").configure("C", 3).settle();
    expect(rig.value("C")).toBe("x");
    const { reply } = rig.pull("B", 3, "C", 3);
    expect(reply).toMatchObject({ why: { kind: "delivered" } });
    expect(rig.record("B")).toMatchObject({ acquired: 2, left: 3 });
  });

  test("that its own group owns next is thawed, with the rows and the time that it had", () => {
    const rig = new MoveRig(["ABA"], { clocks: [10, 0, 0, 0] }).begin("A").configure("A", 3);
    expect(rig.record("A")).toMatchObject({ home: { phase: "serving", epoch: 1, timeOffset: 0 }, parcels: [], acquired: 3, left: 2 });
    expect(rig.write("A", "x")).toBeInstanceOf(Uint8Array);
    expect(rig.value("A")).toBe("x");
  });
});

describe("an arrival", () => {
  test("is given up only for a later run", () => {
    const rig = frozen().configure("B", 2);
    for (const above of [1, 2]) expect(rig.execute("B", { op: "abandon", shard: 0, since: 2, above }).record("B").arrivals).toHaveLength(1);
    rig.execute("B", { op: "abandon", shard: 0, since: 3, above: 4 });
    expect(rig.record("B").arrivals).toHaveLength(1);
    expect(rig.execute("B", { op: "abandon", shard: 0, since: 2, above: 3 }).record("B")).toMatchObject({ arrivals: [], home: undefined });
  });

  test("that the group's own later run has overtaken leaves what has come of it to be cleared", () => {
    const rig = new MoveRig(["ABAB"], { chunkRowsMax: 1 }).begin("A").configure("AB", 2);
    const { reply } = rig.pull("A", 2, "B", 2);
    if (reply.kind === "page") rig.execute("B", { op: "chunk", shard: 0, since: 2, body: reply.body });
    rig.configure("A", 4).configure("B", 4);
    expect(rig.record("B").arrivals.map(({ cursor }) => cursor.length > 0)).toEqual([true, false]);
    rig.execute("B", { op: "born", arrivals: [{ shard: 0, since: 4 }] });
    expect(rig.record("B")).toMatchObject({ arrivals: [], dead: [2], acquired: 4 });
  });

  test("leaves what has come of it to be cleared", () => {
    const rig = new MoveRig(["ABC"], { chunkRowsMax: 1 }).begin("A").configure("AB", 2);
    const { reply } = rig.pull("A", 2, "B", 2);
    if (reply.kind === "page") rig.execute("B", { op: "chunk", shard: 0, since: 2, body: reply.body });
    rig.execute("B", { op: "abandon", shard: 0, since: 2, above: 3 });
    expect(rig.record("B").dead).toEqual([2]);
    rig.settle();
    expect(rig.record("B").dead).toEqual([]);
    expect(rig.value("C")).toBe("x");
  });
});
