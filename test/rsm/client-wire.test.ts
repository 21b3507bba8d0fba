import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { groupId } from "../../src/base/ids.ts";
import {
  type Answer,
  type Answered,
  type Call,
  callsInPacketMax,
  decodeAnswers,
  decodeCalls,
  encodeAnswers,
  encodeCalls,
  packAnswer,
  packCall,
  packetKind,
} from "../../src/rsm/client-wire.ts";
import { decodeEntry, expireEntry, type Logged, openingEntry, requestEntry, stampOf } from "../../src/rsm/session/entry.ts";
import { decodeRequest, encodeRequest, nameOf, type Request } from "../../src/rsm/session/request.ts";
import { sessionLimits } from "../../src/rsm/session/session-limits.ts";
import { type RefusalCode, refused } from "../../src/rsm/state/state-machine.ts";
import { encodePacket } from "../../src/rsm/wire.ts";
import { bytes, wholeNumber } from "./arbitraries.ts";
import { header, payloadOf } from "./packets.ts";

const codes: readonly RefusalCode[] = [
  "bad_request",
  "wrong_group",
  "shard_moving",
  "session_stale",
  "expired",
  "valid_too_long",
  "session_full",
  "not_leader",
  "overloaded",
];
const group = fc.nat(2 ** 32 - 1).map(groupId);
const shard = fc.nat(65_535);

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constantFrom("request" as const, "query" as const), id: wholeNumber, bytes }),
  fc.record({ kind: fc.constant("time" as const), id: wholeNumber, shard }),
);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ kind: fc.constant("result" as const), bytes }),
  fc.record({ kind: fc.constantFrom("lost" as const, "unknown" as const) }),
  fc.record({
    kind: fc.constant("refused" as const),
    refusal: fc.tuple(fc.constantFrom(...codes), fc.string()).map(([why, detail]) => refused(why, detail)),
  }),
);
const answered: fc.Arbitrary<Answered> = fc.record({ id: wholeNumber, answer });

function packCalls(of: number, calls: readonly Call[]): Uint8Array {
  const values: Packable[] = [];
  for (const one of calls) packCall(one, values);
  return encodeCalls(groupId(of), values);
}

function packAnswers(of: number, answers: readonly Answered[]): Uint8Array {
  const values: Packable[] = [];
  for (const one of answers) packAnswer(one.id, one.answer, values);
  return encodeAnswers(groupId(of), values);
}

test("calls and answers come back as they were sent, and are told apart by their first two bytes", () => {
  fc.assert(
    fc.property(group, fc.array(call, { minLength: 1 }), fc.array(answered, { minLength: 1 }), (of, calls, answers) => {
      const [asking, answering] = [packCalls(of, calls), packAnswers(of, answers)];
      expect([packetKind(asking), packetKind(answering)]).toEqual(["calls", "answers"]);
      expect(decodeCalls(asking)).toEqual({ group: of, calls });
      expect(decodeAnswers(answering)).toEqual({ group: of, answers });
    }),
    { numRuns: 300 },
  );
});

test("no packet between members is taken for a client's", () => {
  const packets = header.chain((head) => payloadOf(head).map((payload) => encodePacket(head, payload)));
  fc.assert(
    fc.property(packets, (packet) => {
      expect(packetKind(packet)).toBe("member");
    }),
  );
});

test("a full packet of the longest answers can be read", () => {
  const refusal: Answer = { kind: "refused", refusal: refused("not_leader", "1") };
  const all = Array.from({ length: callsInPacketMax }, (_, id): Answered => ({ id, answer: refusal }));
  expect(decodeAnswers(packAnswers(1, all)).answers).toHaveLength(callsInPacketMax);
  const calls = Array.from({ length: callsInPacketMax }, (_, id): Call => ({ kind: "time", id, shard: 65_535 }));
  expect(decodeCalls(packCalls(1, calls)).calls).toHaveLength(callsInPacketMax);
});

