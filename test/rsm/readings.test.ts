import { describe, expect, test } from "vitest";
import { groupId, serverId } from "../../src/base/ids.ts";
import type { ReadRequest } from "../../src/raft/raft.ts";
import { Answers } from "../../src/rsm/answers.ts";
import { decodeAnswers } from "../../src/rsm/client-wire.ts";
import { type Question, Readings } from "../../src/rsm/readings.ts";
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
  readonly #told: string[] = [];
  read: ReadRequest = { ok: true };

  constructor(readsMax = 100) {
    const send = (_: unknown, packet: Uint8Array): void => {
      for (const { id, answer } of decodeAnswers(packet).answers)
        this.#told.push(`${id} ${answer.kind === "refused" ? answer.refusal.why : answer.kind}`);
    };
    const answers = new Answers({ clock: this.#clock, transport: { send, onPacket: () => {} } }, groupId(1));
    const readIndex = (context: number): ReadRequest => {
      if (this.read.ok) this.rounds.push(context);
      return this.read;
    };
    this.readings = new Readings({ readIndex, answers, readsMax });
  }

  ask(call: number, question: Question = (_, reply) => reply(new Uint8Array(1))): void {
    this.readings.ask(from, call, question);
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
    const rig = new ReadRig(2);
    rig.read = { ok: false, why: "not_leader", leader: undefined };
    rig.ask(1);
    rig.read = { ok: false, why: "overloaded", leader: undefined };
    rig.ask(2);
    rig.read = { ok: true };
    for (const call of [3, 4, 5]) rig.ask(call);
    expect([rig.told, rig.readings.count]).toEqual([["1 not_leader", "2 overloaded", "5 overloaded"], 2]);
  });

  test("that take their time count until they are answered, and are answered once", () => {
    const rig = new ReadRig(1);
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
