import { describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import { type ServerId, serverId } from "../../src/base/ids.ts";
import type { Answer } from "../../src/rsm/client-wire.ts";
import { LeaderSearch } from "../../src/rsm/caller/leader-search.ts";
import { ClientSession, type Ending, type Outcome } from "../../src/rsm/caller/operation.ts";
import { decodeRequest } from "../../src/rsm/session/request.ts";
import { type RefusalCode, refused } from "../../src/rsm/state/state-machine.ts";
import { ClientRig } from "./client-rig.ts";
import { clientId } from "./session-rig.ts";

const query = Uint8Array.of(1);
const done: Answer = { kind: "result", bytes: Uint8Array.of(9) };
const no = (why: RefusalCode, detail = ""): Answer => ({ kind: "refused", refusal: refused(why, detail) });

function ask(rig: ClientRig, deadlineMs = Infinity): Ending[] {
  const endings: Ending[] = [];
  rig.caller.query(query, deadlineMs, (ending) => endings.push(ending));
  return endings;
}

/** A session whose shard 0 is known to be at 1000. */
function session(windowMax = 10): ClientSession {
  const made = new ClientSession(clientId(1), { windowMax });
  made.operation(0, query).sequence.learnTime(1000, 0);
  return made;
}

function execute(rig: ClientRig, made: ClientSession, deadlineMs = Infinity): Outcome[] {
  const outcomes: Outcome[] = [];
  rig.caller.execute(made.operation(0, query), deadlineMs, (outcome) => outcomes.push(outcome));
  return outcomes;
}

describe("who leads", () => {
  test("a server that answers is asked again", () => {
    const rig = new ClientRig();
    const first = ask(rig);
    rig.run(0);
    rig.answer(rig.last, done);
    ask(rig);
    rig.run(0);
    expect([first, rig.attempts[0]?.server === rig.last.server]).toEqual([[done], true]);
  });

  test("a hint is followed at once, and only once", () => {
    const rig = new ClientRig();
    ask(rig);
    rig.run(0);
    const [asked] = [rig.last.server];
    const hint = (asked + 2) % 3;
    rig.answer(rig.last, no("not_leader", String(hint)));
    rig.run(0);
    expect([rig.attempts.length, rig.last.server]).toEqual([2, hint]);
    rig.answer(rig.last, no("not_leader", String(asked)));
    rig.run(0);
    expect(rig.attempts).toHaveLength(2);
    rig.run(1000);
    expect([rig.attempts.length > 2, rig.attempts[2]?.server]).toEqual([true, asked]);
  });

  test.each(["", "3", "-1", "1e0", "99999", "x"])("a hint of '%s' is none", (hint) => {
    const search = new LeaderSearch(3, 0);
    expect([search.refused(0, hint), search.choose()]).toEqual([false, 1]);
  });

  test("without a hint all are asked in turn", () => {
    const rig = new ClientRig();
    ask(rig);
    for (let i = 0; i < 6; i += 1) {
      rig.run(2000);
      rig.answer(rig.last, no("not_leader"));
    }
    expect(new Set(rig.attempts.map(({ server }) => server)).size).toBe(3);
  });

  test("a silent server is left for another, later and later, but not for ever", () => {
    const rig = new ClientRig({ attemptMs: 100, attemptMaxMs: 400 });
    ask(rig);
    rig.run(5000);
    const gaps = rig.attempts.slice(1).map(({ at }, i) => Math.round(at - (rig.attempts[i]?.at ?? 0)));
    expect(gaps.slice(0, 4)).toEqual([100, 200, 400, 400]);
    expect(rig.attempts[0]?.server).not.toBe(rig.attempts[1]?.server);
  });
});

describe("a server to which there is no connection any more", () => {
  test("is not waited for: another one is asked soon, and what comes back all the same still counts", () => {
    const rig = new ClientRig({ attemptMs: 60_000, attemptMaxMs: 60_000 });
    const endings = ask(rig);
    rig.run(0);
    const [first] = rig.attempts;
    rig.lose(rig.last.server);
    rig.run(20);
    expect([rig.attempts.length, rig.last.server === first?.server]).toEqual([2, false]);
    rig.answer(present(first, "it was asked"), done);
    expect(endings).toEqual([done]);
  });

  test("is not asked first by the next call, which does not know it either", () => {
    const rig = new ClientRig();
    ask(rig);
    rig.run(0);
    rig.answer(rig.last, done);
    const leader = rig.last.server;
    rig.lose(leader);
    ask(rig);
    rig.run(0);
    expect(rig.last.server).not.toBe(leader);
  });

  test("one after the other are asked more and more slowly, when none is left", () => {
    const rig = new ClientRig({ restMs: 10, restMaxMs: 80 });
    ask(rig);
    for (let i = 0; i < 200; i += 1) {
      rig.run(5);
      rig.lose(rig.last.server);
    }
    expect(rig.attempts.length).toBeGreaterThan(1000 / 80 - 2);
    expect(rig.attempts.length).toBeLessThan(1000 / 40 + 10);
  });

  test("is asked again soon where there is no other, however often it was silent before", () => {
    const rig = new ClientRig({ restMaxMs: 1000 }, 1);
    ask(rig);
    // As long as it is silent, it is asked every 8 seconds at last.
    rig.run(60_000);
    for (let i = 0; i < 10; i += 1) {
      const before = rig.attempts.length;
      rig.lose(0);
      rig.run(1000);
      expect(rig.attempts.length).toBe(before + 1);
    }
  });
});

describe("a server that led, and to which there is no connection any more", () => {
  test("is not asked because others still say that it leads, but in its turn; and because of it once it is there again", () => {
    const rig = new ClientRig();
    ask(rig);
    rig.run(0);
    rig.answer(rig.last, done);
    const leader = rig.last.server;
    ask(rig);
    rig.run(0);
    rig.lose(leader);
    const old = { kind: "refused", refusal: refused("not_leader", String(leader)) } as const;
    rig.run(20);
    const asked = [rig.last.server];
    for (let i = 0; i < 3; i += 1) {
      rig.answer(rig.last, old);
      rig.run(99);
      asked.push(rig.last.server);
      if (rig.last.server === leader) break;
    }
    expect(asked.slice(0, 2)).not.toContain(leader);
    expect([new Set(asked.slice(0, 2)).size, asked[2]]).toEqual([2, leader]);
    rig.caller.welcomed(rig.servers[leader] as ServerId);
    rig.answer(rig.last, { kind: "refused", refusal: refused("not_leader", "") });
    rig.run(99);
    expect(rig.last.server).not.toBe(leader);
    rig.answer(rig.last, old);
    rig.run(99);
    expect(rig.last.server).toBe(leader);
  });

  test("is looked for ten times a second at least, however long nobody leads", () => {
    const rig = new ClientRig();
    ask(rig);
    for (let i = 0; i < 500; i += 1) {
      rig.run(10);
      if (i % 2 === 0) rig.answer(rig.last, { kind: "refused", refusal: refused("not_leader", "") });
    }
    expect(rig.attempts.length).toBeGreaterThan(45);
    expect(rig.attempts.length).toBeLessThan(120);
  });
});

describe("how a call ends", () => {
  test.each(["wrong_group", "shard_moving", "session_stale", "expired", "valid_too_long", "bad_request"] as const)("%s is final", (why) => {
    const rig = new ClientRig();
    const endings = ask(rig);
    rig.run(0);
    rig.answer(rig.last, no(why, "because"));
    expect(endings).toEqual([{ kind: "refused", refusal: refused(why, "because") }]);
    expect(rig.caller.pending).toBe(0);
  });

  test.each(["not_leader", "overloaded", "session_full"] as const)("%s passes: it is tried again until it works", (why) => {
    const rig = new ClientRig();
    const endings = ask(rig);
    for (let i = 0; i < 20; i += 1) {
      rig.run(3000);
      rig.answer(rig.last, no(why));
    }
    expect(endings).toEqual([]);
    rig.run(3000);
    rig.answer(rig.last, done);
    expect(endings).toEqual([done]);
  });

  test("a deadline ends it, and says what was refused last", () => {
    const rig = new ClientRig();
    const endings = ask(rig, 100);
    rig.run(0);
    rig.answer(rig.last, no("overloaded", "full"));
    rig.run(99);
    expect(endings).toEqual([]);
    rig.run(1);
    expect(endings).toEqual([{ kind: "given_up", why: "deadline", last: refused("overloaded", "full") }]);
  });

  test("cancelling ends it once, and what comes later finds nobody", () => {
    const rig = new ClientRig();
    const endings: Ending[] = [];
    const cancel = rig.caller.query(query, Infinity, (ending) => endings.push(ending));
    rig.run(0);
    cancel();
    cancel();
    rig.answer(rig.last, done);
    expect(endings).toEqual([{ kind: "given_up", why: "cancelled", last: undefined }]);
    rig.run(100_000);
    expect([rig.attempts.length, rig.caller.pending]).toEqual([1, 0]);
  });
});

describe("what is answered late, or by others", () => {
  test("an older attempt that is answered after all counts", () => {
    const rig = new ClientRig({ attemptMs: 100 });
    const endings = ask(rig);
    rig.run(150);
    const [older] = rig.attempts;
    if (older !== undefined) rig.answer(older, done);
    expect([rig.attempts.length, endings]).toEqual([2, [done]]);
  });

  test.each([
    ["expired", 1],
    ["session_stale", 1],
    ["wrong_group", 0],
  ] as const)("an older attempt that is refused as %s after all ends %i calls", (why, count) => {
    const rig = new ClientRig({ attemptMs: 100 });
    const endings = ask(rig);
    rig.run(150);
    const [older] = rig.attempts;
    if (older !== undefined) rig.answer(older, no(why));
    expect([rig.attempts.length, endings.length]).toEqual([2, count]);
  });

  test("what strangers say, and what nobody asked, is ignored", () => {
    const rig = new ClientRig();
    const endings = ask(rig);
    rig.run(0);
    const { id } = rig.last.call;
    rig.caller.receive(serverId("stranger"), [{ id, answer: done }]);
    rig.caller.receive(serverId("s0"), [{ id: id + 1, answer: done }]);
    expect(endings).toEqual([]);
  });

  test("a leader that was deposed says unknown: another attempt is made, elsewhere, and a refusal of it is not definite", () => {
    const rig = new ClientRig();
    const outcomes = execute(rig, session());
    rig.run(0);
    const first = rig.last;
    rig.answer(first, { kind: "unknown" });
    rig.run(1000);
    expect(rig.attempts[1]?.server).not.toBe(first.server);
    rig.answer(rig.last, no("expired"));
    expect(outcomes).toEqual([{ kind: "unknown", detail: "expired: " }]);
  });
});

describe("what one turn asks", () => {
  test("is one packet", () => {
    const rig = new ClientRig();
    for (let i = 0; i < 50; i += 1) ask(rig);
    rig.run(0);
    expect([rig.attempts.length, rig.packets]).toEqual([50, 1]);
  });

  test("is more where one would be too large, and a single large call goes alone", () => {
    const rig = new ClientRig({ packetBytesMax: 100 });
    for (const length of [60, 60, 500, 10]) rig.caller.query(new Uint8Array(length), Infinity, () => {});
    rig.run(0);
    expect(rig.attempts.map(({ packet }) => packet)).toEqual([0, 1, 2, 3]);
  });

  test("is refused beyond the limit, later and without being sent", () => {
    const rig = new ClientRig({ callsMax: 2 });
    const all = [ask(rig), ask(rig), ask(rig)];
    expect(all).toEqual([[], [], []]);
    rig.run(0);
    expect([all[2]?.[0], rig.attempts.length, rig.caller.pending]).toMatchObject([
      { kind: "refused", refusal: { why: "overloaded" } },
      2,
      2,
    ]);
  });
});

describe("what is refused in one packet", () => {
  test.each([
    ["not_leader", 1],
    ["overloaded", 4],
  ] as const)("because of %s is tried again at %d times", (why, times) => {
    const rig = new ClientRig({ restMs: 1000, restMaxMs: 1000, searchMaxMs: 1000 });
    for (let i = 0; i < 4; i += 1) ask(rig);
    rig.run(0);
    const { server } = rig.last;
    rig.caller.receive(
      rig.servers[server] as ServerId,
      rig.attempts.map(({ call: { id } }) => ({ id, answer: no(why) })),
    );
    rig.run(1000);
    expect(new Set(rig.attempts.slice(4).map(({ at }) => at)).size).toBe(times);
  });
});

describe("numbers", () => {
  test("no more are in use than the window has, and the next goes when one ends", () => {
    const rig = new ClientRig();
    const made = session(1);
    const [first, second] = [execute(rig, made), execute(rig, made)];
    rig.run(0);
    expect(rig.attempts).toHaveLength(1);
    rig.answer(rig.last, done);
    rig.run(0);
    rig.answer(rig.last, done);
    expect([rig.attempts.length, first, second]).toEqual([2, [done], [done]]);
  });

  test("what was given up is not waited for: the floor of what is refused for want of room rises", () => {
    const rig = new ClientRig();
    const made = session();
    execute(rig, made, 20);
    execute(rig, made);
    rig.run(30);
    rig.answer(rig.last, no("session_full"));
    rig.run(2000);
    expect(rig.last.call.kind === "request" && decodeRequest(rig.last.call.bytes)).toMatchObject({ number: 2, floor: 2 });
  });
});
