import { describe, expect, test } from "vitest";
import type { Admin, GroupToJoin } from "../../src/client/admin.ts";
import { AdminWorld } from "./admin-world.ts";

/** A group with two servers of its own. */
const group = (gid: number): GroupToJoin => ({ gid, servers: [`g${gid}a`, `g${gid}b`] });

async function owners(world: AdminWorld, admin: Admin, number?: number): Promise<string> {
  const { shards } = await world.settled(admin.query(number));
  return shards.map(({ gid }) => gid).join("");
}

describe("changes", () => {
  test("make configurations, each once, and tell its number", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    expect(await world.settled(admin.join([group(1), group(2)]))).toEqual({ number: 1, changed: true });
    expect(await world.settled(admin.move(0, 2))).toEqual({ number: 2, changed: true });
    expect(await world.settled(admin.join([group(2)]))).toEqual({ number: 2, changed: false });
    expect(await world.settled(admin.leave([1, 7]))).toEqual({ number: 3, changed: true });
    expect(await world.settled(admin.leave([1]))).toEqual({ number: 3, changed: false });
    expect([
      await owners(world, admin, 0),
      await owners(world, admin, 1),
      await owners(world, admin, 2),
      await owners(world, admin, 99),
    ]).toEqual(["0000000000", "1111122222", "2111122222", "2222222222"]);
    const { number, groups } = await world.settled(admin.query());
    expect({ number, groups }).toEqual({ number: 3, groups: [{ gid: 2, creation: 1, servers: ["g2a", "g2b"] }] });
  });

  test("wait until the cluster has begun, and so do queries", async () => {
    const world = new AdminWorld({ begins: false });
    const admin = world.admin();
    const ends: string[] = [];
    const calls = [admin.join([group(1)]).then(() => ends.push("join")), admin.query(0).then(() => ends.push("query"))];
    expect(await world.settled(admin.shape())).toBeUndefined();
    world.run(5000);
    await world.settled(admin.shape());
    expect(ends).toEqual([]);
    world.begin();
    await world.settled(Promise.all(calls));
    expect(ends.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["join", "query"]);
    expect(await world.settled(admin.shape())).toEqual({ cluster: "test", shards: 10, partitioner: { kind: "hash" } });
  });

  test("are tried through the loss of a leader, and done once", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    await world.settled(admin.join([group(1), group(2)]));
    const leader = world.sim.leader ?? 0;
    world.sim.crash(leader, { powerCut: true });
    expect(await world.settled(admin.move(0, 2))).toEqual({ number: 2, changed: true });
    world.sim.start(leader);
    expect(await world.settled(admin.query())).toMatchObject({ number: 2 });
  });

  test("of two administrators at the same time are all there", async () => {
    const world = new AdminWorld();
    const [one, other] = [world.admin(), world.admin()];
    const ends = await world.settled(Promise.all([one.join([group(1)]), other.join([group(2)]), one.join([group(3)])]));
    expect(ends.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect((await world.settled(one.query())).groups.map(({ gid }) => gid)).toEqual([1, 2, 3]);
  });
});

