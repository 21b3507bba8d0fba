import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WriteOp } from "../../src/env/storage.ts";
import { LeaderTime } from "../../src/rsm/leader-time.ts";
import { lost } from "../../src/rsm/session/sessions.ts";
import { StateRows } from "../../src/rsm/state/state-rows.ts";
import { placeOf } from "./append-machine.ts";
import { clientId, SessionRig, whyRefused } from "./session-rig.ts";

describe("order at apply", () => {
  test("ownership comes first: elsewhere even what was done is refused", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1 });
    rig.machine.shards.delete(0);
    expect(whyRefused(rig.ask(0, { token: 1 }))).toBe("wrong_group");
  });

  test("the floor comes before the stored result: what its client has given up is refused although it was done", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1 });
    rig.ask(0, { token: 2, number: 2, floor: 2 });
    expect(whyRefused(rig.ask(0, { token: 1 }))).toBe("session_stale");
    expect(rig.done()).toEqual([1, 2]);
  });

  test("the stored result comes before validity: a duplicate that is late hears its result", () => {
    const rig = new SessionRig();
    const first = rig.ask(0, { token: 1, validUntil: 10 });
    expect(rig.ask(11, { token: 1, validUntil: 10 })).toEqual(first);
    expect(rig.done()).toEqual([1]);
  });

  test("validity comes before room", () => {
    const rig = new SessionRig({ sessionsMax: 1 });
    rig.ask(0, { token: 1 });
    expect(whyRefused(rig.ask(11, { token: 2, client: clientId(2), validUntil: 10 }))).toBe("expired");
    expect(whyRefused(rig.ask(11, { token: 2, client: clientId(2) }))).toBe("session_full");
  });

  test("a command that the machine does not know is refused before it is executed, and leaves no session", () => {
    const rig = new SessionRig();
    const request = { client: clientId(1), shard: 0, number: 1, floor: 1, validUntil: 100, command: new Uint8Array(3) };
    const state = new StateRows(rig.read);
    state.begin();
    expect(rig.sessions.apply(request, state)).toMatchObject({ why: "bad_request" });
    const rows: WriteOp[] = [];
    state.emit(rows);
    expect(rows).toEqual([]);
  });

  test("a refusal changes no row but the log time", () => {
    const rig = new SessionRig();
    rig.ask(5, { token: 1, number: 2, floor: 2 });
    const before = new Map(rig.rows);
    rig.ask(5, { token: 2, number: 1, floor: 1 });
    rig.ask(5, { token: 3, number: 3, validUntil: 4 });
    rig.ask(5, { token: 4, client: clientId(4), validUntil: 10 ** 12 });
    expect(rig.rows).toEqual(before);
  });
});

describe("S1: what is valid until a time is never executed behind it", () => {
  test("executed, the row dropped, and the duplicate is refused", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1, validUntil: 10 });
    rig.expire(11);
    expect(rig.sessions.count).toBe(0);
    expect(whyRefused(rig.ask(11, { token: 1, validUntil: 10 }))).toBe("expired");
    expect(rig.done()).toEqual([1]);
  });
});

describe("S2: validity does not fall as numbers rise", () => {
  test("so a row that is gone has outlived every number below its floor", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 2, number: 2, floor: 2, validUntil: 10 });
    rig.expire(10);
    expect(whyRefused(rig.ask(10, { token: 1, validUntil: 10 }))).toBe("session_stale");
    rig.expire(11);
    expect(whyRefused(rig.ask(11, { token: 1, validUntil: 10 }))).toBe("expired");
    expect(rig.done()).toEqual([2]);
  });

  test("a row lives until the largest that it was told", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1, validUntil: 20 });
    rig.ask(0, { token: 2, number: 2, validUntil: 10 });
    rig.expire(15);
    expect(rig.sessions.count).toBe(1);
  });
});

