import { describe, expect, test } from "vitest";
import { encode, type Packable } from "../../src/base/codec.ts";
import type { Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeConfig } from "../../src/shardmaster/config-bytes.ts";
import type { MasterResult } from "../../src/shardmaster/results.ts";
import { changed, group, Master, unchanged } from "./master.ts";

const bad = (detail: string): Refused => ({ ok: false, why: "bad_request", detail });

const splits = (...bytes: number[]): Uint8Array[] => bytes.map((byte) => Uint8Array.of(byte));
/** The bytes of an init with such a shape. */
const shaped = (...fields: readonly Packable[]): Uint8Array => encode([1, encode(fields)]);

/** Groups 1 and 2 share ten shards; what is refused leaves everything as it is. */
function refusedBy(
  ask: (master: Master) => MasterResult | Refused,
  limits: ConstructorParameters<typeof Master>[1] = {},
): MasterResult | Refused {
  const master = new Master(10, limits);
  master.join(1, 2);
  const before = master.state.dump();
  const result = ask(master);
  expect(master.state.dump()).toEqual(before);
  return result;
}

const servers = "they are a list of texts";
const badJoins: readonly (readonly [string, readonly Packable[], string])[] = [
  ["of group 0", [0, 1, ["x"]], "A group's number was given as 0; it is a whole number from 1 to 4294967295."],
  ["of a group below 0", [-4, 1, ["x"]], "A group's number was given as -4; it is a whole number from 1 to 4294967295."],
  [
    "of a group beyond 32 bits",
    [2 ** 32, 1, ["x"]],
    "A group's number was given as 4294967296; it is a whole number from 1 to 4294967295.",
  ],
  ["of a group with a name", ["g", 1, ["x"]], "A group's number was given as text; it is a whole number from 1 to 4294967295."],
  ["with a creation id below 0", [3, -1, ["x"]], "A creation id was given as -1; it is a whole number, 0 or more."],
  ["without servers", [3, 1, []], "Group 3 was given 0 servers; a group has 1 to 64."],
  ["with servers in one text", [3, 1, "x,y"], `The servers of group 3 were given as text; ${servers}.`],
  ["with a server in bytes", [3, 1, [Uint8Array.of(1)]], "A server of group 3 was given as bytes; it is text."],
  [
    "with a server without a name",
    [3, 1, [""]],
    'A server of group 3 was given as ""; it is text of 1 to 255 bytes without blanks and commas.',
  ],
  [
    "with a blank in a server",
    [3, 1, ["a b"]],
    'A server of group 3 was given as "a b"; it is text of 1 to 255 bytes without blanks and commas.',
  ],
  [
    "with a comma in a server",
    [3, 1, ["a,b"]],
    'A server of group 3 was given as "a,b"; it is text of 1 to 255 bytes without blanks and commas.',
  ],
  [
    "with a line break in a server",
    [3, 1, ["a\n"]],
    'A server of group 3 was given as "a\\n"; it is text of 1 to 255 bytes without blanks and commas.',
  ],
  [
    "with a control character in a server",
    [3, 1, ["a\0"]],
    'A server of group 3 was given as "a\\u0000"; it is text of 1 to 255 bytes without blanks and commas.',
  ],
  [
    "with a long server",
    [3, 1, ["ä".repeat(128)]],
    "A server of group 3 was given as text of 256 bytes; it is text of 1 to 255 bytes without blanks and commas.",
  ],
  ["of a server twice", [3, 1, ["x", "y", "x"]], "The server x was given twice for group 3; a group names each of its servers once."],
  ["of a group twice", [3, 1, ["x"], 3, 1, ["x"]], "Group 3 was given twice; a group is named once in a call."],
  [
    "of a server in two groups",
    [3, 1, ["x"], 4, 1, ["x"]],
    "The server x was given for the groups 3 and 4; a server belongs to one group.",
  ],
  [
    "of a server of a group that is there",
    [3, 1, ["x", "s2b"]],
    "The server s2b was given for the groups 2 and 3; a server belongs to one group.",
  ],
  ["of half a group", [3, 1], "Groups were given as a list; they are a list of numbers, creation ids and servers in turn."],
  [
    "of a group that is there with other servers",
    [3, 1, ["x"], 2, 1, ["s2a", "s2b"]],
    "Group 2 was given with s2a, s2b (creation 1), and is present with s2a, s2b, s2c (creation 1); it has to leave before another one joins under its number.",
  ],
  [
    "of a group that is there with its servers in another order",
    [2, 1, ["s2a", "s2c", "s2b"]],
    "Group 2 was given with s2a, s2c, s2b (creation 1), and is present with s2a, s2b, s2c (creation 1); it has to leave before another one joins under its number.",
  ],
  [
    "of a group that is there with another creation",
    [2, 7, ["s2a", "s2b", "s2c"]],
    "Group 2 was given with s2a, s2b, s2c (creation 7), and is present with s2a, s2b, s2c (creation 1); it has to leave before another one joins under its number.",
  ],
];

