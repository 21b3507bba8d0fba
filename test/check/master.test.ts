import { describe, expect, test } from "vitest";
import { checkHistory } from "../../src/check/check.ts";
import { explainFailure } from "../../src/check/explain.ts";
import type { History, Operation, Outcome } from "../../src/check/history.ts";
import { jsonLine } from "../../src/check/json-lines.ts";
import type { MasterCommand, ShardGroup, ShardMap } from "../../src/check/master/words.ts";
import { readHistory } from "../../src/check/read.ts";
import { HistoryRefused } from "../../src/check/refusal.ts";
import { failureText } from "../../src/check/render-text.ts";

const group = (gid: number, creation = 1, servers: readonly string[] = [`${gid}a`, `${gid}b`]): ShardGroup => ({ gid, creation, servers });
const [one, two, three] = [group(1), group(2), group(3)];
const none: ShardMap = { number: 0, groups: [], owners: [0, 0, 0, 0] };
const all: ShardMap = { number: 1, groups: [one], owners: [1, 1, 1, 1] };
const halves: ShardMap = { number: 2, groups: [one, two], owners: [1, 1, 2, 2] };

/** Operations one after the other, each from its time to the next one's. */
function history(...steps: readonly (readonly [command: MasterCommand, outcome: Outcome])[]): History {
  return {
    model: "shardmaster",
    operations: steps.map(([command, outcome], at): Operation => ({
      client: `c${at % 2}`,
      call: 2 * at,
      returned: 2 * at + 1,
      command,
      outcome,
    })),
  };
}

const join = (...groups: ShardGroup[]): MasterCommand => ({ op: "join", groups });
const leave = (...gids: number[]): MasterCommand => ({ op: "leave", gids });
const move = (shard: number, gid: number): MasterCommand => ({ op: "move", shard, gid });
const query = (number = -1): MasterCommand => ({ op: "query", number });
const made = (version: number): Outcome => ({ done: true, version });
const same = (version: number): Outcome => ({ done: false, version });
const given = (config: ShardMap, version = config.number): Outcome => ({ config, version });
const refused: Outcome = { refused: true };

const begun = [
  [join(one), made(1)],
  [query(), given(all)],
  [join(two), made(2)],
] as const;

const possible: readonly [string, History][] = [
  ["nothing at all", history()],
  ["the first configuration", history([query(), given(none)], [query(7), given(none)], [query(0), given(none)])],
  [
    "joins and leaves",
    history(...begun, [query(), given(halves)], [leave(1), made(3)], [query(), given({ number: 3, groups: [two], owners: [2, 2, 2, 2] })]),
  ],
  ["any even share", history(...begun, [query(), given({ ...halves, owners: [2, 1, 1, 2] })])],
  ["an old configuration", history(...begun, [query(1), given(all, 2)], [query(0), given(none, 2)], [query(99), given(halves)])],
  ["a join of what is there", history(...begun, [join(one, two), same(2)], [join(two, three), made(3)])],
  ["a leave of what is not", history(...begun, [leave(9), same(2)], [leave(9, 1), made(3)])],
  [
    "a move, and one to where it is",
    history(
      ...begun,
      [query(), given(halves)],
      [move(0, 2), made(3)],
      [move(0, 2), same(3)],
      [query(), given({ ...halves, number: 3, owners: [2, 1, 2, 2] })],
    ),
  ],
  [
    "a leave that mends what a move did",
    history(
      ...begun,
      [query(), given(halves)],
      [move(0, 2), made(3)],
      [join(three), made(4)],
      [query(), given({ number: 4, groups: [one, two, three], owners: [2, 1, 2, 3] })],
    ),
  ],
  [
    "a group that comes back as another one",
    history(
      [join(one), made(1)],
      [leave(1), made(2)],
      [join(group(1, 2)), made(3)],
      [query(), given({ ...all, number: 3, groups: [group(1, 2)] })],
    ),
  ],
  ["everybody's leave", history(...begun, [leave(1, 2), made(3)], [query(), given({ ...none, number: 3 })])],
  [
    "more groups than shards",
    history(
      [join(...[1, 2, 3, 4, 5].map((gid) => group(gid))), made(1)],
      [query(), given({ number: 1, groups: [1, 2, 3, 4, 5].map((gid) => group(gid)), owners: [5, 2, 3, 1] })],
    ),
  ],
  [
    "refusals of what is wrong",
    history(
      ...begun,
      [join(group(1, 2)), refused],
      [join(group(1, 1, ["x"])), refused],
      [join(group(3, 1, ["1a"])), refused],
      [join(three, three), refused],
      [join(group(3, 1, [])), refused],
      [join(group(3, 1, ["x", "x"])), refused],
      [leave(0), refused],
      [leave(1, 1), refused],
      [move(0, 9), refused],
      [query(), given(halves)],
      [move(4, 1), refused],
    ),
  ],
];

