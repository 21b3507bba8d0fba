import { describe, expect, test } from "vitest";
import { groupOf, lettersIn } from "../../explore/moves/configs.ts";
import { MoveRig } from "./rig.ts";

const why = (rig: MoveRig, source: string, left: number, asker: string, since: number): unknown => {
  const { reply } = rig.pull(source, left, asker, since);
  return reply.kind === "no_page" ? reply.why : reply.kind;
};

/** All of a group's shards are where they belong, and it has nothing else. */
function isTidy(rig: MoveRig, letters: string): boolean {
  return lettersIn(letters).every((letter) => {
    const { arrivals, parcels, dead } = rig.record(letter);
    return arrivals.length + parcels.length + dead.length === 0;
  });
}

// The traces of the rules of migration: what happens to a shard whose owners follow each other like this.

describe("1=A 2=B 3=C", () => {
  test("B, which owns nothing, does not jump over the configuration that gives it the shard", () => {
    const rig = new MoveRig(["ABC"]).begin("A").configure("A", 2);
    expect(rig.due("B")).toMatchObject([{ op: "configure", from: 0, number: 2 }]);
    expect(rig.ask("B", { op: "have", shard: 0, since: 2 }).reply).toMatchObject({ has: false });
    rig.configure("B", 3);
    expect(rig.ask("B", { op: "have", shard: 0, since: 2 }).reply).toMatchObject({ has: false });
    expect(rig.settle().value("C")).toBe("x");
    expect(isTidy(rig, "ABC")).toBe(true);
  });

  test("a late answer about B does not delete the parcel that was given to C meanwhile", () => {
    const rig = new MoveRig(["ABC"]).begin("A").configure("A", 2);
    rig.settles("A", rig.pull("A", 2, "C", 3));
    expect(rig.record("A").parcels).toMatchObject([{ address: { since: 3 }, granted: false }]);
    const late = { op: "delete", shard: 0, left: 2, since: 2 } as const;
    rig.execute("A", late).execute("A", { op: "grant", shard: 0, left: 2, since: 3 }).execute("A", late);
    expect(rig.record("A").parcels).toHaveLength(1);
    expect(rig.settle().value("C")).toBe("x");
  });
});

describe("1=A 2=0 3=0 4=A", () => {
  test("A does not jump over the only configuration that says it had the shard", () => {
    const rig = new MoveRig(["A00A"]);
    expect(rig.due("A")).toMatchObject([{ op: "configure", from: 0, number: 1 }]);
    expect(rig.settle().value("A")).toBe("");
  });

  test("A has what it parked", () => {
    const rig = new MoveRig(["A00A"]).begin("A").configure("A", 3);
    expect(rig.record("A").parcels).toMatchObject([{ left: 2, address: { since: 2, group: undefined } }]);
    expect(rig.configure("A", 4).value("A")).toBe("x");
  });
});

describe("1=A 2=B 3=A 4=B", () => {
  test("A takes its parcel back before B has asked, and B does not wait for ever for what is over", () => {
    const rig = new MoveRig(["ABAB"]).begin("A").configure("B", 2).configure("A", 3);
    expect(rig.value("A")).toBe("x");
    expect(rig.record("A").acquired).toBe(3);
    expect(why(rig, "A", 2, "B", 2)).toEqual({ kind: "delivered" });
    expect(rig.settle().value("B")).toBe("x");
    expect(isTidy(rig, "AB")).toBe(true);
  });
});

describe("1=A 2=B 3=C 4=0", () => {
  test("B is not said to have given away what has not reached it, and gives nothing up", () => {
    const rig = new MoveRig(["ABC0"]).begin("A").configure("AB", 2).configure("B", 3);
    expect(why(rig, "B", 3, "C", 3)).toEqual({ kind: "not_yet" });
    rig.configure("C", 4);
    expect(rig.record("C").arrivals).toMatchObject([{ since: 3, taken: { since: 4 } }]);
    rig.settle();
    expect(rig.record("C").parcels).toMatchObject([{ left: 4, granted: false }]);
    expect(rig.group(2).valueAt(rig.state(2), 3)).toBe("x");
    expect(isTidy(rig, "AB")).toBe(true);
  });

  test("a copy that was delivered, or never was there, is not an end of an arrival", () => {
    const rig = new MoveRig(["ABC0"]).begin("A").configure("C", 3);
    const ask = {
      to: groupOf("B"),
      question: { op: "pull", shard: 0, left: 3, since: 3, asker: groupOf("C"), cursor: new Uint8Array(), pages: 1 },
    } as const;
    for (const kind of ["delivered", "never_had", "not_yet"] as const) {
      expect(rig.group(2).consequences(rig.state(2), ask, { kind: "no_page", why: { kind }, acquired: 2 })).toEqual([]);
    }
  });
});

