import { describe, expect, test } from "vitest";
import { groupId, replicaId, serverId } from "../../src/base/ids.ts";
import type { Plan, ServerReport } from "../../src/client/admin.ts";
import { configJson, masterJson, shapeJson } from "../../src/cli/shard-json.ts";
import { changedText, configText, mastersText, planText, shapeText } from "../../src/cli/shard-text.ts";
import { groupsOf, numberOf } from "../../src/cli/shard-words.ts";
import { rangesText, tableText } from "../../src/cli/table.ts";
import type { ReplicaReport } from "../../src/rsm/inquiry.ts";
import type { Config, Group, Owned } from "../../src/shardmaster/config.ts";

describe("tables", () => {
  test("have their columns under each other, and no blanks at the ends", () => {
    const rows = [["a", "long", "c"], ["bbb", "d", "whatever"], ["no more"]];
    expect(tableText(rows).split("\n")).toEqual(["a    long  c", "bbb  d     whatever", "no more"]);
    expect(tableText([])).toBe("");
  });

  test.each<[readonly number[], string]>([
    [[], "none"],
    [[0], "0"],
    [[0, 1], "0-1"],
    [[3, 4, 5, 7, 9, 10], "3-5,7,9-10"],
    [Array.from({ length: 256 }, (_, i) => i), "0-255"],
  ])("shorten numbers that follow each other: %j", (numbers, text) => {
    expect(rangesText(numbers)).toBe(text);
  });
});

const group = (gid: number): Group => ({ gid: groupId(gid), creation: 5, servers: [`g${gid}:1`, `g${gid}:2`].map(serverId) });
const owned = (gid: number): Owned => ({ gid: groupId(gid), since: 2, holder: gid === 2 ? { group: group(1), left: 2 } : undefined });

describe("a configuration", () => {
  const config: Config = { number: 3, groups: [group(1), group(2), group(30)], shards: [1, 1, 2, 0, 1].map(owned) };

  test("has a line for each group, and one for shards that nobody owns", () => {
    expect(configText(config)).toBe(
      [
        "configuration 3",
        "group   creation  servers      shards  which",
        "1       5         g1:1,g1:2    3       0-1,4",
        "2       5         g2:1,g2:2    1       2",
        "30      5         g30:1,g30:2  0       none",
        "nobody                         1       3",
      ].join("\n"),
    );
  });

  test("in JSON says of each shard whose it is, since when, and who has its data", () => {
    expect(JSON.parse(JSON.stringify(configJson({ ...config, shards: [owned(1), owned(2)], groups: [group(1)] })))).toEqual({
      number: 3,
      groups: [{ gid: 1, creation: 5, servers: ["g1:1", "g1:2"] }],
      shards: [
        { gid: 1, since: 2, holder: null },
        { gid: 2, since: 2, holder: { gid: 1, creation: 5, servers: ["g1:1", "g1:2"], left: 2 } },
      ],
    });
  });
});

test("a change is a line", () => {
  expect([changedText({ number: 4, changed: true }), changedText({ number: 4, changed: false })]).toEqual([
    "configuration 4",
    "configuration 4, nothing to change",
  ]);
});

describe("a plan", () => {
  const plan: Plan = {
    number: 2,
    changes: true,
    groups: [
      { gid: 0, before: 2, after: 0 },
      { gid: 1, before: 3, after: 2 },
      { gid: 2, before: 0, after: 3 },
    ],
    moves: [
      { shard: 0, from: 0, to: 2 },
      { shard: 3, from: 1, to: 2 },
      { shard: 4, from: 0, to: 2 },
    ],
  };

  test("says how many shards groups have and would have, and which would go where", () => {
    expect(planText(plan)).toBe(
      [
        "group   shards now  then",
        "nobody  2           0",
        "1       3           2",
        "2       0           3",
        "",
        "3 of 5 shards would move, from configuration 2 on",
        "",
        "from    to  shards  which",
        "nobody  2   2       0,4",
        "1       2   1       3",
      ].join("\n"),
    );
  });

  test("of nothing says so", () => {
    expect(planText({ ...plan, changes: false, moves: [] })).toBe("configuration 2 is already so; nothing would change");
    expect(planText({ ...plan, moves: [] })).toMatch(/^group[^]*\n\n0 of 5 shards would move, from configuration 2 on$/);
  });
});

