import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { encode } from "../../../src/base/codec.ts";
import { groupId } from "../../../src/base/ids.ts";
import type { Refused } from "../../../src/rsm/state/state-machine.ts";
import { KvMachine } from "../../../src/shardkv/kv-machine.ts";
import type { Claim } from "../../../src/shardkv/migration/answer.ts";
import { encodeGroupCommand, type GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import type { Addressing, GroupQuestion } from "../../../src/shardkv/migration/questions.ts";
import { decodeReply, encodeReply, type GroupReply } from "../../../src/shardkv/migration/replies.ts";
import { encodeQuery } from "../../../src/shardkv/queries.ts";
import { groupOf } from "../../explore/moves/configs.ts";
import { MemoryState } from "../memory-state.ts";
import { bodies, reports } from "./arbitraries.ts";

const self = { gid: groupId(1), creation: 7 };
const options = { shards: 4, ownership: "configured", group: self } as const;
const whole = fc.nat(2 ** 32 - 1);
const shards = fc.nat(3);
const names = fc.record({ gid: fc.integer({ min: 1, max: 9 }).map(groupId), creation: fc.maxSafeNat() });
const op = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const questions: fc.Arbitrary<GroupQuestion> = fc.oneof(
  fc.record({
    op: op("pull"),
    shard: shards,
    left: whole,
    since: whole,
    asker: names,
    cursor: fc.uint8Array({ maxLength: 9 }),
    pages: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ op: op("have"), shard: shards, since: whole }),
  fc.record({ op: op("acquired"), shard: shards }),
  fc.record({ op: op("status") }),
);
const replies: fc.Arbitrary<GroupReply> = fc.oneof(
  fc.record({ kind: op("page"), body: bodies }),
  fc.record({
    kind: op("no_page"),
    acquired: whole,
    why: fc.oneof(
      fc.record({ kind: op("addressed"), since: whole }),
      fc.record({ kind: fc.constantFrom("not_yet" as const, "delivered" as const, "never_had" as const) }),
    ),
  }),
  fc.record({ kind: op("have"), has: fc.boolean(), acquired: whole }),
  fc.record({ kind: op("acquired"), acquired: whole }),
  fc.record({ kind: op("status"), report: reports }),
);

/** Of a leader's part that nobody asks. */
const news = (): never => {
  throw new Error("it is not asked");
};

describe("a question to a group", () => {
  test("comes back as it was", () => {
    const machine = new KvMachine(options);
    fc.assert(
      fc.property(names, questions, (to, question) => {
        const query: Addressing = { op: "group", to, question };
        expect(machine.decodeQuery(encodeQuery(query))).toEqual({ ok: true, value: query });
      }),
    );
  });

  test.each([
    [[16, 1, 7], "A pull names"],
    [[17, 1, 7, 4, 1], "Shard 4 was given; there are the shards 0 to 3."],
    [[18, -1, 7, 1], "A group's number is a whole number of 32 bits."],
    [[19, 1, -7], "A creation id was given as -7; it is a whole number, 0 or more."],
    [[16, 1, 7, 1, 1, 1, 1, 1, "text", 1], "A cursor is bytes."],
    [[16, 1, 7, 1, 1, 1, 1, 1, new Uint8Array(), 0], "A size was given as 0; it is a whole number, 1 or more."],
    [[16, 1, 7, 1, 1, 1, 1, 1, new Uint8Array(), 5], "A size is a whole number from 1 to 4, and this one is 5."],
    [[20, 1, 7], "there are 16 (pull), 17 (have), 18 (acquired) and 19 (status)"],
  ])("that is none is refused with a sentence: %j", (fields, sentence) => {
    const decoded = new KvMachine(options).decodeQuery(encode(fields)) as Refused;
    expect(decoded.why).toBe("bad_request");
    expect(decoded.detail).toContain(sentence);
  });
});

test("a reply comes back as it was", () => {
  fc.assert(
    fc.property(replies, (reply) => {
      expect(decodeReply(encodeReply(reply))).toEqual(reply);
    }),
  );
});

/** What a machine answers, and the claims that were made meanwhile. */
function answered(machine: KvMachine, state: MemoryState, query: Addressing): (GroupReply | Refused)[] {
  const view = state.view();
  const found: (GroupReply | Refused)[] = [];
  machine.query(query, view, (answer) => found.push(answer instanceof Uint8Array ? decodeReply(answer) : answer));
  view.drain();
  return found;
}

const status: Addressing = { op: "group", to: self, question: { op: "status" } };

describe("a machine", () => {
  test("answers for its group alone, not for another one of that number", () => {
    const machine = new KvMachine(options);
    const state = new MemoryState();
    expect(answered(machine, state, status)).toMatchObject([
      { kind: "status", report: { group: { number: 0, isMember: false }, waits: [] } },
    ]);
    for (const to of [
      { gid: groupId(1), creation: 8 },
      { gid: groupId(2), creation: 7 },
    ]) {
      const detail = `This is not group ${to.gid} of creation ${to.creation}.`;
      expect(answered(machine, state, { ...status, to })).toEqual([{ ok: false, why: "wrong_group", detail }]);
    }
  });

  test("answers nobody where shards do not move", () => {
    expect(answered(new KvMachine({ shards: 4 }), new MemoryState(), status)).toMatchObject([{ why: "wrong_group" }]);
  });

  test("tells its leader's part what has to be logged before it can give what was asked for", () => {
    const claims: Claim[] = [];
    let applied = 0;
    const machine = new KvMachine(options, {
      claim: (claim) => claims.push(claim),
      applied: () => (applied += 1),
      served: news,
      awaited: news,
      news,
    });
    const state = new MemoryState();
    const logs = (command: GroupCommand): number => machine.executeOwn(encodeGroupCommand(command), state, 5);
    const own = { ...groupOf("A"), creation: 7 };
    logs({ op: "configure", from: 0, number: 1, isMember: true, changes: [{ shard: 2, owner: own, holder: undefined }] });
    logs({ op: "born", arrivals: [{ shard: 2, since: 1 }] });
    expect(machine.home(2, state)).toMatchObject({ ok: true, timeOffset: 0 });
    logs({
      op: "configure",
      from: 1,
      number: 2,
      isMember: false,
      changes: [{ shard: 2, owner: groupOf("B"), holder: { group: own, left: 2 } }],
    });
    const { gid, creation } = groupOf("B");
    const pull = { op: "pull", shard: 2, left: 2, since: 2, asker: { gid, creation }, cursor: new Uint8Array(), pages: 1 } as const;
    expect(answered(machine, state, { ...status, question: pull })).toMatchObject([
      { kind: "no_page", why: { kind: "addressed", since: 2 } },
    ]);
    expect(claims).toEqual([{ pull, needs: "grant" }]);
    logs({ op: "grant", shard: 2, left: 2, since: 2 });
    expect(answered(machine, state, { ...status, question: pull })).toMatchObject([{ kind: "page", body: { next: { time: 5 } } }]);
    expect(claims).toHaveLength(1);
  });
});

test("a machine gives as many pages in one as are asked for", () => {
  const machine = new KvMachine({ ...options, chunkRowsMax: 2 });
  const state = new MemoryState();
  const own = { ...groupOf("A"), creation: 7 };
  const logs = (command: GroupCommand): number => machine.executeOwn(encodeGroupCommand(command), state, 5);
  logs({ op: "configure", from: 0, number: 1, isMember: true, changes: [{ shard: 2, owner: own, holder: undefined }] });
  logs({ op: "born", arrivals: [{ shard: 2, since: 1 }] });
  const keys = Array.from({ length: 100 }, (_, at) => utf8(`key ${at}`)).filter((key) => machine.shardOf(key) === 2);
  for (const key of keys) machine.execute(2, { op: "put", key, value: key }, state);
  const changes = [{ shard: 2, owner: groupOf("B"), holder: { group: own, left: 2 } }];
  logs({ op: "configure", from: 1, number: 2, isMember: false, changes });
  const { gid, creation } = groupOf("B");
  const pull = { op: "pull", shard: 2, left: 2, since: 2, asker: { gid, creation }, cursor: new Uint8Array() } as const;
  for (const pages of [1, 4]) {
    const [reply] = answered(machine, state, { ...status, question: { ...pull, pages } });
    expect(reply).toMatchObject({ kind: "page", body: { data: { length: 2 * pages } } });
  }
});