describe("a join is refused", () => {
  test.each(badJoins)("%s", (_, groups, detail) => {
    expect(refusedBy((master) => master.runBytes(encode([2, groups])))).toEqual(bad(detail));
  });

  test("beyond the groups that are allowed", () => {
    expect(refusedBy((master) => master.join(3, 4), { groupsMax: 3 })).toEqual(bad("There would be 4 groups; 3 are allowed."));
  });

  test("beyond the servers that are allowed", () => {
    const detail = "Group 3 was given 4 servers; a group has 1 to 3.";
    expect(refusedBy((master) => master.join(group(3, 1, ["a", "b", "c", "d"])), { serversMax: 3 })).toEqual(bad(detail));
  });

  test("when its configuration would have too many bytes", () => {
    const result = refusedBy((master) => master.join(group(3, 1, ["x".repeat(255)])), { configBytesMax: 400 });
    expect(result).toMatchObject({
      why: "bad_request",
      detail: expect.stringMatching(/^Configuration 2 would have 4\d\d bytes; 400 are allowed[.]$/),
    });
  });
});

describe("a join at its limits succeeds", () => {
  test("with as many groups and servers as are allowed", () => {
    const master = new Master(2, { groupsMax: 2, serversMax: 2 });
    expect(master.join(group(1, 0, ["a", "b"]), group(4_294_967_295, Number.MAX_SAFE_INTEGER, ["x".repeat(255)]))).toEqual(changed(1));
    expect(master.owners()).toEqual([1, 4_294_967_295]);
  });

  test("with groups that are there, at the limit of groups", () => {
    const master = new Master(2, { groupsMax: 2 });
    master.join(1, 2);
    expect(master.join(2, 1)).toEqual(unchanged(1));
  });

  test("under the number and on the servers of a group that has left", () => {
    const master = new Master(2);
    master.join(1);
    master.leave(1);
    expect(master.join(group(1, 2, ["s1c", "s1b"]))).toEqual(changed(3));
  });
});

test("a configuration at its limit in bytes may still change hands, though its number grows", () => {
  const small = new Master(4);
  small.join(1, 2);
  const master = new Master(4, { configBytesMax: encodeConfig(small.config()).length });
  expect(master.join(1, 2)).toEqual(changed(1));
  for (let number = 2; number <= 300; number += 1) expect(master.move(0, 1 + (number % 2 === 0 ? 1 : 0))).toEqual(changed(number));
  expect(encodeConfig(master.config()).length).toBeGreaterThan(master.machine.limits.configBytesMax);
  expect(master.leave(1)).toEqual(changed(301));
});

describe("a leave is refused", () => {
  test.each<readonly [string, Packable, string]>([
    ["of group 0", [1, 0], "A group's number was given as 0; it is a whole number from 1 to 4294967295."],
    ["of a group twice", [1, 2, 1], "Group 1 was given twice; a group is named once in a call."],
    ["of no list", 1, "Groups were given as a number; they are a list of numbers."],
  ])("%s", (_, gids, detail) => {
    expect(refusedBy((master) => master.runBytes(encode([3, gids])))).toEqual(bad(detail));
  });
});

describe("a move is refused", () => {
  test.each<readonly [string, Packable, Packable, string]>([
    ["of a shard below 0", -1, 1, "A shard was given as -1; it is a whole number, 0 or more."],
    ["of a shard beyond the last", 10, 1, "Shard 10 was given; shards are numbered from 0 to 9."],
    ["to group 0", 3, 0, "A group's number was given as 0; it is a whole number from 1 to 4294967295."],
    [
      "to a group that has not joined",
      3,
      4,
      "Shard 3 was given to group 4; it can be given to a group of configuration 1, which group 4 is not.",
    ],
  ])("%s", (_, shard, gid, detail) => {
    expect(refusedBy((master) => master.runBytes(encode([4, shard, gid])))).toEqual(bad(detail));
  });
});

