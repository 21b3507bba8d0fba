import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { groupId } from "../../src/base/ids.ts";
import { decodeMasterCommand, encodeMasterCommand, type MasterCommand } from "../../src/shardmaster/commands.ts";
import type { Config, Group, Owned } from "../../src/shardmaster/config.ts";
import { decodeConfig, encodeConfig } from "../../src/shardmaster/config-bytes.ts";
import { masterLimits } from "../../src/shardmaster/limits.ts";
import { decodeMasterQuery, encodeMasterQuery } from "../../src/shardmaster/queries.ts";
import { group } from "./master.ts";
import { fuzzWire } from "./wire-fuzz.ts";

test("30,000 inputs are commands, queries and results that mean what they say, or are refused with a sentence", () => {
  const { inputs, commands, queries, results, configs, sentence } = fuzzWire(30_000, 1);
  expect(inputs).toBe(30_000);
  expect(commands).toBeGreaterThan(2000);
  expect(queries).toBeGreaterThan(2000);
  expect(results).toBeGreaterThan(2000);
  expect(configs).toBeGreaterThan(500);
  expect(sentence).toBeLessThan(250);
});

const gid = fc.integer({ min: 1, max: 4_294_967_295 }).map(groupId);
const server = fc.string({ unit: fc.constantFrom("a", "0", ".", ":", "[", "ä", "€"), minLength: 1, maxLength: 20 });
const creation = fc.oneof(fc.nat(3), fc.maxSafeNat());
const groups = fc
  .uniqueArray(fc.tuple(gid, creation, fc.nat(3)), { selector: ([id]) => id, maxLength: 8 })
  .chain((heads) =>
    fc
      .uniqueArray(server, { minLength: heads.length * 4, maxLength: heads.length * 4 })
      .map((names) => heads.map(([id, created, more], at) => group(id, created, names.slice(4 * at, 4 * at + 1 + more)))),
  );

const command: fc.Arbitrary<MasterCommand> = fc.oneof(
  fc.record({ op: fc.constant("join" as const), groups }),
  fc.record({ op: fc.constant("leave" as const), gids: fc.uniqueArray(gid, { maxLength: 20 }) }),
  fc.record({ op: fc.constant("move" as const), shard: fc.nat(65_535), gid }),
  fc.record({
    op: fc.constant("init" as const),
    cluster: server,
    shards: fc.integer({ min: 1, max: 65_536 }),
    partitioner: fc.constantFrom({ kind: "hash" as const }, { kind: "first-byte" as const }, { kind: "integer" as const }),
  }),
  fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }).map((drawn): MasterCommand => {
    const splits = drawn.toSorted((a, b) => a - b).map((byte) => Uint8Array.of(byte, 7));
    return { op: "init", cluster: "c", shards: splits.length + 1, partitioner: { kind: "range", splits } };
  }),
);

describe("on the wire", () => {
  test("a command comes back as it was", () => {
    fc.assert(
      fc.property(command, (given) => {
        expect(decodeMasterCommand(encodeMasterCommand(given))).toEqual({ ok: true, value: given });
      }),
      { numRuns: 1000 },
    );
  });

  test("a query comes back as it was", () => {
    for (const number of [-1, 0, 1, 127, 128, Number.MAX_SAFE_INTEGER]) {
      expect(decodeMasterQuery(encodeMasterQuery({ op: "config", number }))).toEqual({ ok: true, value: { op: "config", number } });
      const newer = { op: "newer", than: number } as const;
      expect(decodeMasterQuery(encodeMasterQuery(newer))).toEqual({ ok: true, value: newer });
    }
    expect(decodeMasterQuery(encodeMasterQuery({ op: "shape" }))).toEqual({ ok: true, value: { op: "shape" } });
  });

  test("a join of 1,000 groups and an init of 65,536 ranges come back as they were", () => {
    const join: MasterCommand = { op: "join", groups: Array.from({ length: 1000 }, (_, i) => group(i + 1)) };
    expect(decodeMasterCommand(encodeMasterCommand(join))).toEqual({ ok: true, value: join });
    const splits = Array.from({ length: 65_535 }, (_, i) => Uint8Array.of((i + 1) >>> 8, i + 1));
    const init: MasterCommand = { op: "init", cluster: "c", shards: 65_536, partitioner: { kind: "range", splits } };
    expect(decodeMasterCommand(encodeMasterCommand(init))).toEqual({ ok: true, value: init });
  });
});

