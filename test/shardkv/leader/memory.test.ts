import { describe, expect, test } from "vitest";
import { groupId } from "../../../src/base/ids.ts";
import { ConfigBook } from "../../../src/shardkv/leader/config-book.ts";
import { HeardAnswers } from "../../../src/shardkv/leader/heard.ts";
import { namesOf, Proposed } from "../../../src/shardkv/leader/proposed.ts";
import { groupAtFirst } from "../../../src/shardkv/migration/group-row.ts";
import type { Arrival } from "../../../src/shardkv/migration/moves.ts";
import type { Picture } from "../../../src/shardkv/migration/picture.ts";
import type { Config } from "../../../src/shardmaster/config.ts";

function config(number: number, shards: number = 4): Config {
  const parked = { gid: groupId(0), since: 0, holder: undefined };
  return { number, groups: [], shards: Array.from({ length: shards }, () => parked) };
}

/** A group at which shard 0 arrives, or nothing. */
function picture(...arrivals: readonly Arrival[]): Picture {
  const shards = new Map(arrivals.length === 0 ? [] : [[0, { arrivals, parcels: [], dead: [], acquired: 0, left: 0 }]]);
  return { group: groupAtFirst, isShaped: true, shards };
}

const arrival = (cursor: number): Arrival => ({ since: 3, holder: undefined, cursor: Uint8Array.of(cursor), taken: undefined });
const chunk = (start: number) =>
  ({ op: "chunk", shard: 0, since: 3, body: { start: Uint8Array.of(start), sessions: [], data: [], next: Uint8Array.of(9) } }) as const;

describe("configurations that a leader has heard of", () => {
  test("are found by their numbers, and the latest number is the largest that was told", () => {
    const book = new ConfigBook();
    book.add(config(7), 9);
    book.add(config(3), 8);
    expect([book.config(7)?.number, book.config(3)?.number, book.config(9), book.latest]).toEqual([7, 3, undefined, 9]);
  });

  test("may be known to be there without being known", () => {
    const book = new ConfigBook();
    book.see(4);
    book.see(3);
    expect([book.latest, book.config(4)]).toEqual([4, undefined]);
  });

  test("are kept as far as there is room: those that were looked at last", () => {
    const book = new ConfigBook();
    for (let number = 1; number <= 32; number += 1) book.add(config(number, 65_536), number);
    const numbers = Array.from({ length: 64 }, (_, at) => at + 1);
    expect(book.config(1)?.number).toBe(1);
    for (let number = 33; number <= 63; number += 1) book.add(config(number, 65_536), number);
    expect(numbers.filter((number) => book.config(number) !== undefined)).toEqual([1, ...numbers.slice(32, 63)]);
  });
});

describe("what a leader has proposed", () => {
  test("is known by what makes it one of its kind", () => {
    expect(namesOf(chunk(1))).not.toEqual(namesOf(chunk(2)));
    expect(namesOf({ op: "grant", shard: 1, left: 2, since: 3 })).not.toEqual(namesOf({ op: "delete", shard: 1, left: 2, since: 3 }));
    expect(
      namesOf({
        op: "born",
        arrivals: [
          { shard: 1, since: 2 },
          { shard: 2, since: 2 },
        ],
      }),
    ).toHaveLength(2);
  });

  test("is remembered for a second", () => {
    const proposed = new Proposed();
    const grant = { op: "grant", shard: 1, left: 2, since: 3 } as const;
    const [name] = namesOf(grant) as [string];
    proposed.add(grant, 10, 5000);
    proposed.settle(picture(), 5999);
    expect(proposed.has(name)).toBe(true);
    proposed.settle(picture(), 6000);
    expect(proposed.has(name)).toBe(false);
  });

  test("counts the bytes of chunks until nobody waits for them", () => {
    const proposed = new Proposed();
    proposed.add(chunk(1), 100, 0);
    proposed.add({ op: "grant", shard: 1, left: 2, since: 3 }, 10, 0);
    proposed.settle(picture(arrival(1)), 1);
    expect(proposed.chunkBytes).toBe(100);
    proposed.settle(picture(arrival(2)), 2);
    expect(proposed.chunkBytes).toBe(0);
  });
});

test("what a holder said is remembered as long as the shard is awaited, and no reply is silence", () => {
  const heard = new HeardAnswers();
  const to = { gid: groupId(2), creation: 1, servers: [] };
  const pull = {
    op: "pull",
    shard: 0,
    left: 2,
    since: 3,
    asker: { gid: groupId(1), creation: 1 },
    cursor: Uint8Array.of(),
    pages: 1,
  } as const;
  heard.note({ to, question: pull }, undefined);
  expect([heard.of(0, 3, 2), heard.isSilent(to)]).toEqual(["silence", true]);
  heard.note({ to, question: pull }, { kind: "no_page", why: { kind: "never_had" }, acquired: 0 });
  expect(heard.isSilent(to)).toBe(false);
  heard.settle(picture(arrival(1)));
  expect([heard.of(0, 3, 2), heard.of(0, 3, 1)]).toEqual(["never_had", undefined]);
  heard.settle(picture());
  expect(heard.of(0, 3, 2)).toBeUndefined();
});