const overlapping = (client: string, call: number, returned: number, command: MasterCommand, outcome: Outcome): Operation => ({
  client,
  call,
  returned,
  command,
  outcome,
});

describe("of the shardmaster, what can have been so is", () => {
  test.each(possible)("%s", (_, seen) => {
    expect(checkHistory(seen).verdict).toBe("linearizable");
  });

  test("what took effect although nobody said so", () => {
    expect(checkHistory(history([join(one), "unknown"], [query(), given(all)])).verdict).toBe("linearizable");
    expect(checkHistory(history([join(one), "unknown"], [query(), given(none)], [query(), given(all)])).verdict).toBe("linearizable");
    expect(checkHistory(history([join(one), {}], [query(), given(all)])).verdict).toBe("linearizable");
  });

  test("operations that overlap, in whichever order", () => {
    const operations = [
      overlapping("a", 0, 9, join(one), made(2)),
      overlapping("b", 1, 8, join(two), made(1)),
      overlapping("c", 2, 7, query(), given({ number: 1, groups: [two], owners: [2, 2, 2, 2] })),
    ];
    expect(checkHistory({ model: "shardmaster", operations }).verdict).toBe("linearizable");
  });
});

const impossible: readonly [string, RegExp, History][] = [
  ["a lost join", /configuration 0 is the latest/, history([join(one), made(1)], [query(), given(none)])],
  ["a number that is left out", /told that configuration 2 is the latest/, history([join(one), made(2)])],
  ["a join that is done twice", /told that configuration 3 is the latest/, history(...begun, [join(two), same(3)])],
  ["a join of what is there that makes a configuration", /changes nothing/, history(...begun, [join(two), made(3)])],
  ["a leave that changes nothing", /it was told that it changed nothing/, history(...begun, [leave(2), same(2)])],
  ["a query that is out of date", /configuration 1 is the latest/, history(...begun, [query(), given(all)])],
  ["the wrong old configuration", /configuration 2 in place of 1/, history(...begun, [query(1), given(halves)])],
  ["an old one in place of the latest", /configuration 1 in place of 2/, history(...begun, [query(9), given(all, 2)])],
  ["another first one", /configuration 0 has no groups/, history([query(), given({ ...none, owners: [1, 1, 1, 1] })])],
  [
    "two of one number",
    /tells another configuration 2/,
    history(...begun, [query(), given(halves)], [query(), given({ ...halves, owners: [1, 2, 1, 2] })]),
  ],
  [
    "servers in another order",
    /it has other groups/,
    history([join(one), made(1)], [query(), given({ ...all, groups: [group(1, 1, ["1b", "1a"])] })]),
  ],
  [
    "a group too many",
    /it has other groups/,
    history([join(one), made(1)], [query(), given({ number: 1, groups: [one, two], owners: [1, 1, 2, 2] })]),
  ],
  [
    "a shard without an owner",
    /shard 3 belongs to no group/,
    history([join(one), made(1)], [query(), given({ ...all, owners: [1, 1, 1, 0] })]),
  ],
  [
    "a shard of a group that left",
    /shard 0 belongs to group 1/,
    history(...begun, [query(), given(halves)], [leave(1), made(3)], [query(), given({ number: 3, groups: [two], owners: [1, 2, 2, 2] })]),
  ],
  ["an uneven share", /a group has 3 shards and another one 1/, history(...begun, [query(), given({ ...halves, owners: [1, 1, 1, 2] })])],
  [
    "more moves than needed",
    /2 shards move, and 1 need to/,
    history(
      ...begun,
      [query(), given(halves)],
      [join(three), made(3)],
      [query(), given({ number: 3, groups: [one, two, three], owners: [2, 1, 3, 2] })],
    ),
  ],
  [
    "a move of another shard",
    /shard 1 was moved to group 2, and belongs to group 1|shard 0 has moved too/,
    history(...begun, [query(), given(halves)], [move(1, 2), made(3)], [query(), given({ ...halves, number: 3, owners: [2, 1, 2, 2] })]),
  ],
  [
    "a move and more",
    /shard 3 has moved too/,
    history(...begun, [query(), given(halves)], [move(1, 2), made(3)], [query(), given({ ...halves, number: 3, owners: [1, 2, 2, 1] })]),
  ],
  ["a refusal without a reason", /nothing is wrong with it/, history([join(one), refused])],
  ["no refusal where there is reason", /it was not refused: another group 1 is present/, history(...begun, [join(group(1, 2)), made(3)])],
  [
    "a refusal that has an effect",
    /in place of|nothing is wrong|given another|latest/,
    history([move(0, 1), refused], [query(), given(all)]),
  ],
];

