import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { encodeConfig } from "../../src/shardmaster/config-bytes.ts";
import { hexOf } from "../shardkv/store.ts";
import { Master } from "./master.ts";
import { distinct, draw, drawGroup, randomOperation, Watched } from "./random-run.ts";

describe("1,000 random joins, leaves and moves", () => {
  test.each([
    { shards: 1, gids: 3 },
    { shards: 10, gids: 6 },
    { shards: 10, gids: 30 },
    { shards: 64, gids: 12 },
  ])("make configurations that are right in every respect, for ever: $shards shards, $gids gids", ({ shards, gids }) => {
    const rng = new Rng(`history ${shards} ${gids}`);
    const watched = new Watched(shards);
    for (let i = 0; i < 1000; i += 1) randomOperation(rng, watched, gids);
    const { master, reference, seen } = watched;
    expect(reference.number).toBeGreaterThan(300);
    for (let number = 0; number <= reference.number; number += 1) {
      const config = master.config(number);
      expect(config).toEqual(reference.config(number));
      expect(hexOf(encodeConfig(config))).toBe(seen[number]);
    }
    expect(master.answer(reference.number + 1)).toEqual(master.answer());
    expect(master.state.isUntouched()).toBe(true);
  });

  test("leave the same rows in whatever order groups are given", () => {
    const rng = new Rng("orders");
    const [one, other] = [new Master(20), new Master(20)];
    for (let i = 0; i < 1000; i += 1) {
      const there = new Map(one.config().groups.map((present) => [present.gid, present]));
      const groups = distinct(
        draw(rng, 8, () => drawGroup(rng, 20)),
        ({ gid }) => gid,
      ).map((drawn) => there.get(drawn.gid) ?? drawn);
      const gids = distinct(
        draw(rng, 8, () => rng.int(1, 20)),
        (gid) => gid,
      );
      const joins = rng.chance(0.5);
      const [first, second] = joins
        ? [one.join(...groups), other.join(...rng.shuffle(groups))]
        : [one.leave(...gids), other.leave(...rng.shuffle(gids))];
      expect(second).toEqual(first);
    }
    expect(one.config().number).toBeGreaterThan(500);
    expect(other.state.dump()).toEqual(one.state.dump());
  });
});