describe("a neighbour whose data nobody has but a dead group", () => {
  test("T: 1=A 2=B 3=B, V: 1=C 2=C 3=B: V is served though A has died with T", () => {
    const rig = new MoveRig(["ABB", "CCB"]).begin("A").settle("C").dies("A").settle();
    expect(rig.serves("B", 1)).toBe(true);
    expect(rig.serves("B", 0)).toBe(false);
    expect(rig.record("B").arrivals).toMatchObject([{ since: 2 }]);
  });

  test("T: 1=A 2=B 3=C 4=C, V: 1=C 4=B: the same through two steps", () => {
    const rig = new MoveRig(["ABCC", "CCCB"]).begin("A").configure("C", 1).settle("C").dies("A").settle();
    expect(rig.serves("B", 1)).toBe(true);
    expect(rig.record("C").arrivals).toMatchObject([{ since: 3 }]);
  });
});

describe("1=A 2=0 3=A 4=B 5=C", () => {
  test("A does not thaw what was given to C already", () => {
    const rig = new MoveRig(["A0ABC"]).begin("A").configure("A", 2).configure("C", 5);
    rig.settles("A", rig.pull("A", 2, "C", 5));
    expect(rig.record("A").parcels).toMatchObject([{ address: { since: 5 } }]);
    rig.configure("A", 3);
    expect(rig.serves("A")).toBe(false);
    expect(rig.record("A").arrivals).toMatchObject([{ since: 3 }]);
    expect(rig.settle().value("C")).toBe("x");
    expect(isTidy(rig, "ABC")).toBe(true);
  });
});

describe("1=D 2=A", () => {
  test("A begins the shard though D, which owned it first, has never lived", () => {
    const rig = new MoveRig(["DA"]).dies("D").settle();
    expect(rig.value("A")).toBe("");
  });

  test("D, which comes late, does not begin it again", () => {
    const rig = new MoveRig(["DA"]).dies("D").settle();
    rig.configure("D", 1);
    expect(rig.births(3, [{ shard: 0, since: 1 }])).toEqual([{ op: "abandon", shard: 0, since: 1, above: 2 }]);
    expect(rig.serves("D")).toBe(false);
  });
});

describe("1=A 2=B 3=A", () => {
  test("a parcel never goes back to an older owner, who may have given up", () => {
    const rig = new MoveRig(["ABABA"]).begin("A").configure("A", 2);
    rig.settles("A", rig.pull("A", 2, "B", 4));
    expect(why(rig, "A", 2, "B", 2)).toEqual({ kind: "addressed", since: 4 });
    expect(rig.pull("A", 2, "B", 2).claim).toBeUndefined();
    rig.execute("A", { op: "readdress", shard: 0, left: 2, address: { since: 2, group: groupOf("B") } });
    expect(rig.record("A").parcels).toMatchObject([{ address: { since: 4 } }]);
    expect(rig.settle().value("A")).toBe("x");
  });
});

describe("S: 1=A 2=A 3=B 4=C, T: 1=D 2=B, D dies", () => {
  test("C has S though B waits for T for ever", () => {
    const rig = new MoveRig(["AABC", "DBBB"]).begin("A").configure("D", 1).settle("D").dies("D").settle();
    expect(rig.value("C")).toBe("x");
    expect(rig.serves("B", 1)).toBe(false);
  });

  test("C has S from A though B lives and says only that it is not there yet", () => {
    const rig = new MoveRig(["AABC", "DBBB"]).begin("A").configure("A", 3).settle("C");
    expect(rig.value("C")).toBe("x");
    expect(rig.number("B")).toBe(0);
  });
});

/** A is young, and its shard is B's now, which is old. */
const moved = (): MoveRig => new MoveRig(["AB"], { clocks: [10, 5000, 0, 0] }).begin("A").configure("A", 2).settle();

describe("a move from a young group to an old one", () => {
  test("a write that was valid for 3 ticks still is, for 3 ticks of service", () => {
    const rig = moved();
    const write = { number: 2, validUntil: 13 };
    expect(rig.write("B", "y", write, 5003)).toBeInstanceOf(Uint8Array);
    expect(moved().write("B", "y", write, 5004)).toMatchObject({ why: "expired" });
  });

  test("and on to a third: the shard's time is its own", () => {
    const rig = new MoveRig(["ABC"], { clocks: [10, 5000, 300, 0] }).begin("A").configure("A", 2).settle("AB").settle();
    expect(rig.record("C").home).toMatchObject({ phase: "serving", timeOffset: 10 - 300 });
    expect(rig.write("C", "y", { number: 2, validUntil: 13 }, 303)).toBeInstanceOf(Uint8Array);
    expect(rig.write("C", "z", { number: 3, validUntil: 13 }, 304)).toMatchObject({ why: "expired" });
  });

  test("and its retry is known there, byte for byte", () => {
    const rig = new MoveRig(["AB"], { clocks: [10, 5000, 0, 0] }).begin("A");
    const result = rig.write("A", "x");
    rig.configure("A", 2).settle();
    expect(rig.write("B", "x")).toEqual(result);
    expect(rig.value("B")).toBe("x");
  });
});