describe("S3: log time", () => {
  test("never falls, whatever an entry is stamped", () => {
    const rig = new SessionRig();
    rig.ask(50, { token: 1 });
    rig.ask(20, { token: 2, number: 2 });
    expect(rig.sessions.time).toBe(50);
  });

  test("an old stamp does not let a duplicate in", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1, validUntil: 10 });
    rig.expire(11);
    expect(whyRefused(rig.ask(5, { token: 1, validUntil: 10 }))).toBe("expired");
  });

  test("a leader goes on from the last stamp of its log, by its own clock", () => {
    const time = new LeaderTime();
    time.begin(1000, 7.5);
    expect(time.stamp(0, 7.5)).toBe(1000);
    expect(time.stamp(0, 17.5)).toBe(1010);
  });

  test("what is applied meanwhile lifts it", () => {
    const time = new LeaderTime();
    time.begin(1000, 0);
    expect(time.stamp(5000, 10)).toBe(5010);
  });

  test("fractions of milliseconds are not lost, and time does not go back with the clock", () => {
    const time = new LeaderTime();
    time.begin(0, 0);
    const stamps = [0.4, 0.8, 1.2, 1.6, 2.4, 1].map((now) => time.stamp(0, now));
    expect(stamps).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test("each shard's own is as far from the group's as its home says", () => {
    const rig = new SessionRig({}, new Map([[0, 1000]]));
    expect(whyRefused(rig.ask(0, { token: 1, validUntil: 999 }))).toBe("expired");
    expect(whyRefused(rig.ask(0, { token: 1, validUntil: 1000 }))).toBeUndefined();
    rig.expire(0);
    expect(rig.sessions.count).toBe(1);
    rig.expire(1);
    expect(rig.sessions.count).toBe(0);
  });
});

describe("S4: accepted and kept up to the same moment", () => {
  test("a request is accepted at its last millisecond, and not behind it", () => {
    const rig = new SessionRig();
    expect(whyRefused(rig.ask(10, { token: 1, validUntil: 10 }))).toBeUndefined();
    expect(whyRefused(rig.ask(11, { token: 2, number: 2, validUntil: 10 }))).toBe("expired");
  });

  test("a row is not dropped at its last millisecond, and is behind it", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1, validUntil: 10 });
    rig.expire(10);
    expect(rig.sessions.count).toBe(1);
    rig.expire(11);
    expect(rig.sessions.count).toBe(0);
  });

  test("a row is never dropped while its shard is not served", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 1, validUntil: 10 });
    rig.machine.shards.delete(0);
    rig.expire(11);
    rig.machine.shards.set(0, 0);
    expect(rig.sessions.count).toBe(1);
    expect(placeOf(rig.ask(11, { token: 1, validUntil: 10 }) as Uint8Array)).toBe(0);
  });

  test("a list may name what is not there", () => {
    const rig = new SessionRig();
    rig.expire(5, [
      { shard: 0, client: clientId(9) },
      { shard: 7, client: clientId(1) },
    ]);
    expect(rig.sessions.count).toBe(0);
  });
});