describe("refused as invalid", () => {
  test.each<[string, (admin: Admin) => Promise<unknown>]>([
    ["Groups were given as an empty list; a list with one at least is allowed.", (admin) => admin.join([])],
    ["Groups were given as 7; a list with one at least is allowed.", (admin) => admin.leave(7 as never)],
    ["A group was given as the text '1'; an object is allowed.", (admin) => admin.join(["1"] as never)],
    ["A group's number was given as 0; it is a whole number, 1 or more.", (admin) => admin.join([{ gid: 0, servers: ["a"] }])],
    ["A group's number was given as 1.5; it is a whole number, 1 or more.", (admin) => admin.leave([1.5])],
    ["A group's number was given as 4294967296; it is a whole number from 1 to 4294967295.", (admin) => admin.leave([2 ** 32])],
    ["The servers of group 3 were given wrongly.", (admin) => admin.join([{ gid: 3, servers: [] }])],
    ["A creation id was given as -1; it is a whole number, 0 or more.", (admin) => admin.join([{ ...group(3), creation: -1 }])],
    ["Group 3 was given twice; a group is named once in a call.", (admin) => admin.join([group(3), { gid: 3, servers: ["x"] }])],
    ["A shard was given as undefined; it is a whole number, 0 or more.", (admin) => admin.move(undefined as never, 1)],
    ["A configuration's number was given as -1; it is a whole number, 0 or more.", (admin) => admin.query(-1)],
    ["A change was given with nothing; it has one of join, leave and move.", (admin) => admin.plan({} as never)],
    [
      "A change was given with join and leave; it has one of join, leave and move.",
      (admin) => admin.plan({ join: [group(1)], leave: [1] }),
    ],
    ["A timeoutMs was given as 0; it is a number of milliseconds above 0.", (admin) => admin.leave([1], { timeoutMs: 0 })],
  ])("before anybody is asked: %s", async (sentence, act) => {
    const world = new AdminWorld();
    const admin = world.admin();
    world.killAll();
    const error = await world.failure(act(admin));
    expect([error.code, error.outcome, error.message]).toEqual(["invalid", "not_done", sentence]);
  });

  test.each<[RegExp, (admin: Admin) => Promise<unknown>]>([
    [/^Shard 10 was given; shards are numbered from 0 to 9\.$/, (admin) => admin.move(10, 1)],
    [/^Shard 0 was given to group 9; /, (admin) => admin.move(0, 9)],
    [/^Group 1 was given with .*, and is present with .*; /, (admin) => admin.join([{ gid: 1, servers: ["other"] }])],
    [/^Group 1 was given with .*, and is present with .*; /, (admin) => admin.join([{ ...group(1), creation: 2 }])],
    [/g1a/, (admin) => admin.join([{ gid: 3, servers: ["g1a"] }])],
    [/^Shard 10 was given; /, (admin) => admin.plan({ move: { shard: 10, gid: 1 } })],
    [/^Group 1 was given with /, (admin) => admin.plan({ join: [{ gid: 1, servers: ["other"] }] })],
  ])("by the shardmaster, and nothing is changed: %s", async (sentence, act) => {
    const world = new AdminWorld();
    const admin = world.admin();
    await world.settled(admin.join([group(1)]));
    const error = await world.failure(act(admin));
    expect([error.code, error.outcome, error.retryable]).toEqual(["invalid", "not_done", false]);
    expect(error.message).toMatch(sentence);
    expect((await world.settled(admin.query())).number).toBe(1);
  });
});

describe("ended from this side", () => {
  test("before anything was sent, it is definite", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    world.killAll();
    const error = await world.failure(admin.join([group(1)], { timeoutMs: 3000 }));
    expect([error.code, error.outcome]).toEqual(["timeout", "not_done"]);
    expect(error.message).toBe("The join was not done: its 3000 ms were over. Nobody is there.");
    const reading = await world.failure(admin.query(undefined, { timeoutMs: 3000 }));
    expect(reading.message).toBe("The query was not answered: its 3000 ms were over. Nobody is there.");
  });

  test("while the cluster has not begun, it is definite too", async () => {
    const world = new AdminWorld({ begins: false });
    const admin = world.admin({ timeoutMs: 3000 });
    expect(await world.settled(admin.shape())).toBeUndefined();
    expect(await world.failure(admin.join([group(1)]))).toMatchObject({ code: "timeout", outcome: "not_done" });
    const controller = new AbortController();
    const call = admin.leave([1], { signal: controller.signal });
    world.run(250);
    controller.abort("enough");
    expect(await world.failure(call)).toMatchObject({ code: "aborted", outcome: "not_done", cause: "enough" });
    const last = admin.query();
    world.run(200);
    await admin.close();
    expect(await world.failure(last)).toMatchObject({ code: "closed", outcome: "not_done" });
  });

  test("behind its first attempt, nobody knows", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    await world.settled(admin.join([group(1)]));
    world.killAll();
    const error = await world.failure(admin.leave([1], { timeoutMs: 3000 }));
    expect([error.code, error.outcome, error.retryable]).toEqual(["unknown_outcome", "unknown", false]);
    expect(await world.failure(admin.query(undefined, { timeoutMs: 1000 }))).toMatchObject({ code: "timeout", outcome: "not_done" });
  });

  test("by closing it, whatever it is", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    world.killAll();
    const calls = [admin.shape(), admin.status(), admin.join([group(1)])].map((call) => world.failure(call));
    await admin.close();
    await admin.close();
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(["closed", "closed", "closed"]);
    expect(await world.failure(admin.status())).toMatchObject({ code: "closed" });
  });
});