/** A configuration of those groups, whose shards have had any of them, and others. */
function configOf(own: readonly Group[], others: readonly Group[], drawn: readonly (readonly [number, number, number, number])[]): Config {
  const sorted = own.toSorted((a, b) => a.gid - b.gid);
  const all = [...sorted, ...others];
  const shards = drawn.map(([owner, since, holder, left]): Owned => {
    const held = all[holder % (all.length + 1)];
    return {
      gid: sorted[owner % (sorted.length + 1)]?.gid ?? groupId(0),
      since,
      // Another object each time: what is the same is found by what it says.
      holder: held && { group: { ...held, servers: [...held.servers] }, left },
    };
  });
  return { number: drawn.length, groups: sorted, shards };
}

const number = fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 0xffffffff }));
const config = fc
  .tuple(groups, groups, fc.array(fc.tuple(fc.nat(20), number, fc.nat(20), number), { minLength: 1, maxLength: 40 }))
  .map(([own, others, drawn]) => configOf(own, others, drawn));

/** The parts of a configuration of two groups and one shard. */
const right = (): Packable[] => decode(encodeConfig(configOf([group(1), group(2)], [group(3)], [[0, 1, 2, 3]]))) as Packable[];
const zeros = (length: number): Uint8Array => new Uint8Array(length);

describe("a configuration's bytes", () => {
  test("give it back", () => {
    fc.assert(
      fc.property(config, (given) => {
        expect(decodeConfig(encodeConfig(given))).toEqual(given);
        expect(encodeConfig(decodeConfig(encodeConfig(given)))).toEqual(encodeConfig(given));
      }),
      { numRuns: 500 },
    );
  });

  test("name a group once, whoever holds how much", () => {
    const [own, gone] = [group(1), group(9, 4, ["left-this-cluster"])];
    const held = (): Owned => ({ gid: own.gid, since: 3, holder: { group: { ...gone }, left: 3 } });
    const bytes = encodeConfig({ number: 3, groups: [own], shards: Array.from({ length: 1000 }, held) });
    expect(Buffer.from(bytes).toString("latin1").split("left-this-cluster")).toHaveLength(2);
    expect(bytes.length).toBeLessThan(14 * 1000 + 100);
  });

  test("hold 65,536 shards, each with a holder of its own", () => {
    const shards = Array.from({ length: 65_536 }, (_, i): Owned => ({
      gid: groupId(0),
      since: 2,
      holder: { group: group(i + 1), left: 2 },
    }));
    const given: Config = { number: 2, groups: [], shards };
    expect(decodeConfig(encodeConfig(given))).toEqual(given);
  });

  test.each<readonly [string, number, Packable, string]>([
    ["no number", 0, "1", "A configuration's number has 32 bits."],
    ["a number below 0", 0, -1, "A configuration's number has 32 bits."],
    ["more groups than the table", 1, 4, "A configuration's groups stand in its table."],
    ["half a group", 2, [1, 1], "A configuration's table has three values for each group."],
    ["group 0", 2, [0, 1, "a", 2, 1, "b", 3, 1, "c"], "A group's number is from 1 to 4294967295."],
    ["groups out of order", 2, [2, 1, "a", 1, 1, "b", 3, 1, "c"], "A configuration's groups rise."],
    ["a group without servers", 2, [1, 1, "", 2, 1, "b", 3, 1, "c"], "A group's servers are names with commas between them."],
    ["a group with a broken creation", 2, [1, -1, "a", 2, 1, "b", 3, 1, "c"], "A creation id is a whole number, 0 or more."],
    ["no shards", 3, zeros(0), "A configuration has 1 to 65536 shards."],
    ["half a shard", 3, zeros(3), "A configuration has 1 to 65536 shards."],
    ["too many shards", 3, zeros(2 * 65_537), "A configuration has 1 to 65536 shards."],
    ["an owner that is only a holder", 3, Uint8Array.of(0, 3), "A shard's owner is one of the configuration's groups."],
    ["no since", 4, zeros(3), "A configuration says everything of every shard."],
    ["a holder beyond the table", 5, Uint8Array.of(0, 0, 0, 4), "A shard's holder stands in the table."],
    ["nobody that was left", 5, zeros(4), "A shard without a holder has left nobody."],
  ])("with %s are refused", (_, at, wrong, why) => {
    const fields = right();
    expect(() => decodeConfig(encode(fields))).not.toThrow();
    fields[at] = wrong;
    expect(() => decodeConfig(encode(fields))).toThrow(new Malformed(why));
  });
});

test("limits are checked", () => {
  expect(masterLimits({ groupsMax: 65_535 }).groupsMax).toBe(65_535);
  expect(() => masterLimits({ groupsMax: 65_536 })).toThrow("groupsMax is a whole number from 1 to 65535");
  expect(() => masterLimits({ serversMax: 65 })).toThrow("serversMax is a whole number from 1 to 64");
  expect(() => masterLimits({ configBytesMax: 0 })).toThrow("configBytesMax is a whole number, one or more");
});
