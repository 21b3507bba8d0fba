import { describe, expect, test } from "vitest";
import { groupId, replicaId, serverId } from "../../src/base/ids.ts";
import type { ServerReport } from "../../src/client/admin.ts";
import { creationOf, type GivenGroup, reborn } from "../../src/client/identify.ts";
import type { ReplicaReport } from "../../src/rsm/inquiry.ts";
import type { Group } from "../../src/shardmaster/config.ts";

const servers = ["a:1", "b:1"].map(serverId);
const group = (creation?: number): GivenGroup => ({ gid: groupId(4), servers, creation });

function report(at: number, changes: Partial<ReplicaReport> = {}): ServerReport {
  const identity = { group: groupId(4), creation: 7, replica: replicaId(at), servers };
  const doing = { phase: "waiting", role: "follower", term: 0, leader: undefined, commit: 0, applied: 0 } as const;
  return { server: servers[at] ?? "", answered: true, replicas: [{ ...identity, ...doing, ...changes }] };
}

const silent: ServerReport = { server: "b:1", answered: false, why: "It is down." };
const empty: ServerReport = { server: "b:1", answered: true, replicas: [] };
const busy: ServerReport = {
  server: "b:1",
  answered: true,
  replicas: [0, 9].flatMap((gid) => {
    const given = report(1, { group: groupId(gid) });
    return given.answered ? given.replicas : [];
  }),
};

test("a group has the creation id that all its servers say, which need not be admitted yet", () => {
  expect(creationOf(group(), [report(0), report(1)])).toBe(7);
  expect(creationOf(group(7), [report(0), report(1)])).toBe(7);
});

test.each<[string, number | undefined, readonly ServerReport[]]>([
  [
    "Server b:1 of group 4 does not answer (It is down); a group whose servers do not all answer joins by force alone.",
    undefined,
    [report(0), silent],
  ],
  ["Server b:1 of group 4 does not answer; a group whose servers do not all answer joins by force alone.", undefined, [report(0)]],
  ["Server b:1 has no replica of group 4, nor of any other.", undefined, [report(0), empty]],
  ["Server b:1 has no replica of group 4; it has one of the shardmaster and one of group 9.", undefined, [report(0), busy]],
  [
    "Server a:1 knows the servers of group 4 as b:1,a:1, and they were given as a:1,b:1.",
    undefined,
    [report(0, { servers: servers.toReversed() }), report(1)],
  ],
  [
    "Server b:1 is replica 0 of group 4, and stands in the list as replica 1.",
    undefined,
    [report(0), report(1, { replica: replicaId(0) })],
  ],
  ["Server b:1 says that the creation id of group 4 is 8, and server a:1 says 7.", undefined, [report(0), report(1, { creation: 8 })]],
  ["Server a:1 says that the creation id of group 4 is 7, and it was given as 6.", 6, [report(0), report(1)]],
])("refused: %s", (sentence, creation, reports) => {
  expect(creationOf(group(creation), reports)).toBe(sentence);
});

const named = (creation: number, ...at: string[]): Group => ({ gid: groupId(3), creation, servers: at.map(serverId) });

describe("a group that is to join under a name that others had", () => {
  const owned = { gid: groupId(1), since: 7 };
  const config = {
    shards: [
      { ...owned, holder: undefined },
      { ...owned, holder: { group: named(5, "a:1", "b:1"), left: 7 } },
    ],
  };

  test("is refused when its servers are others", () => {
    expect(reborn([named(5, "a:1", "c:1")], config)).toBe(
      "Group 3 with the creation id 5 had shards until configuration 7, at a:1,b:1, and was given with a:1,c:1: " +
        "another group has another creation id, which its servers are started with.",
    );
  });

  test("may be the same group that comes back, or another one with a creation id of its own", () => {
    expect(reborn([named(5, "a:1", "b:1"), named(6, "a:1", "c:1")], config)).toBeUndefined();
    expect(reborn([{ ...named(5, "a:1", "c:1"), gid: groupId(4) }], config)).toBeUndefined();
  });
});
