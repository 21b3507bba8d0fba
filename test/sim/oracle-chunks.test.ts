import { beforeEach, expect, test } from "vitest";
import { groupId } from "../../src/base/ids.ts";
import type { Chunk, ChunkAck } from "../../src/rsm/snapshot/chunk.ts";
import { memberOptions } from "../../src/rsm/options.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import { broken, chainOf, committed, GlassGroup, led, log } from "./glass-group.ts";

let group: GlassGroup;

beforeEach(() => {
  group = new GlassGroup();
});

function chunk(number: number, changes: Partial<Chunk> = {}): Chunk {
  const transfer = { nonce: 9, count: 1 };
  return { kind: "chunk", term: 2, transfer, number, finished: 0, rows: [], mark: undefined, ...changes };
}

function ack(finished: number, missing = 0): ChunkAck {
  return { kind: "chunk_ack", term: 2, transfer: { nonce: 9, count: 1 }, finished, missing };
}

test("nothing is broken by chunks in their order, sent again, and acknowledged", () => {
  const own = committed(group);
  const mark = { ...group.snapshot(0, 2, { index: 4, term: 2, chain: chainOf([...log, own]) }).mark };
  expect(
    broken(() => {
      for (const number of [1, 2, 1, 2, 3]) group.say(0, 2, chunk(number));
      group.say(2, 0, ack(1));
      group.say(2, 0, ack(1, 2));
      group.say(0, 2, chunk(5 - 1, { finished: 1, mark }));
      group.hear(0, 2, chunk(1), () => {});
      group.hear(2, 0, ack(1), () => {});
    }),
  ).toBeUndefined();
});

test("R24: a chunk is larger than it may be, or too many are under way", () => {
  led(group);
  const row = [Uint8Array.of(1), new Uint8Array(200 * 1024)] as const;
  expect(broken(() => group.say(0, 2, chunk(1, { rows: [row] })))).toBeUndefined();
  expect(broken(() => group.say(0, 2, chunk(1, { rows: [[Uint8Array.of(1), new Uint8Array(1024 * 1024)]] })))).toBeUndefined();
  expect(broken(() => group.say(0, 2, chunk(1, { rows: [row, row] })))).toBe("R24");
  const { snapshotWindowMax } = memberOptions();
  for (let number = 1; number <= snapshotWindowMax; number += 1) group.say(0, 2, chunk(number));
  expect(broken(() => group.say(0, 2, chunk(snapshotWindowMax + 1)))).toBe("R24");
});

test("R11: two transfers have one name, or a chunk comes behind none", () => {
  led(group);
  group.say(0, 2, chunk(1));
  expect(broken(() => group.say(0, 1, chunk(1)))).toBe("R11");
  expect(broken(() => group.say(0, 2, chunk(3)))).toBe("R11");
  expect(broken(() => group.say(0, 2, chunk(1, { transfer: { nonce: 9, count: 2 } })))).toBeUndefined();
});

test("R11: a chunk is acknowledged that was not sent, or not to this server", () => {
  led(group);
  group.say(0, 2, chunk(1));
  expect(broken(() => group.say(2, 0, ack(1)))).toBeUndefined();
  expect(broken(() => group.say(2, 0, ack(2)))).toBe("R11");
  expect(broken(() => group.say(2, 0, ack(1, 2)))).toBe("R11");
  expect(broken(() => group.say(1, 0, ack(1)))).toBe("R11");
});

test("R11: a part of a snapshot, or an acknowledgement of one, moves the core", () => {
  const own = committed(group);
  group.state(2).log.entries.push(own);
  expect(broken(() => group.hear(0, 2, chunk(1), () => (group.state(2).commit = 3)))).toBe("R11");
  expect(broken(() => group.hear(2, 0, ack(1), () => group.believe(0, 2, 3)))).toBe("R11");
});

test("R11: a part of a snapshot makes a follower's log longer; a leader may add to its own whenever it has a turn", () => {
  const own = committed(group);
  const more = { ...own, index: own.index + 1 };
  expect(broken(() => group.hear(0, 2, chunk(1), () => group.state(2).log.entries.push(own)))).toBe("R11");
  expect(group.state(0).role).toBe("leader");
  expect(broken(() => group.hear(2, 0, ack(1), () => group.state(0).log.entries.push(more)))).not.toBe("R11");
});

test("R11: rows of a snapshot that did not become the state are left in the end", () => {
  committed(group);
  const keys = new Keys(groupId(1));
  expect(broken(() => group.oracle.finish())).toBeUndefined();
  group.store(2, [{ op: "put", key: keys.state(0, Uint8Array.of(1)), value: Uint8Array.of(1) }]);
  expect(broken(() => group.oracle.finish())).toBeUndefined();
  group.store(2, [{ op: "put", key: keys.state(1, Uint8Array.of(1)), value: Uint8Array.of(1) }]);
  expect(broken(() => group.oracle.finish())).toBe("R11");
});