describe("S5: nothing at the floor or above it is forgotten", () => {
  test("the floor is the highest that was told, though it comes out of order", () => {
    const rig = new SessionRig();
    rig.ask(0, { token: 3, number: 3, floor: 3 });
    rig.ask(0, { token: 4, number: 4, floor: 1 });
    expect(whyRefused(rig.ask(0, { token: 2, number: 2, floor: 1 }))).toBe("session_stale");
    expect(rig.done()).toEqual([3, 4]);
  });

  test("a result too large to keep is done, and lost", () => {
    const rig = new SessionRig({ resultBytesMax: 8 });
    expect(rig.ask(0, { token: 1, resultBytes: 9 })).toHaveLength(9);
    expect(rig.ask(0, { token: 1, resultBytes: 9 })).toBe(lost);
    expect(rig.done()).toEqual([1]);
  });

  test("what the row has no room for is refused before it is executed", () => {
    const rig = new SessionRig({ resultsMax: 2 });
    rig.ask(0, { token: 1, number: 1 });
    rig.ask(0, { token: 2, number: 2 });
    expect(whyRefused(rig.ask(0, { token: 3, number: 3 }))).toBe("session_full");
    expect(rig.done()).toEqual([1, 2]);
    expect(rig.ask(0, { token: 1, number: 1 })).toBeInstanceOf(Uint8Array);
  });

  test("bytes count as results do: the most that the next one may take is kept free", () => {
    const rig = new SessionRig({ resultBytesMax: 10, sessionBytesMax: 25 });
    rig.ask(0, { token: 1, number: 1, resultBytes: 10 });
    rig.ask(0, { token: 2, number: 2, resultBytes: 6 });
    expect(whyRefused(rig.ask(0, { token: 3, number: 3, resultBytes: 4 }))).toBe("session_full");
  });

  test("the lowest number that its client waits for always has room, or none could ever be made", () => {
    const rig = new SessionRig({ resultsMax: 1 });
    rig.ask(0, { token: 2, number: 2 });
    expect(whyRefused(rig.ask(0, { token: 3, number: 3 }))).toBe("session_full");
    expect(whyRefused(rig.ask(0, { token: 1, number: 1 }))).toBeUndefined();
    expect(whyRefused(rig.ask(0, { token: 3, number: 3, floor: 3 }))).toBeUndefined();
  });

  test("there is room for so many sessions, and a place is free when one is dropped", () => {
    const rig = new SessionRig({ sessionsMax: 1 });
    rig.ask(0, { token: 1, validUntil: 5 });
    expect(whyRefused(rig.ask(0, { token: 2, client: clientId(2) }))).toBe("session_full");
    rig.expire(6);
    expect(whyRefused(rig.ask(6, { token: 2, client: clientId(2) }))).toBeUndefined();
  });
});

describe("S7, S8", () => {
  test("S7: what is valid for longer than is allowed is refused", () => {
    const rig = new SessionRig({ validMaxMs: 50 });
    expect(whyRefused(rig.ask(10, { token: 1, validUntil: 61 }))).toBe("valid_too_long");
    expect(whyRefused(rig.ask(10, { token: 1, validUntil: 60 }))).toBeUndefined();
  });

  test("S8: two clients, and two shards of one client, know nothing of each other", () => {
    const rig = new SessionRig(
      {},
      new Map([
        [0, 0],
        [1, 0],
      ]),
    );
    rig.ask(0, { token: 1 });
    rig.ask(0, { token: 2, client: clientId(2) });
    rig.ask(0, { token: 3, shard: 1 });
    expect([rig.done(0), rig.done(1), rig.sessions.count]).toEqual([[1, 2], [3], 3]);
  });
});

test("whatever arrives, nothing is executed twice or below its client's floor, as a list of everything says", () => {
  const asked = fc.record({
    number: fc.integer({ min: 1, max: 5 }),
    back: fc.nat(2),
    client: fc.integer({ min: 1, max: 2 }),
    later: fc.nat(3),
    drop: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (all) => {
      const rig = new SessionRig({ resultsMax: 3 });
      let time = 0;
      const executed = new Map<string, number>();
      const floors = new Map<number, number>();
      const faults: string[] = [];
      for (const { number, back, client, later, drop } of all) {
        time += later;
        if (drop) rig.expire(time, [{ shard: 0, client: clientId(client) }]);
        const name = `${client} ${number}`;
        const floor = Math.max(1, number - back);
        const before = rig.done().length;
        // Rules S1 and S2 are the client's: validity hangs on the number alone, and rises with it.
        const applied = rig.ask(time, { token: before + 1, client: clientId(client), number, floor, validUntil: 10 + number });
        const isNew = rig.done().length > before;
        const earlier = executed.get(name);
        const isBelow = number < (floors.get(client) ?? 0);
        if (isNew) {
          if (earlier !== undefined || isBelow) faults.push(`number ${name} is executed at ${before}, after ${earlier}`);
          executed.set(name, before);
          floors.set(client, Math.max(floors.get(client) ?? 0, floor));
        } else if (applied instanceof Uint8Array && placeOf(applied) !== earlier) {
          faults.push(`number ${name} was done at ${earlier}, and answered ${placeOf(applied)}`);
        }
      }
      expect(faults).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
