import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Malformed } from "../../../src/base/codec.ts";
import { decodeAcquired, encodeAcquired } from "../../../src/shardkv/migration/acquired-row.ts";
import { type Change, packChanges, unpackChanges } from "../../../src/shardkv/migration/changes.ts";
import { decodeGroupCommand, encodeGroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { decodeGroupRow, encodeGroupRow, groupAtFirst } from "../../../src/shardkv/migration/group-row.ts";
import { decodeMoves, encodeMoves } from "../../../src/shardkv/migration/moves.ts";
import { packBirths, unpackBirths } from "../../../src/shardmaster/births.ts";
import { groupOf } from "../../explore/moves/configs.ts";
import { commands, moves } from "./arbitraries.ts";

describe("what a group remembers of moves", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(moves, (some) => {
        expect(decodeMoves(encodeMoves(some))).toEqual(some);
      }),
    );
    const acquired = { acquired: 7, left: 4_294_967_295 };
    expect(decodeAcquired(encodeAcquired(acquired))).toEqual(acquired);
    const row = { number: 9, isMember: true, serving: 1, arriving: 2, passing: 3, parcels: 4 };
    expect(decodeGroupRow(encodeGroupRow(row))).toEqual(row);
    expect(decodeGroupRow(encodeGroupRow(groupAtFirst))).toEqual(groupAtFirst);
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a command of a group", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(commands, (command) => {
        expect(decodeGroupCommand(encodeGroupCommand(command))).toEqual(command);
      }),
    );
  });

  test("is refused when it was cut or changed, or is another command", () => {
    fc.assert(
      fc.property(commands, fc.nat(), fc.nat(255), (command, at, byte) => {
        const bytes = encodeGroupCommand(command).slice();
        bytes[at % bytes.length] = byte;
        expect(errorOf(() => decodeGroupCommand(bytes)) ?? new Malformed()).toBeInstanceOf(Malformed);
        expect(() => decodeGroupCommand(bytes.subarray(0, bytes.length - 1))).toThrow(Malformed);
      }),
    );
  });

  test("has room for every shard that there can be", () => {
    const shards = Array.from({ length: 65_536 }, (_, shard) => shard);
    const holder = { group: groupOf("A"), left: 2 ** 32 - 1 };
    const all: Change[] = shards.map((shard) => ({ shard, owner: groupOf(shard % 2 === 0 ? "B" : "C"), holder }));
    const configure = { op: "configure", from: 1, number: 2, isMember: true, changes: all } as const;
    const bytes = encodeGroupCommand(configure);
    expect(decodeGroupCommand(bytes)).toEqual(configure);
    expect(bytes.length).toBeLessThan(1024 * 1024);
    const born = { op: "born", arrivals: shards.map((shard) => ({ shard, since: 1 })) } as const;
    expect(decodeGroupCommand(encodeGroupCommand(born))).toEqual(born);
  });

  test("tells groups apart that differ in nothing but their servers", () => {
    const moved = { ...groupOf("A"), servers: groupOf("B").servers };
    const change: Change = { shard: 0, owner: moved, holder: { group: groupOf("A"), left: 1 } };
    expect(unpackChanges(packChanges([change]))).toEqual([change]);
  });

  test("is refused when its lists have no whole number of parts, or name what is not there", () => {
    expect(() => unpackChanges([[], new Uint8Array(13)])).toThrow(Malformed);
    const packed = packChanges([{ shard: 1, owner: groupOf("A"), holder: undefined }]) as [unknown, Uint8Array];
    expect(() => unpackChanges([[], packed[1]])).toThrow(Malformed);
    expect(() => unpackBirths(new Uint8Array(7))).toThrow(Malformed);
    expect(unpackBirths(packBirths([{ shard: 65_535, since: 3 }]))).toEqual([{ shard: 65_535, since: 3 }]);
  });
});
