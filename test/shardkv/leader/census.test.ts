import { expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { Rng } from "../../../src/base/rng.ts";
import { Census } from "../../../src/shardkv/leader/census.ts";
import { encodeMoves, noMoves } from "../../../src/shardkv/migration/moves.ts";
import { dataKey, dataValue, movesKey, shardKey } from "../../../src/shardkv/rows.ts";
import { encodeShardRow } from "../../../src/shardkv/shard-row.ts";
import { World } from "../../../src/sim/world.ts";
import { MemoryState } from "../memory-state.ts";

/** A census of a state in memory. Keys are numbers; what is left when one is divided by 4 is its shard. */
class Counted {
  readonly world: World = new World(new Rng("census"));
  readonly state: MemoryState = new MemoryState();
  looks = 0;
  /** How long a look takes. */
  lookMs = 0;
  readonly census: Census = new Census({
    clock: { now: () => this.world.now, wallMs: () => 0, after: (ms, run) => this.world.after(ms, run) },
    shards: 4,
    shardOf: (key) => Number(Buffer.from(key).toString()) % 4,
    look: (use) => {
      this.looks += 1;
      const view = this.state.view();
      this.world.after(this.lookMs, () => {
        use(view, () => {});
        view.drain();
      });
    },
  });

  put(key: number, value: string, epoch = 1): void {
    this.state.put(dataKey(utf8(String(key)), epoch), dataValue(1, utf8(value)));
  }

  serve(shard: number, epoch = 1): void {
    this.state.put(shardKey(shard), encodeShardRow({ phase: "serving", epoch, timeOffset: 0, versionFloor: 0 }));
  }

  /** What is told when it has had its time. */
  after(ms: number): ReturnType<Census["figures"]> {
    this.world.runFor(ms);
    return this.census.figures();
  }
}

test("every copy is counted, and told apart by what it is to the group", () => {
  const counted = new Counted();
  const address = { since: 7, group: undefined };
  const parcel = { left: 7, epoch: 1, time: 0, versionFloor: 0, address, granted: false };
  const arrival = { since: 8, holder: undefined, cursor: new Uint8Array(), taken: undefined };
  counted.serve(0);
  counted.put(4, "xx");
  counted.put(8, "");
  counted.put(5, "x");
  counted.put(5, "xy", 8);
  counted.put(9, "xy", 3);
  counted.state.put(movesKey(1), encodeMoves({ ...noMoves, parcels: [parcel], arrivals: [arrival] }));
  expect(counted.census.figures()).toBeUndefined();
  expect(counted.after(10)).toEqual({
    ageMs: 10,
    copies: [
      { shard: 0, kind: "serving", keys: 2, bytes: 4 },
      { shard: 1, kind: "parcel", keys: 1, bytes: 2 },
      { shard: 1, kind: "dead", keys: 1, bytes: 3 },
      { shard: 1, kind: "arriving", keys: 1, bytes: 3 },
    ],
  });
});

test("a count that is not old is told again, and an old one is renewed while it is told", () => {
  const counted = new Counted();
  counted.serve(0);
  counted.put(0, "x");
  counted.census.figures();
  counted.after(10);
  const { looks } = counted;
  counted.put(4, "x");
  expect(counted.after(490)).toMatchObject({ ageMs: 500, copies: [{ keys: 1 }] });
  expect([counted.looks, counted.census.isCounting]).toEqual([looks, false]);
  expect(counted.after(1)).toMatchObject({ ageMs: 501, copies: [{ keys: 1 }] });
  expect(counted.census.isCounting).toBe(true);
  expect(counted.after(10)).toMatchObject({ ageMs: 10, copies: [{ keys: 2 }] });
});

test("a large store is counted page by page, in a tenth of the time", () => {
  const counted = new Counted();
  counted.serve(0);
  counted.lookMs = 20;
  for (let key = 0; key < 4500; key += 1) counted.put(4 * key, "");
  counted.census.figures();
  // Five pages, four rests of 180 ms, and a look at what the copies are.
  expect(counted.after(839)).toBeUndefined();
  expect(counted.after(1)).toMatchObject({ copies: [{ shard: 0, keys: 4500 }] });
  expect(counted.looks).toBe(6);
  // It is good for ten times as long as it took.
  expect(counted.after(7000)).toMatchObject({ ageMs: 7840 });
  expect(counted.looks).toBe(6);
});

test("what was forgotten while it was counted comes to nothing", () => {
  const counted = new Counted();
  counted.lookMs = 20;
  counted.put(0, "x");
  counted.census.figures();
  counted.census.forget();
  expect(counted.after(1000)).toBeUndefined();
  expect(counted.looks).toBe(2);
});