describe("of the shardmaster, what cannot have been so is refuted", () => {
  test.each(impossible)("%s", (_, why, seen) => {
    const result = checkHistory(seen);
    expect(result.verdict).toBe("not linearizable");
    expect(failureText(explainFailure(result.failure as NonNullable<typeof result.failure>))).toMatch(why);
  });
});

describe("histories of the shardmaster as lines of JSON", () => {
  const seen = history(
    ...begun,
    [query(), given(halves)],
    [join(group(1, 2)), refused],
    [leave(9), same(2)],
    [move(0, 2), "unknown"],
    [query(), "failed"],
  );

  test("are read as they were written", () => {
    const text = seen.operations.map(jsonLine).join("\n");
    expect(readHistory(text)).toEqual({ format: "json lines", history: seen });
  });

  test.each([
    ['{"client":"a","call":1,"op":"join"}', "line 1: expected the field groups, a list"],
    [
      '{"client":"a","call":1,"op":"join","groups":[{"gid":1,"servers":[1]}]}',
      "line 1: expected the field servers of a group, a list of strings",
    ],
    ['{"client":"a","call":1,"op":"leave","gids":["1"]}', "line 1: expected the field gids, a list of numbers"],
    ['{"client":"a","call":1,"op":"move","shard":1}', "line 1: expected the field gid, a number"],
    [
      '{"client":"a","call":1,"return":2,"op":"query","number":-1,"result":{"latest":1}}',
      "line 1: expected the field number, a whole number, in the result of a query",
    ],
    [
      '{"client":"a","call":1,"op":"leave","gids":[1]}\n{"client":"a","call":1,"op":"get","key":"k"}',
      'line 2: expected an operation of the shardmaster, as those before it, found "get"',
    ],
    [
      '{"client":"a","call":1,"op":"get","key":"k"}\n{"client":"a","call":1,"op":"leave","gids":[1]}',
      'line 2: expected an operation of the store, as those before it, found "leave"',
    ],
  ])("are refused where they are none: %s", (text, sentence) => {
    expect(() => readHistory(text)).toThrow(HistoryRefused);
    expect(() => readHistory(text)).toThrow(sentence);
  });
});
