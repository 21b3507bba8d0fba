import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { decodePacket, encodePacket, protocolVersion } from "../../src/rsm/wire.ts";
import { fuzzPackets } from "./packet-fuzz.ts";
import { header, payloadOf } from "./packets.ts";

vi.setConfig({ testTimeout: 60_000 });

test("every payload comes back as it was sent", () => {
  const packet = header.chain((head) => payloadOf(head).map((payload) => ({ header: head, payload })));
  fc.assert(
    fc.property(packet, (given) => {
      expect(decodePacket(encodePacket(given.header, given.payload))).toEqual(given);
    }),
    { numRuns: 300 },
  );
});

test("whatever is done to packets, nothing but Malformed is thrown, and what is accepted is within bounds", () => {
  const report = fuzzPackets(50_000, 1);
  expect(report.inputs).toBe(50_000);
  // Both ways are well trodden.
  expect(report.malformed).toBeGreaterThan(10_000);
  expect(report.accepted).toBeGreaterThan(5_000);
  expect(Object.values(report.kinds).every((count) => count > 100)).toBe(true);
  expect(Object.keys(report.kinds)).toHaveLength(16);
});

const data = utf8("x");
/** A header: version, group, creation, from, incarnation, to. */
const head: readonly Packable[] = [protocolVersion, 1, 7, 0, 99, 1];

interface Kind {
  readonly name: string;
  /** The kind's number and what follows it. */
  readonly good: readonly Packable[];
  /** Behind the kind: what cannot stand in a place. */
  readonly wrong: Readonly<Record<number, readonly Packable[]>>;
}

const notWhole: readonly Packable[] = [-1, "1", null, true, [], data];
const notFlag: readonly Packable[] = [0, 1, null, "true", [], data];
/** The largest index with which a log can go on is 2^52. */
const notPlace: readonly Packable[] = [...notWhole, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER];
const notEntries: readonly Packable[] = [
  null,
  1,
  data,
  [3],
  [3, data, 3],
  [data, 3],
  [3, "x"],
  [3, null],
  [0, data],
  [-1, data],
  ["3", data],
  [null, data],
  // Lower than the term before, falling, and above the message's.
  [1, data],
  [3, data, 2, data],
  [5, data],
];
const notVoters: readonly Packable[] = [null, 0, data, [], [64], [-1], ["0"], [0, 0], [[0]]];
const notRows: readonly Packable[] = [null, 0, data, [data], [data, data, data], [data, 1], [1, data], ["k", data], [data, null]];

const notMarks: readonly Packable[] = [
  0,
  data,
  [],
  [10, 3, 77],
  [10, 3, 77, [0, 1, 2], 1],
  ...[...notPlace, 0].map((index) => [index, 3, 77, [0, 1, 2]]),
  ...[...notWhole, 0, 5].map((term) => [10, term, 77, [0, 1, 2]]),
  ...notWhole.map((chain) => [10, 3, chain, [0, 1, 2]]),
  ...notVoters.map((voters) => [10, 3, 77, voters]),
];

const kinds: readonly Kind[] = [
  { name: "pre-vote", good: [1, 4, 10, 3], wrong: { 1: notWhole, 2: notWhole, 3: notWhole } },
  { name: "answer to a pre-vote", good: [2, 4, true], wrong: { 1: notWhole, 2: notFlag } },
  { name: "vote", good: [3, 4, 10, 3], wrong: { 1: notWhole, 2: notWhole, 3: notWhole } },
  { name: "vote that the leader asks for", good: [12, 4, 10, 3], wrong: { 1: notWhole, 2: notWhole, 3: notWhole } },
  { name: "leader that wants to be replaced", good: [11, 4], wrong: { 1: notWhole } },
  { name: "answer to a vote", good: [4, 4, false], wrong: { 1: notWhole, 2: notFlag } },
  {
    name: "append",
    good: [5, 4, 10, 2, 9, 1, [2, data, 4, data]],
    wrong: { 1: [...notWhole, 0, 1, 3], 2: [...notPlace, 0], 3: [...notWhole, 0, 3, 5], 4: notWhole, 5: notWhole, 6: notEntries },
  },
  { name: "acceptance", good: [6, 4, 1, 10], wrong: { 1: notWhole, 2: notWhole, 3: notWhole } },
  {
    name: "rejection",
    good: [7, 4, 1, 10, 9, 3],
    wrong: { 1: [...notWhole, 2], 2: notWhole, 3: [...notWhole, 8], 4: [...notWhole, 11], 5: [...notWhole, 5] },
  },
  {
    name: "chunk",
    good: [8, 4, 99, 1, 3, 2, [data, data], null],
    wrong: { 1: [...notWhole, 0], 2: notWhole, 3: notWhole, 4: [...notWhole, 0, 2], 5: [...notWhole, 3], 6: notRows, 7: notMarks },
  },
  { name: "last chunk", good: [8, 4, 99, 1, 3, 2, [data, data], [10, 3, 77, [0, 1, 2]]], wrong: { 1: [...notWhole, 0, 2], 7: notMarks } },
  {
    name: "acknowledgement of chunks",
    good: [9, 4, 99, 1, 5, 6],
    wrong: { 1: notWhole, 2: notWhole, 3: notWhole, 4: [...notWhole, 6, 7], 5: [...notWhole, 1, 5] },
  },
  { name: "word that chunks are lost", good: [10, 4, 99, 1], wrong: { 1: notWhole, 2: notWhole, 3: notWhole } },
  { name: "hello", good: [16], wrong: { 0: [8, null, "hello"] } },
  { name: "pinned", good: [17, 5], wrong: { 1: notWhole } },
  { name: "unknown", good: [18, 5], wrong: { 1: notWhole } },
];

