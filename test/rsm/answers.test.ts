import { expect, test } from "vitest";
import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Answers } from "../../src/rsm/answers.ts";
import { type Answer, callsInPacketMax, decodeAnswers } from "../../src/rsm/client-wire.ts";
import { HandClock } from "./ticker-rig.ts";

const [one, two] = ["one", "two"].map(serverId) as [ServerId, ServerId];
const result = (bytes: number): Answer => ({ kind: "result", bytes: new Uint8Array(bytes) });

function rig(): { clock: HandClock; answers: Answers; sent: [ServerId, number[]][] } {
  const clock = new HandClock();
  const sent: [ServerId, number[]][] = [];
  const send = (to: ServerId, packet: Uint8Array): void => void sent.push([to, decodeAnswers(packet).answers.map(({ id }) => id)]);
  return { clock, answers: new Answers({ clock, transport: { send, onPacket: () => {} } }, groupId(1)), sent };
}

test("answers of one turn are one packet for each client, at its end", () => {
  const { clock, answers, sent } = rig();
  for (const id of [1, 2, 3]) answers.add(one, id, result(1));
  answers.add(two, 9, { kind: "unknown" });
  expect(sent).toEqual([]);
  clock.runUntil(0);
  expect(sent).toEqual([
    [one, [1, 2, 3]],
    [two, [9]],
  ]);
});

test("nothing leaves between hold and flush", () => {
  const { clock, answers, sent } = rig();
  answers.hold();
  answers.add(one, 1, { kind: "lost" });
  clock.runUntil(5);
  expect(sent).toEqual([]);
  answers.flush();
  expect(sent).toEqual([[one, [1]]]);
});

test("a packet is full when it has so many bytes, or so many answers", () => {
  const { answers, sent } = rig();
  answers.hold();
  const large = [100_000, 100_000, 100_000, 500_000, 1];
  for (const [id, bytes] of large.entries()) answers.add(one, id, result(bytes));
  for (let id = 0; id < callsInPacketMax + 1; id += 1) answers.add(two, id, { kind: "lost" });
  answers.flush();
  expect(sent.filter(([to]) => to === one).map(([, ids]) => ids)).toEqual([[0, 1], [2], [3], [4]]);
  expect(sent.filter(([to]) => to === two).map(([, ids]) => ids.length)).toEqual([callsInPacketMax, 1]);
});

test("whoever has stopped says nothing more", () => {
  const { clock, answers, sent } = rig();
  answers.add(one, 1, { kind: "lost" });
  answers.stop();
  answers.add(one, 2, { kind: "lost" });
  clock.runUntil(5);
  expect(sent).toEqual([]);
});
