import { expect, test } from "vitest";
import { AssertionError } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { hash32 } from "../../src/base/hash.ts";
import { serverId } from "../../src/base/ids.ts";
import { heldBytes } from "../../src/lab/real/heap.ts";
import { Proposals, type Waiting } from "../../src/rsm/proposals.ts";

const from = serverId("c");
const waiting = (index: number, name = `n${index}`, bytes = 10): Waiting => ({
  from,
  call: index,
  index,
  term: 1,
  name: utf8(name),
  bytes,
  joined: undefined,
});
const room = { loggedMax: 10_000, loggedBytesMax: 1_000_000 };

test("what waits is found by its place in the log, and nothing else is", () => {
  const proposals = new Proposals(room);
  for (const index of [3, 5]) proposals.add(waiting(index));
  expect([1, 2, 3, 4].map((index) => proposals.take(index)?.call)).toEqual([undefined, undefined, 3, undefined]);
  expect(proposals.take(5)?.call).toBe(5);
  expect([proposals.calls, proposals.bytes]).toEqual([0, 0]);
});

test("a place that was passed over is a bug of ours", () => {
  const proposals = new Proposals(room);
  proposals.add(waiting(3));
  expect(() => proposals.take(4)).toThrow(AssertionError);
  expect(() => proposals.add(waiting(2))).toThrow(AssertionError);
});

test("attempts of one request wait together, and count as calls but not as bytes", () => {
  const proposals = new Proposals(room);
  proposals.add(waiting(1, "a"));
  const same = proposals.named(utf8("a"));
  proposals.join(same as Waiting, { from, call: 8, bytes: 10 });
  proposals.join(same as Waiting, { from, call: 9, bytes: 10 });
  expect([proposals.calls, proposals.bytes]).toEqual([3, 10]);
  expect(proposals.take(1)?.joined?.map(({ call }) => call)).toEqual([8, 9]);
  expect([proposals.calls, proposals.bytes, proposals.named(utf8("a"))]).toEqual([0, 0, undefined]);
});

test("requests whose names have one hash are told apart, and one of them is found", () => {
  const names = ["n56573", "n154854"] as const;
  expect(hash32(utf8(names[0]))).toBe(hash32(utf8(names[1])));
  const proposals = new Proposals(room);
  names.forEach((name, index) => proposals.add(waiting(index + 1, name)));
  const found = (): (number | undefined)[] => names.map((name) => proposals.named(utf8(name))?.index);
  expect(found()).toEqual([undefined, 2]);
  proposals.take(1);
  expect(found()).toEqual([undefined, 2]);
  proposals.take(2);
  expect(found()).toEqual([undefined, undefined]);
});

test("what is taken keeps no memory of its entry", () => {
  const proposals = new Proposals(room);
  const before = heldBytes();
  for (let index = 1; index <= 100; index += 1) {
    proposals.add({ ...waiting(index), name: new Uint8Array(1 << 20).subarray(0, 20) });
    proposals.take(index);
  }
  expect(heldBytes() - before).toBeLessThan(10 << 20);
});

test("all are taken at once, and none remains", () => {
  const proposals = new Proposals(room);
  for (let index = 1; index <= 5000; index += 1) proposals.add(waiting(index));
  for (let index = 1; index <= 3000; index += 1) proposals.take(index);
  const rest = proposals.takeAll();
  expect([rest.length, rest[0]?.index, proposals.calls, proposals.bytes, proposals.take(3001)]).toEqual([2000, 3001, 0, 0, undefined]);
  proposals.add(waiting(7));
  expect(proposals.take(7)?.call).toBe(7);
});

test("there is room for so many calls, and for so many bytes", () => {
  const proposals = new Proposals({ loggedMax: 3, loggedBytesMax: 100 });
  proposals.add(waiting(1, "a", 60));
  expect([proposals.hasRoomFor(40), proposals.hasRoomFor(41)]).toEqual([true, false]);
  proposals.join(proposals.named(utf8("a")) as Waiting, { from, call: 8, bytes: 60 });
  expect(proposals.hasRoomFor(1)).toBe(true);
  proposals.add(waiting(2, "b", 1));
  expect(proposals.hasRoomFor(1)).toBe(false);
});

test("what is larger than all room has it alone", () => {
  const proposals = new Proposals({ loggedMax: 3, loggedBytesMax: 100 });
  expect(proposals.hasRoomFor(500)).toBe(true);
  proposals.add(waiting(1, "a", 500));
  expect(proposals.hasRoomFor(1)).toBe(false);
  proposals.take(1);
  proposals.add(waiting(2, "b", 1));
  expect([proposals.hasRoomFor(500), proposals.hasRoomFor(99)]).toEqual([false, true]);
});