describe("packets that nobody sends", () => {
  const cases: [string, Packable][] = [
    ["no list", 7],
    ["another kind", [0x23, 1, []]],
    ["no group", [0x21, -1, [1, 1, new Uint8Array()]]],
    ["no list of calls", [0x21, 1, 7]],
    ["two values of three", [0x21, 1, [1, 1]]],
    ["an unknown kind of call", [0x21, 1, [9, 1, new Uint8Array()]]],
    ["an id below 0", [0x21, 1, [1, -1, new Uint8Array()]]],
    ["a request that is a text", [0x21, 1, [1, 1, "x"]]],
    ["a shard of 17 bits", [0x21, 1, [3, 1, 65_536]]],
    ["too many calls", [0x21, 1, Array.from({ length: 3 * (callsInPacketMax + 1) }, () => 1)]],
    ["an unknown kind of answer", [0x22, 1, [1, 9, null]]],
    ["an unknown refusal", [0x22, 1, [1, 25, "x"]]],
    ["a refusal without a text", [0x22, 1, [1, 16, null]]],
    ["a result that is a text", [0x22, 1, [1, 1, "x"]]],
    ["lost with a body", [0x22, 1, [1, 2, "x"]]],
  ];
  test.each(cases)("%s", (_, value) => {
    const packet = encode(value);
    expect(() => decodeCalls(packet)).toThrow(Malformed);
    expect(() => decodeAnswers(packet)).toThrow(Malformed);
  });
});

const request: fc.Arbitrary<Request> = fc
  .record({
    client: fc.uint8Array({ minLength: 16, maxLength: 32 }),
    number: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    shard,
    back: fc.nat(9),
    validUntil: fc.maxSafeNat(),
    command: bytes,
  })
  .map(({ back, ...rest }) => ({ ...rest, floor: Math.max(1, rest.number - back) }));

test("a request comes back as its client made it, and all its attempts have one name", () => {
  fc.assert(
    fc.property(request, fc.nat(), (given, later) => {
      const encoded = encodeRequest(given);
      expect(decodeRequest(encoded)).toEqual(given);
      expect(nameOf(encodeRequest({ ...given, floor: 1, validUntil: later }), 0)).toEqual(nameOf(encoded, 0));
    }),
  );
});

test("an entry comes back as it was logged", () => {
  fc.assert(
    fc.property(
      request,
      fc.maxSafeNat(),
      fc.array(fc.record({ shard, client: fc.uint8Array({ minLength: 16, maxLength: 32 }) })),
      (one, stamp, sessions) => {
        const limits = sessionLimits();
        const entries: [Uint8Array, Logged][] = [
          [openingEntry(stamp, limits), { kind: "opening", stamp, limits }],
          [requestEntry(stamp, encodeRequest(one)), { kind: "request", stamp, request: one }],
          [expireEntry(stamp, sessions), { kind: "expire", stamp, sessions }],
        ];
        for (const [data, logged] of entries) expect([decodeEntry(data), stampOf(data)]).toEqual([logged, stamp]);
      },
    ),
  );
});

describe("whatever is done to bytes, nothing but Malformed is thrown", () => {
  const entries = fc.oneof(
    request.map((one) => requestEntry(5, encodeRequest(one))),
    fc.constant(openingEntry(5, sessionLimits())),
    fc.constant(expireEntry(5, [{ shard: 1, client: new Uint8Array(16) }])),
  );
  const decoders: [string, (bytes: Uint8Array) => unknown, fc.Arbitrary<Uint8Array>][] = [
    ["calls", decodeCalls, fc.array(call, { minLength: 1 }).map((calls) => packCalls(1, calls))],
    ["answers", decodeAnswers, fc.array(answered, { minLength: 1 }).map((answers) => packAnswers(1, answers))],
    ["requests", decodeRequest, request.map(encodeRequest)],
    ["entries", decodeEntry, entries],
  ];
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
  const hurt = (good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
    fc.tuple(good, changes, fc.option(fc.nat(), { freq: 2 })).map(([packet, all, cut]) => {
      const copy = new Uint8Array(packet);
      for (const [at, byte] of all) copy[at % copy.length] = byte;
      return cut === null ? copy : copy.subarray(0, cut % copy.length);
    });

  test.each(decoders)("%s", (_, decode, good) => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: hurt(good) }, bytes), (packet) => {
        try {
          decode(packet);
          accepted += 1;
        } catch (error) {
          if (!(error instanceof Malformed)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