describe("a cluster is initialised", () => {
  const before = bad("The cluster is not initialised; a shardmaster gives it its shape before anything else is asked.");

  test("before anything else", () => {
    const master = new Master(0);
    expect([master.join(1), master.leave(1), master.move(0, 1), master.ask({ op: "config", number: -1 })]).toEqual([
      before,
      before,
      before,
      before,
    ]);
    expect(master.ask({ op: "shape" })).toEqual({ ok: true, op: "shape", shape: undefined });
    expect(master.state.dump()).toEqual([]);
  });

  test("once, and again by whoever agrees", () => {
    const master = new Master(0);
    expect(master.init(12, { kind: "integer" })).toEqual(changed(0));
    expect(master.init(12, { kind: "integer" })).toEqual(unchanged(0));
    master.join(1);
    expect(master.init(12, { kind: "integer" })).toEqual(unchanged(1));
    const shape = { cluster: "test", shards: 12, partitioner: { kind: "integer" } };
    expect(master.ask({ op: "shape" })).toEqual({ ok: true, op: "shape", shape });
  });

  test.each([
    [
      "another name",
      (master: Master) => master.init(3, { kind: "range", splits: splits(1, 2) }, "b"),
      "'b' with 3 shards by range (2 split points: 01, 02)",
    ],
    ["more shards", (master: Master) => master.init(6, { kind: "hash" }), "'test' with 6 shards by hash"],
    ["another partitioner", (master: Master) => master.init(3, { kind: "first-byte" }), "'test' with 3 shards by first-byte"],
    [
      "other split points",
      (master: Master) => master.init(3, { kind: "range", splits: splits(1, 3) }),
      "'test' with 3 shards by range (2 split points: 01, 03)",
    ],
  ])("but not with %s", (_, init, named) => {
    const master = new Master(0);
    master.init(3, { kind: "range", splits: splits(1, 2) });
    const was = "The cluster was initialised as 'test' with 3 shards by range (2 split points: 01, 02), for ever";
    expect(init(master)).toEqual(bad(`${was}, and was given as ${named}.`));
  });
});

describe("a shape is refused", () => {
  test.each<readonly [string, Uint8Array, string]>([
    ["without a name", shaped("", 3, 1, null), "A cluster's name of 0 bytes was given; it has 1 to 255."],
    ["with a long name", shaped("x".repeat(256), 3, 1, null), "A cluster's name of 256 bytes was given; it has 1 to 255."],
    ["with bytes for a name", shaped(Uint8Array.of(1), 3, 1, null), "A cluster's name was given as bytes; it is text."],
    ["without shards", shaped("a", 0, 1, null), "A number of shards was given as 0; it is a whole number, 1 or more."],
    ["with too many shards", shaped("a", 65_537, 1, null), "65537 shards were given; a store has 1 to 65536."],
    [
      "with an unknown partitioner",
      shaped("a", 3, 9, null),
      "A partitioner was given that is not known; there are 1 (hash), 2 (range), 3 (first-byte) and 4 (integer).",
    ],
    [
      "with split points for nothing",
      shaped("a", 3, 1, []),
      "Split points were given to a partitioner that has none; only range has them.",
    ],
    [
      "with too few split points",
      shaped("a", 3, 2, [Uint8Array.of(1)]),
      "1 split points were given for 3 shards; there is one between each shard and the next.",
    ],
    [
      "with split points that do not rise",
      shaped("a", 3, 2, [Uint8Array.of(1), Uint8Array.of(1)]),
      "A split point was given that does not stand behind the one before it; split points rise.",
    ],
    ["with a text for a split point", shaped("a", 2, 2, ["m"]), "A split point was given as text; it is bytes."],
    [
      "with split points without end",
      shaped("a", 2, 2, [new Uint8Array(1024 * 1024 + 1)]),
      "Split points of 1048577 bytes were given; 1048576 are allowed together.",
    ],
    ["that is no shape", shaped("a"), "A cluster's shape is a name, a number of shards, a partitioner and split points."],
    ["that is not even bytes", encode([1, "a"]), "A cluster's shape was given as text; it is bytes."],
  ])("%s", (_, bytes, detail) => {
    const master = new Master(0);
    expect(master.runBytes(bytes)).toEqual(bad(detail));
    expect(master.state.dump()).toEqual([]);
  });
});

describe("a query is refused", () => {
  test.each<readonly [Packable, string]>([
    [[1, -2], "A configuration's number was given as -2; it is a whole number, 0 or more, or -1 for the latest."],
    [[1, "x"], "A configuration's number was given as text; it is a whole number, 0 or more, or -1 for the latest."],
    [[1], "A question for a configuration has its number; 0 fields were given behind the operation, and 1 are allowed."],
    [[2, 0], "A question for the shape has nothing else; 1 fields were given behind the operation, and 0 are allowed."],
    [[3], "A question for a newer configuration has a number; 0 fields were given behind the operation, and 1 are allowed."],
    [[4], "An operation was given as number 4; there are 1 (configuration), 2 (shape) and 3 (a newer configuration)."],
    [7, "A query was given as a number; it is a list."],
  ])("%j", (query, detail) => {
    expect(new Master().machine.decodeQuery(encode(query))).toEqual(bad(detail));
  });
});

test("a shardmaster has no shard but 0", () => {
  expect(new Master().machine.home(1)).toEqual(bad("Shard 1 was given; a shardmaster has one for itself, which is 0."));
});