describe("what the shardmaster's servers say", () => {
  const replica: ReplicaReport = {
    group: groupId(0),
    creation: 1,
    replica: replicaId(0),
    servers: [serverId("a:1")],
    phase: "running",
    role: "leader",
    term: 7,
    leader: replicaId(0),
    commit: 9,
    applied: 8,
  };
  const reports: ServerReport[] = [
    { server: "a:1", answered: true, replicas: [{ ...replica, group: groupId(3) }, replica] },
    { server: "long.name:1", answered: true, replicas: [{ ...replica, phase: "waiting", role: "follower", leader: undefined }] },
    { server: "c:1", answered: true, replicas: [] },
    { server: "d:1", answered: false, why: "It is down." },
  ];

  test("is a line for each, of those too that say nothing", () => {
    expect(mastersText(reports)).toBe(
      [
        "server       role     term  applied",
        "a:1          leader   7     8",
        "long.name:1  waiting  7     8",
        "c:1          has no replica of the shardmaster",
        "d:1          does not answer (It is down)",
      ].join("\n"),
    );
  });

  test("in JSON has the same fields for all", () => {
    const nothing = { phase: null, role: null, term: null, leader: null, applied: null };
    expect(reports.map(masterJson)).toEqual([
      { server: "a:1", answered: true, phase: "running", role: "leader", term: 7, leader: 0, applied: 8, why: null },
      { server: "long.name:1", answered: true, phase: "waiting", role: "follower", term: 7, leader: null, applied: 8, why: null },
      { server: "c:1", answered: true, ...nothing, why: "it has no replica of the shardmaster" },
      { server: "d:1", answered: false, ...nothing, why: "It is down." },
    ]);
  });
});

test("a shape is a line, or JSON with its split points in digits", () => {
  const shape = { cluster: "blue", shards: 2, partitioner: { kind: "range", splits: [Uint8Array.of(0xff, 1)] } } as const;
  expect(shapeText(shape)).toBe("cluster blue: 2 shards by range");
  expect(shapeJson(shape)).toEqual({ cluster: "blue", shards: 2, partitioner: "range", splits: ["ff01"] });
  expect(shapeJson({ ...shape, partitioner: { kind: "hash" } })).toMatchObject({ partitioner: "hash", splits: null });
});

function refuse(sentence: string): never {
  throw new Error(sentence);
}

describe("words", () => {
  test("name groups with their servers", () => {
    expect(groupsOf(["1=a:1,b:2", "20= [::1]:3 "], undefined, refuse)).toEqual([
      { gid: 1, servers: ["a:1", "b:2"], creation: undefined },
      { gid: 20, servers: ["[::1]:3"], creation: undefined },
    ]);
    expect(groupsOf(["1=a:1"], 8, refuse)).toEqual([{ gid: 1, servers: ["a:1"], creation: 8 }]);
  });

  test.each<[string, RegExp]>([
    ["1", /^'1' is no group; a group is its number and its servers, such as 1=127/],
    ["a:1,b:1", /^'a:1,b:1' is no group;/],
    ["=a:1", /^'' is no number of a group; it is a whole number of at least 1$/],
    ["x=a:1", /^'x' is no number of a group;/],
    ["0=a:1", /^'0' is no number of a group;/],
    ["-1=a:1", /^'-1' is no number of a group;/],
    ["1.5=a:1", /^'1.5' is no number of a group;/],
    ["99999999999999999999=a:1", /^'9+' is no number of a group;/],
  ])("that name no group are refused: %s", (word, sentence) => {
    expect(() => groupsOf([word], undefined, refuse)).toThrow(sentence);
  });

  test("are numbers", () => {
    expect([numberOf("0", "shard", 0, refuse), numberOf("17", "shard", 0, refuse)]).toEqual([0, 17]);
    expect(() => numberOf("1e3", "shard", 0, refuse)).toThrow("'1e3' is no number of a shard; it is a whole number of at least 0");
  });
});
