import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { type MasterFlags, masterSettings } from "../../src/server/master-settings.ts";
import { BadSetting } from "../../src/server/settings.ts";

const flags: MasterFlags = {
  cluster: "blue",
  servers: "127.0.0.1:7000,127.0.0.1:7001",
  replica: 1,
  creation: 9,
  partitioner: "hash",
};

test("a server of the shardmaster is one of group 0, and its cluster has 256 shards by hash", () => {
  const { settings, identity, shape } = masterSettings(flags);
  expect(settings).toMatchObject({ cluster: "blue", self: "127.0.0.1:7001", peers: ["127.0.0.1:7000"] });
  expect(identity).toEqual({ group: 0, creation: 9, replica: 1, servers: ["127.0.0.1:7000", "127.0.0.1:7001"] });
  expect(shape).toEqual({ cluster: "blue", shards: 256, partitioner: { kind: "hash" } });
});

test("the shape can be another", () => {
  expect(masterSettings({ ...flags, shards: 10, partitioner: "first-byte" }).shape).toMatchObject({
    shards: 10,
    partitioner: { kind: "first-byte" },
  });
  expect(masterSettings({ ...flags, partitioner: "range", splits: "g,p" }).shape).toMatchObject({
    shards: 3,
    partitioner: { kind: "range", splits: [utf8("g"), utf8("p")] },
  });
  expect(masterSettings({ ...flags, shards: 2, partitioner: "range", splits: "fF00", hex: true }).shape.partitioner).toEqual({
    kind: "range",
    splits: [Uint8Array.of(0xff, 0)],
  });
});

describe("refused in one sentence", () => {
  test.each<[string, Partial<MasterFlags>]>([
    ["Split points were given for the partitioner hash; only range has them.", { splits: "a" }],
    [
      "The partitioner range was given without split points; there is one between each shard and the next.",
      { partitioner: "range", shards: 3 },
    ],
    ["An empty split point was given; no key stands before it.", { partitioner: "range", splits: ",a" }],
    ["The split point 'abc' is not hexadecimal digits, two for each byte.", { partitioner: "range", splits: "abc", hex: true }],
    ["A split point was given that does not stand behind the one before it; split points rise.", { partitioner: "range", splits: "b,a" }],
    [
      "1 split points were given for 3 shards; there is one between each shard and the next.",
      { partitioner: "range", splits: "b", shards: 3 },
    ],
    ["65537 shards were given; a store has 1 to 65536.", { shards: 65_537 }],
    ["There is no replica 2: with 2 servers, replicas are numbered from 0 to 1.", { replica: 2 }],
  ])("%s", (sentence, changes) => {
    const read = (): unknown => masterSettings({ ...flags, ...changes });
    expect(read).toThrow(BadSetting);
    expect(read).toThrow(sentence);
  });
});
