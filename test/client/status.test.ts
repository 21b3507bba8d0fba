import { describe, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { ServerReport } from "../../src/client/admin.ts";
import { type AskedGroup, groupStatus, waitsOf } from "../../src/client/status.ts";
import type { GroupReport } from "../../src/shardkv/migration/group-report.ts";
import type { GroupRow } from "../../src/shardkv/migration/group-row.ts";
import type { Waiting } from "../../src/shardkv/migration/waits.ts";
import { configsOf, groupOf } from "../explore/moves/configs.ts";

/** Shards 0 and 1 are A's and then B's; shard 2 stays A's, and nobody owns shard 3 any more. */
const config = configsOf(["AB", "AB", "AA", "A0"])[2] as ReturnType<typeof configsOf>[number];
const row: GroupRow = { number: 2, isMember: true, serving: 1, arriving: 0, passing: 0, parcels: 0 };

/** What a group's one server says of its replica. */
function server(letter: string, creation = 1): ServerReport {
  const { gid, servers } = groupOf(letter);
  const doing = { phase: "running", role: "leader", term: 1, leader: undefined, commit: 9, applied: 7 } as const;
  return { server: servers[0] as string, answered: true, replicas: [{ group: gid, creation, replica: replicaId(0), servers, ...doing }] };
}

function report(changes: Partial<GroupRow> = {}, given: Partial<GroupReport> = {}): GroupReport {
  return { group: { ...row, ...changes }, waits: [], moreWaits: 0, figures: undefined, isCounting: false, ...given };
}

function asked(letter: string, said: GroupReport | undefined, servers: readonly ServerReport[] = [server(letter)]): AskedGroup {
  return { group: groupOf(letter), servers, report: said };
}

const silent: ServerReport = { server: "b1", answered: false, why: "It sleeps." };
const arriving: Waiting = { phase: "arriving", why: "asking", on: groupOf("A"), since: 2, shards: [1] };

describe("a group", () => {
  test.each<[string, AskedGroup]>([
    ["answering", asked("B", report())],
    ["leaderless", asked("B", undefined)],
    ["silent", asked("B", undefined, [silent])],
    ["foreign", asked("B", undefined, [server("C")])],
    ["foreign", asked("B", undefined, [server("B", 2)])],
  ])("is %s by what its servers and its leader say", (state, given) => {
    expect(groupStatus(given, config).state).toBe(state);
  });

  test("serves what the configuration gives it and is not on its way", () => {
    expect(groupStatus(asked("B", report()), config).serving).toEqual([0, 1]);
    expect(groupStatus(asked("B", report({}, { waits: [arriving] })), config).serving).toEqual([0]);
    expect(groupStatus(asked("C", report()), config).serving).toEqual([]);
  });

  test("is not believed to serve anything by a configuration that it has not come to, or when it could not tell all", () => {
    expect(groupStatus(asked("B", report({ number: 1 })), config).serving).toBeUndefined();
    expect(groupStatus(asked("B", report({}, { moreWaits: 1 })), config).serving).toBeUndefined();
  });

  test.each<[boolean | undefined, string, GroupReport | undefined]>([
    [false, "B", report()],
    [true, "C", report({ isMember: false })],
    [false, "C", report({ isMember: false, parcels: 1 })],
    [false, "C", report({ isMember: false, passing: 1 })],
    [undefined, "C", report({ isMember: false, number: 1 })],
    [undefined, "C", undefined],
    [false, "C", report({ number: 3, isMember: true })],
  ])("is safe to stop: %s, of group %s that says %j", (isSafe, letter, said) => {
    expect(groupStatus(asked(letter, said), config).isSafeToStop).toBe(isSafe);
  });

  test("tells how far behind its replicas are, and why one says nothing", () => {
    const ahead = server("B");
    const { replicas } = groupStatus({ group: groupOf("B"), servers: [ahead, silent, server("C")], report: undefined }, config);
    expect(replicas).toMatchObject([
      { replica: 0, answered: true, applied: 7, lag: 2 },
      { replica: 1, answered: false, why: "It sleeps" },
      { replica: 2, answered: false, why: "has no replica of group 2" },
    ]);
  });

  test("holds what it serves, and other copies besides", () => {
    const copies = [
      { shard: 0, kind: "serving", keys: 2, bytes: 30 },
      { shard: 0, kind: "dead", keys: 1, bytes: 5 },
      { shard: 1, kind: "serving", keys: 1, bytes: 10 },
      { shard: 2, kind: "arriving", keys: 4, bytes: 8 },
    ] as const;
    expect(groupStatus(asked("B", report({}, { figures: { ageMs: 5, copies } })), config).held).toEqual({
      ageMs: 5,
      serving: { keys: 3, bytes: 40 },
      besides: { keys: 5, bytes: 13 },
      shards: [
        { shard: 0, keys: 2, bytes: 30 },
        { shard: 1, keys: 1, bytes: 10 },
      ],
    });
  });
});

/** In words: group, phase, reason, for whom and whether he can be asked, shards. */
function words(...groups: readonly AskedGroup[]): string[] {
  const found = waitsOf(
    config,
    groups.map((group) => groupStatus(group, config)),
    groups,
  );
  return found.map(({ gid, phase, why, on, shards }) => {
    const whom = typeof on === "object" ? `${on.gid} ${on.state}` : String(on);
    return `${gid} ${phase} ${why} ${whom} ${shards.join()}`;
  });
}

describe("what waits", () => {
  const parked = "0 unserved nobody undefined 3";

  test("is what nobody owns, when all others say that they serve what is theirs", () => {
    expect(words(asked("A", report()), asked("B", report()))).toEqual([parked]);
  });

  test.each<[string, AskedGroup]>([
    ["owner_silent 2 silent", asked("B", undefined, [silent])],
    ["owner_leaderless 2 leaderless", asked("B", undefined)],
    ["owner_foreign 2 foreign", asked("B", undefined, [server("C")])],
    ["owner_behind 2 answering", asked("B", report({ number: 1 }))],
  ])("is also what an owner cannot speak for: %s", (reason, given) => {
    expect(words(asked("A", report()), given)).toEqual([`2 unserved ${reason} 0,1`, parked]);
  });

  test("is what groups say, with the state of those for whom they wait", () => {
    const waiting = asked("B", report({}, { waits: [arriving] }));
    expect(words(asked("A", undefined, [silent]), waiting)).toEqual([
      "1 unserved owner_silent 1 silent 2",
      parked,
      "2 arriving asking 1 silent 1",
    ]);
  });
});