describe("a plan", () => {
  test("says what the change then does, and changes nothing", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    const changes = [
      { join: [group(1), group(2)] },
      { join: [group(3)] },
      { move: { shard: 0, gid: 3 } },
      { leave: [1] },
      { leave: [2, 3] },
    ] as const;
    for (const change of changes) {
      const before = await world.settled(admin.query());
      const plan = await world.settled(admin.plan(change));
      expect((await world.settled(admin.query())).number).toBe(before.number);
      if ("join" in change) await world.settled(admin.join(change.join));
      else if ("leave" in change) await world.settled(admin.leave(change.leave));
      else await world.settled(admin.move(change.move.shard, change.move.gid));
      const after = await world.settled(admin.query());
      const count = (config: typeof after, gid: number): number => config.shards.filter((owned) => owned.gid === gid).length;
      expect(plan.number).toBe(before.number);
      expect(plan.moves).toEqual(
        after.shards.flatMap(({ gid: to }, shard) => {
          const from = before.shards[shard]?.gid;
          return from === to ? [] : [{ shard, from, to }];
        }),
      );
      for (const { gid, ...counts } of plan.groups) expect(counts).toEqual({ before: count(before, gid), after: count(after, gid) });
      expect(plan.groups.reduce((sum, { after: shards }) => sum + shards, 0)).toBe(10);
      const named = plan.groups.map(({ gid }) => gid).filter((gid) => gid !== 0);
      expect(named).toEqual([...new Set([...before.groups, ...after.groups].map(({ gid }) => gid))].toSorted((a, b) => a - b));
    }
  });

  test("of what is already so has nothing in it", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    await world.settled(admin.join([group(1)]));
    expect(await world.settled(admin.plan({ leave: [9] }))).toEqual({
      number: 1,
      changes: false,
      groups: [{ gid: 1, before: 10, after: 10 }],
      moves: [],
    });
  });
});

describe("servers are asked who they are", () => {
  test("the shardmaster's own, one of which is dead", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    await world.settled(admin.join([group(1)]));
    world.run(500);
    const leader = world.sim.leader ?? 0;
    const dead = (leader + 1) % 3;
    world.sim.crash(dead, { powerCut: false });
    const reports = await world.settled(admin.masters());
    expect(reports.map((report) => (report.answered ? report.replicas.map(({ role }) => role) : report.why))).toEqual(
      [0, 1, 2].map((at) => (at === dead ? `s${at} sleeps` : [at === leader ? "leader" : "follower"])),
    );
    expect(reports.map(({ server }) => server)).toEqual(["s0", "s1", "s2"]);
  });

  test("before they join: all must be there, and be that group", async () => {
    const world = new AdminWorld();
    const admin = world.admin();
    // The only servers there are happen to be group 1 themselves.
    const good = [{ gid: 1, servers: ["s0", "s1", "s2"] }];
    expect(await world.settled(admin.identify(good))).toEqual([{ ...good[0], creation: 1 }]);
    const refusals = [
      [{ gid: 1, servers: ["s0", "s1"] }],
      [{ gid: 2, servers: ["s0"] }],
      [...good, { gid: 5, servers: ["nobody"] }],
      [{ ...good[0], creation: 9 }],
      [...good, ...good],
      Array.from({ length: 257 }, (_, at) => group(at + 1)),
    ] as GroupToJoin[][];
    const errors = [];
    for (const groups of refusals) errors.push(await world.failure(admin.identify(groups)));
    expect(errors.map(({ code }) => code)).toEqual(refusals.map(() => "invalid"));
    expect(errors.map(({ message }) => message)).toEqual([
      "Server s0 knows the servers of group 1 as s0,s1,s2, and they were given as s0,s1.",
      "Server s0 has no replica of group 2; it has one of group 1.",
      "Server nobody of group 5 does not answer (nobody sleeps); a group whose servers do not all answer joins by force alone.",
      "Server s0 says that the creation id of group 1 is 1, and it was given as 9.",
      "Group 1 was given twice; a group is named once in a call.",
      "514 servers were given to be asked who they are; 512 are allowed in a call.",
    ]);
  });
});
