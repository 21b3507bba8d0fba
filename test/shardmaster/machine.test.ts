import { describe, expect, test } from "vitest";
import type { BirthClaim } from "../../src/shardmaster/births.ts";
import { changed, group, Master, unchanged } from "./master.ts";

describe("a configuration", () => {
  test("0 has no groups, and every shard is parked", () => {
    const master = new Master(3);
    const parked = { gid: 0, since: 0, holder: undefined };
    expect(master.answer()).toEqual({
      ok: true,
      op: "config",
      latest: 0,
      config: { number: 0, groups: [], shards: [parked, parked, parked] },
    });
  });

  test("follows for every join, leave and move that changes something", () => {
    const master = new Master(4);
    expect(master.join(2)).toEqual(changed(1));
    expect(master.owners()).toEqual([2, 2, 2, 2]);
    expect(master.join(1)).toEqual(changed(2));
    expect(master.owners()).toEqual([2, 2, 1, 1]);
    expect(master.move(0, 1)).toEqual(changed(3));
    expect(master.owners()).toEqual([1, 2, 1, 1]);
    expect(master.leave(1)).toEqual(changed(4));
    expect(master.owners()).toEqual([2, 2, 2, 2]);
    expect(master.config().groups).toEqual([group(2)]);
    expect(master.leave(2)).toEqual(changed(5));
    expect(master.owners()).toEqual([0, 0, 0, 0]);
  });

  test("is told to who has an older one, and to nobody else", () => {
    const master = new Master(4);
    const newer = (than: number): unknown => master.ask({ op: "newer", than });
    expect(newer(-1)).toEqual({ ok: true, op: "newer", latest: 0, config: master.config(0) });
    expect(newer(0)).toEqual({ ok: true, op: "newer", latest: 0, config: undefined });
    master.join(1);
    master.join(2);
    expect(newer(0)).toEqual({ ok: true, op: "newer", latest: 2, config: master.config(2) });
    expect(newer(1)).toEqual(newer(0));
    expect(newer(2)).toEqual({ ok: true, op: "newer", latest: 2, config: undefined });
    expect(newer(7)).toEqual(newer(2));
  });

  test("does not follow when everything is as it is asked for", () => {
    const master = new Master(4);
    expect(master.leave(1, 7)).toEqual(unchanged(0));
    master.join(1, 2);
    expect(master.join(1)).toEqual(unchanged(1));
    expect(master.join()).toEqual(unchanged(1));
    expect(master.leave()).toEqual(unchanged(1));
    expect(master.leave(3)).toEqual(unchanged(1));
    expect(master.move(0, 1)).toEqual(unchanged(1));
    expect(master.join(1, 3, 2)).toEqual(changed(2));
    expect(master.config().groups).toEqual([group(1), group(2), group(3)]);
  });
});

function births(master: Master, gid: number, claims: readonly BirthClaim[], creation: number = 1): unknown {
  return master.run({ op: "births", group: group(gid, creation), claims });
}

describe("births", () => {
  const claim = { shard: 0, since: 1 };

  test("a shard begins with the group whose run of ownership begins where it says, and makes no configuration", () => {
    const master = new Master(2);
    master.join(1);
    expect(births(master, 1, [claim])).toEqual({ ok: true, op: "births", answer: { granted: [claim], addressed: [] } });
    expect(master.answer().latest).toBe(1);
  });

  test("it does not begin with another group, nor from another configuration on, nor twice", () => {
    const master = new Master(2);
    master.join(1);
    const nowhere = { ok: true, op: "births", answer: { granted: [], addressed: [{ shard: 0, since: 0 }] } };
    expect(births(master, 2, [claim])).toEqual(nowhere);
    expect(births(master, 1, [claim], 7)).toEqual(nowhere);
    expect(births(master, 1, [{ shard: 0, since: 2 }])).toEqual(nowhere);
    master.move(0, 1);
    births(master, 1, [claim]);
    master.join(2);
    master.leave(1);
    const since = master.answer().latest;
    expect(births(master, 2, [{ shard: 0, since: master.config().shards[0]?.since ?? since }])).toEqual({
      ok: true,
      op: "births",
      answer: { granted: [], addressed: [claim] },
    });
  });

  test("before the cluster is initialised nothing begins", () => {
    expect(births(new Master(0), 1, [claim])).toMatchObject({ ok: false, why: "bad_request" });
  });
});