function decodeOf(values: readonly Packable[]): () => unknown {
  const packed = encode(values);
  return () => decodePacket(packed);
}

describe.each(kinds)("a packet with a $name", ({ good, wrong }) => {
  test("is accepted when it is right", () => {
    expect(decodeOf([...head, ...good])()).toBeDefined();
  });

  test("is refused with a value missing or one too many", () => {
    expect(decodeOf([...head, ...good.slice(0, -1)])).toThrow(Malformed);
    expect(decodeOf([...head, ...good, 1])).toThrow(Malformed);
  });

  test("is refused with a value that cannot be", () => {
    for (const [at, values] of Object.entries(wrong)) {
      for (const value of values) {
        const forged = [...head, ...good.with(Number(at), value)];
        expect(decodeOf(forged), `${at}: ${String(value)}`).toThrow(Malformed);
      }
    }
  });

  test("is refused when it is cut off, or something stands behind it", () => {
    const packet = encode([...head, ...good]);
    for (let length = 0; length < packet.length; length += 1) expect(() => decodePacket(packet.subarray(0, length))).toThrow(Malformed);
    expect(() => decodePacket(Uint8Array.of(...packet, 0xc0))).toThrow(Malformed);
  });
});

/** Eight bytes, or a float's, in the place of a small number: 2^53, 2^64 - 1, NaN, infinity, 1.5. */
const impossibleNumbers: readonly number[][] = [
  [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0],
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x43, 0x40, 0, 0, 0, 0, 0, 0],
];

test("a number that is no safe integer is refused wherever it stands", () => {
  for (const { good } of kinds) {
    const values = [...head, ...good];
    const packet = encode(values);
    // All numbers here take one byte each, behind the one of the array's head.
    for (const [at, value] of values.entries()) {
      if (typeof value !== "number") break;
      for (const number of impossibleNumbers) {
        const forged = Uint8Array.of(...packet.subarray(0, at + 1), ...number, ...packet.subarray(at + 2));
        expect(() => decodePacket(forged), `${at} of ${String(good[0])}`).toThrow(Malformed);
      }
    }
  }
});

describe("a header", () => {
  const hello = [...head, 16];

  test("of another version is refused, and both versions are named", () => {
    expect(decodeOf(hello.with(0, 2))).toThrow("a packet of protocol version 2, not 1");
    expect(decodeOf(hello.with(0, 0))).toThrow("a packet of protocol version 0, not 1");
    expect(decodeOf(hello.with(0, "1"))).toThrow("a packet of protocol version of type string, not 1");
  });

  test.each([
    ["group", 1, [-1, 2 ** 32, "1", null]],
    ["creation id", 2, notWhole],
    ["sender", 3, [-1, 64, "0", null, true]],
    ["incarnation", 4, notWhole],
    ["receiver", 5, [-1, 64, "0", null]],
    ["kind", 6, [0, 13, 15, 19, -1, "hello", "5", null, [], data]],
  ] as const)("with a %s that cannot be is refused", (_, at, values) => {
    for (const value of values) expect(decodeOf(hello.with(at, value))).toThrow(Malformed);
  });

  test("is all of a list, and there is a kind behind it", () => {
    for (const value of [null, 1, "x", data, [], head]) expect(decodeOf([value])).toThrow(Malformed);
    expect(() => decodePacket(encode(head))).toThrow(Malformed);
    expect(() => decodePacket(encode(1))).toThrow(Malformed);
    expect(() => decodePacket(new Uint8Array(0))).toThrow(Malformed);
  });
});

describe("an append", () => {
  test("at the beginning of the log has no term before it", () => {
    expect(decodeOf([...head, 5, 4, 0, 0, 0, 0, []])()).toBeDefined();
    expect(decodeOf([...head, 5, 4, 0, 1, 0, 0, []])).toThrow(Malformed);
  });

  test("that is larger than a decoder counts is refused", () => {
    const entries = Array.from({ length: 70_000 }, (_, at) => (at % 2 === 0 ? 4 : data));
    const packed = encode([...head, 5, 4, 0, 0, 0, 0, entries], { depthMax: 8, elementsMax: 100_000 });
    expect(() => decodePacket(packed)).toThrow("There are too many elements.");
  });
});
