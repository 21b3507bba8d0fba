import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { encode } from "../../../src/base/codec.ts";
import { serverId } from "../../../src/base/ids.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { protocolVersion } from "../../../src/rsm/wire.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { framesIn, helloFrame, pass, refusalIn, sendUntil, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [a, b] = [serverId("a"), serverId("b")];

describe("a stranger", () => {
  test.each<[string, Uint8Array]>([
    ["speaks HTTP", utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["speaks TLS", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)],
    ["claims a length of 0", new Uint8Array(4)],
    ["claims a length of 2^31", Uint8Array.of(0x80, 0, 0, 0)],
    ["claims a frame that is longer than a handshake", Uint8Array.of(0, 0, 0x10, 1)],
    ["sends a frame that was damaged", Uint8Array.of(...packFrame(frameKinds.hello, bytesOf(20, 1)).subarray(0, 28), 0x55)],
    ["sends a hello that is none", packFrame(frameKinds.hello, bytesOf(20, 1))],
    ["sends a packet before a hello", packFrame(frameKinds.packet, bytesOf(20, 1))],
    ["asks for a sign of life before a hello", packFrame(frameKinds.ping)],
    ["sends an unknown kind of frame", packFrame(200, bytesOf(20, 1))],
  ])("who %s is shown the door without a word", async (_, bytes) => {
    const tb = await rig.open("b");
    const socket = rig.stranger(tb, bytes);
    await socket.closed();
    expect(socket.received).toHaveLength(0);
    expect(tb.counters()).toMatchObject({ accepted: 1, badFrames: 1 });
    expect(rig.names("tcp: closed a connection for what it said")).toHaveLength(1);
  });

  test.each<[string, Uint8Array, string]>([
    [
      "of another version",
      packFrame(frameKinds.hello, encode(["kvorum", protocolVersion + 1, "peer", ["new"]])),
      `You speak version ${protocolVersion + 1} of the protocol, and server b speaks version ${protocolVersion}.`,
    ],
    ["of another cluster", helloFrame({ to: b, cluster: "prod" }), 'You belong to cluster "prod", and server b to cluster "test".'],
    ["who looks for somebody else", helloFrame({ to: a }), "You want to reach server a, and this is server b."],
    ["who has our own name", helloFrame({ to: b, who: b }), "You call yourself b, and that is this server's own name."],
  ])("%s is refused with a sentence", async (_, hello, sentence) => {
    const tb = await rig.open("b");
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    const socket = rig.stranger(tb, hello, packFrame(frameKinds.packet, bytesOf(9_999, 1)));
    await until(() => refusalIn(socket) !== undefined);
    expect(refusalIn(socket)).toBe(sentence);
    await socket.closed();
    expect(tb.counters()).toMatchObject({ turnedAway: 1, badFrames: 0, settled: 0 });
    expect(heard).toBe(0);
  });
});

describe("somebody who knows the words", () => {
  test("with a proper hello is let in, whoever he is", async () => {
    const tb = await rig.open("b");
    const heard: unknown[] = [];
    tb.onPacket((from, packet) => heard.push([from, packet]));
    const socket = rig.stranger(tb, helloFrame({ to: b }), packFrame(frameKinds.packet, Uint8Array.of(7)), packFrame(frameKinds.ping));
    await until(() => heard.length > 0);
    expect(heard).toEqual([["stranger", Uint8Array.of(7)]]);
    await until(() => framesIn(socket.received).length >= 2);
    expect(framesIn(socket.received).map(({ kind }) => kind)).toEqual([frameKinds.welcome, frameKinds.pong]);
    expect(socket.isClosed).toBe(false);
  });

  test("who goes wrong later is shown the door too, and nobody else is disturbed", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    const bad = [
      helloFrame({ to: b }),
      packFrame(frameKinds.welcome),
      packFrame(frameKinds.pong),
      packFrame(77),
      Uint8Array.of(0xff, 0, 0, 0),
      Uint8Array.of(0, 0, 0, 2, 1, 1, 1, 1, 4, 4),
    ];
    for (const [i, bytes] of bad.entries()) {
      await rig.stranger(tb, helloFrame({ to: b }), bytes).closed();
      expect(tb.counters().badFrames).toBe(i + 1);
    }
    const before = heard;
    await sendUntil(ta, b, () => heard > before);
    expect(tb.counters().accepted).toBe(bad.length + 1);
    expect(ta.counters().dialled).toBe(1);
  });

  test("who asks again and again and never listens gets no memory", async () => {
    const tb = await rig.open("b");
    const socket = rig.stranger(tb, helloFrame({ to: b }));
    socket.socket.pause();
    const pings = new Uint8Array(Buffer.concat(Array.from({ length: 1_000 }, () => packFrame(frameKinds.ping))));
    for (let i = 0; i < 100; i += 1) socket.write(pings);
    await until(() => socket.socket.writableLength === 0);
    socket.socket.resume();
    await until(() => framesIn(socket.received).length > 1);
    // One sign of life for what comes at a time, not one for each question.
    expect(framesIn(socket.received).length).toBeLessThan(2_000);
  });
});

describe("somebody who takes his time", () => {
  test.each([
    ["before", [] as Uint8Array[], "late"],
    ["after", [helloFrame({ to: b, cluster: "prod" })], "late"],
    ["inside", [helloFrame({ to: b }).subarray(0, 20)], "late"],
  ] as const)("who dawdles %s the handshake is shown the door", async (_, parts, counter) => {
    const tb = await rig.open("b", { limits: { handshakeMs: 100 } });
    const socket = rig.stranger(tb, ...parts);
    // He does not even hang up when he is told to.
    socket.socket.on("end", () => {});
    socket.socket.allowHalfOpen = true;
    await until(() => tb.counters()[counter] === 1);
    await until(() => tb.connections === 0);
    expect(tb.counters()[counter]).toBe(1);
  });

  test("who drips is shown the door when everybody else would be", async () => {
    const tb = await rig.open("b", { limits: { handshakeMs: 100 } });
    const socket = rig.stranger(tb);
    const hello = helloFrame({ to: b });
    for (let at = 0; at < hello.length && !socket.isClosed; at += 1) {
      socket.write(hello.subarray(at, at + 1));
      await pass(20);
    }
    await socket.closed();
    expect(tb.counters()).toMatchObject({ late: 1, settled: 0 });
  });

  test("who says nothing for long after his hello is shown the door", async () => {
    const tb = await rig.open("b", { limits: { idleMs: 100, pingMs: 20 } });
    await rig.stranger(tb, helloFrame({ to: b })).closed();
    expect(tb.counters()).toMatchObject({ idle: 1, settled: 1 });
  });
});
