import { describe, expect, test } from "vitest";
import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import type { ReadRequest } from "../../src/raft/raft.ts";
import { Answers } from "../../src/rsm/answers.ts";
import { decodeAnswers } from "../../src/rsm/client-wire.ts";
import { replicaOptions } from "../../src/rsm/options.ts";
import { type Question, Readings, type ReadingsMax } from "../../src/rsm/readings.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import { Views } from "../../src/rsm/state/views.ts";
import { MemoryStorage } from "../bench/memory-env.ts";
import { HandClock } from "./ticker-rig.ts";

const from = serverId("client");

const unasked: (result: Uint8Array) => void = () => expect.fail("the question was not asked");

class ReadRig {
  readonly rounds: number[] = [];
  readonly views: Views = new Views(new MemoryStorage(() => {}), new Keys(groupId(1)), () => undefined);
  readonly readings: Readings;
  readonly #clock = new HandClock();
  readonly #answers: Answers;
  readonly #told: string[] = [];
  read: ReadRequest = { ok: true };

  constructor(given: Partial<ReadingsMax> = {}) {
    const send = (_: unknown, packet: Uint8Array): void => {
      for (const { id, answer } of decodeAnswers(packet).answers)
        this.#told.push(`${id} ${answer.kind === "refused" ? answer.refusal.why : answer.kind}`);
    };
    const answers = new Answers({ clock: this.#clock, transport: { send, onPacket: () => {} } }, groupId(1));
    const readIndex = (context: number): ReadRequest => {
      if (this.read.ok) this.rounds.push(context);
      return this.read;
    };
    this.#answers = answers;
    this.readings = new Readings({ readIndex, answers, limits: { ...replicaOptions(), ...given } });
  }

  ask(
    call: number,
    question: Question = (_, reply) => reply(new Uint8Array(1)),
    given: { client?: ServerId; isLong?: boolean } = {},
  ): void {
    const { client = from, isLong = false } = given;
    const refusal = this.readings.ask(client, call, question, isLong);
    if (refusal !== undefined) this.#answers.add(client, call, { kind: "refused", refusal });
  }

  /** What answers a call that takes long, by its number. */
  readonly replies: Map<number, (result: Uint8Array) => void> = new Map();

  reply(call: number): void {
    this.replies.get(call)?.(new Uint8Array(1));
    this.replies.delete(call);
  }

  /** What was answered since the last time. */
  get told(): string[] {
    this.#clock.runUntil(0);
    return this.#told.splice(0);
  }
}

describe("queries", () => {
  test("share a round until it begins; who comes later joins another one, whatever is under way", () => {
    const rig = new ReadRig();
    rig.ask(1);
    rig.ask(2);
    rig.readings.roundsBegin();
    rig.ask(3);
    expect(rig.rounds).toEqual([1, 2]);
    rig.readings.ready(1, rig.views);
    expect(rig.told).toEqual(["1 result", "2 result"]);
    rig.readings.ready(2, rig.views);
    expect([rig.told, rig.readings.count]).toEqual([["3 result"], 0]);
  });

  test("of a round that is not confirmed are refused", () => {
    const rig = new ReadRig();
    rig.ask(1);
    rig.readings.roundsBegin();
    rig.ask(2);
    rig.readings.dropped(1);
    expect([rig.told, rig.readings.count]).toEqual([["1 not_leader"], 1]);
  });

  test("are refused at once where no round can be had, and beyond the limit", () => {
    const rig = new ReadRig({ readsMax: 4 });
    rig.read = { ok: false, why: "not_leader", leader: undefined };
    rig.ask(1);
    rig.read = { ok: false, why: "overloaded", leader: undefined };
    rig.ask(2);
    rig.read = { ok: true };
    for (const call of [3, 4, 5]) rig.ask(call);
    expect([rig.told, rig.readings.count]).toEqual([["1 not_leader", "2 overloaded", "5 overloaded"], 2]);
  });

  test("that take their time count until they are answered, and are answered once", () => {
    const rig = new ReadRig({ readsMax: 1 });
    let reply = unasked;
    rig.ask(1, (_, later) => (reply = later));
    rig.readings.ready(1, rig.views);
    rig.readings.roundsBegin();
    rig.ask(2);
    expect([rig.told, rig.readings.count, rig.views.any]).toEqual([["2 overloaded"], 1, true]);
    reply(new Uint8Array());
    reply(new Uint8Array());
    expect([rig.told, rig.readings.count, rig.views.any]).toEqual([["1 result"], 0, false]);
  });

  test("under way are refused when the state is replaced, and what they find then is not told", () => {
    const rig = new ReadRig();
    let reply = unasked;
    rig.ask(1, (_, later) => (reply = later));
    rig.readings.ready(1, rig.views);
    rig.readings.stateReplaced();
    reply(new Uint8Array());
    expect([rig.told, rig.readings.count, rig.views.any]).toEqual([["1 not_leader"], 0, false]);
  });
});

/** Asks, and lets the answer be given by its call's number. */
function slow(rig: ReadRig, call: number, client: ServerId): void {
  rig.ask(call, (_, later) => void rig.replies.set(call, later), { client, isLong: true });
}

describe("queries that take long", () => {
  const [other, third] = [serverId("other"), serverId("third")];
  test("are under way a few at once; every client has its turn, and short ones do not wait for them", () => {
    const rig = new ReadRig({ longReadsAtOnceMax: 2 });
    for (const call of [1, 2, 3, 4]) slow(rig, call, from);
    slow(rig, 5, other);
    rig.ask(6, undefined, { client: third });
    rig.readings.ready(1, rig.views);
    expect([rig.told, [...rig.replies.keys()]]).toEqual([["6 result"], [1, 5]]);
    rig.reply(5);
    rig.reply(1);
    expect([rig.told, [...rig.replies.keys()]]).toEqual([
      ["5 result", "1 result"],
      [2, 3],
    ]);
    rig.reply(2);
    rig.reply(3);
    rig.reply(4);
    expect([rig.told, rig.readings.count, rig.views.any]).toEqual([["2 result", "3 result", "4 result"], 0, false]);
  });

  test("have a limit of their own", () => {
    const rig = new ReadRig({ longReadsMax: 4 });
    for (const call of [1, 2, 3]) slow(rig, call, from);
    slow(rig, 4, other);
    slow(rig, 5, other);
    rig.ask(6);
    rig.readings.ready(1, rig.views);
    expect(rig.told).toEqual(["3 overloaded", "6 result", "5 overloaded"]);
  });

  test("are refused when the state is replaced, also those that stand in line", () => {
    const rig = new ReadRig({ longReadsAtOnceMax: 1 });
    for (const call of [1, 2]) slow(rig, call, from);
    rig.readings.ready(1, rig.views);
    rig.readings.stateReplaced();
    expect([rig.told, rig.readings.count, rig.views.any]).toEqual([["1 not_leader", "2 not_leader"], 0, false]);
  });
});

const large: Question = (_, reply) => reply(new Uint8Array(300));

test("a turn owes only so much, and nobody more of it than is left for the others", () => {
  const rig = new ReadRig({ answerBytesMax: 1000 });
  for (const call of [1, 2, 3]) rig.ask(call, large);
  rig.ask(4, large, { client: serverId("other") });
  rig.ask(5, large, { client: serverId("other") });
  rig.readings.ready(1, rig.views);
  expect([rig.told, rig.readings.count]).toEqual([["1 result", "2 result", "3 overloaded", "4 result", "5 overloaded"], 0]);
  rig.readings.roundsBegin();
  rig.ask(6, large);
  rig.readings.ready(2, rig.views);
  expect(rig.told).toEqual(["6 result"]);
});
