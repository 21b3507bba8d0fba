import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import type { Cancel, Clock } from "../../../src/env/clock.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { tcpLimits } from "../../../src/real/tcp/options.ts";
import { Turn } from "../../../src/real/turn.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { HandClock } from "./clockwork.ts";
import { framesIn, helloFrame, pass, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [b, client] = [serverId("b"), serverId("client/7")];
const hello = helloFrame({ to: b, who: client, role: "client" });

function frameOf(number: number): Uint8Array {
  return packFrame(frameKinds.packet, Uint8Array.of(number));
}

/** A clock on which one time does not pass by itself. */
class HeldClock implements Clock {
  readonly heldMs = 123_456;
  readonly #clock = new RealClock(new Turn());
  #held: () => void = () => {};
  /** What was held. */
  readonly waits: number[] = [];
  /** How far it has leapt. */
  ahead = 0;

  now(): number {
    return this.#clock.now() + this.ahead;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(ms: number, run: () => void): Cancel {
    if (ms < this.heldMs) return this.#clock.after(ms, run);
    this.waits.push(ms);
    this.#held = run;
    return () => {};
  }

  release(): void {
    this.#held();
  }
}

describe("a client", () => {
  test("is answered on the connection that it has begun", async () => {
    const tb = await rig.open("b");
    tb.onPacket((from, packet) => tb.send(from, Uint8Array.of(...packet, 9)));
    const socket = rig.stranger(tb, hello, frameOf(7));
    await until(() => framesIn(socket.received).length >= 2);
    expect(framesIn(socket.received).map(({ kind, body }) => [kind, body.length > 2 ? undefined : [...body]])).toEqual([
      [frameKinds.welcome, undefined],
      [frameKinds.packet, [7, 9]],
    ]);
  });

  test("who is answered now and then gets no other sign of life", async () => {
    const clock = new HandClock();
    const tb = await rig.echo("b", { clock });
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    for (let i = 0; i < 6; i += 1) {
      clock.leap(tcpLimits().pingMs / 2);
      socket.write(frameOf(i));
      await until(() => framesIn(socket.received).some(({ body }) => body[0] === i && body[1] === 9));
    }
    const kinds = framesIn(socket.received).map(({ kind }) => kind);
    expect(kinds).toEqual([frameKinds.welcome, ...Array.from({ length: 6 }, () => frameKinds.packet)]);
  });

  test("who is not there any more is nobody, and is dialled by nobody", async () => {
    const tb = await rig.open("b");
    tb.send(client, Uint8Array.of(1));
    expect(tb.counters()).toMatchObject({ droppedUndeliverable: 1, dialled: 0 });
  });

  test("who does not read loses the connection, and the answers", async () => {
    const tb = await rig.open("b", { limits: { clientBytesMax: 1 << 20 } });
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    socket.socket.pause();
    await until(() => {
      tb.send(client, bytesOf(200_000, 1));
      return tb.connections === 0;
    });
    expect(tb.counters().droppedOverBudget).toBe(1);
  });

  test.each([
    ["a client without its prefix", helloFrame({ to: b, role: "client" })],
    ["a server with a client's prefix", helloFrame({ to: b, who: client })],
  ])("has a client's name: %s is not let in", async (_, bytes) => {
    const tb = await rig.open("b");
    await rig.stranger(tb, bytes).closed();
    expect(tb.counters()).toMatchObject({ badFrames: 1, settled: 0 });
  });

  test("gets the answers of one turn in one write", async () => {
    const tb = await rig.open("b");
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    await pass(0);
    for (let i = 0; i < 100; i += 1) tb.send(client, bytesOf(10, i));
    await until(() => framesIn(socket.received).length >= 101);
    expect(tb.counters().writes).toBe(1);
  });
});

describe("a client that is not listened to", () => {
  test("who does not read is not listened to, and is again when it has read", async () => {
    const tb = await rig.open("b", { limits: { clientUnreadBytesMax: 1 << 20, pingMs: 20, idleMs: 50 } });
    const heard: number[] = [];
    tb.onPacket((_, packet) => heard.push(packet[0] ?? 0));
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    socket.socket.pause();
    // Far more than the system takes off our hands.
    for (let i = 0; i < 60; i += 1) tb.send(client, bytesOf(200_000, 1));
    await pass(20);
    socket.write(frameOf(1));
    await pass(100);
    expect(heard).toEqual([]);
    socket.socket.resume();
    await until(() => heard.length === 1);
    await until(() => framesIn(socket.received).filter(({ kind }) => kind === frameKinds.packet).length === 60);
    expect(tb.counters()).toMatchObject({ droppedOverBudget: 0 });
  });

  test("who never reads is thrown out in the end", async () => {
    const tb = await rig.open("b", { limits: { clientUnreadBytesMax: 1 << 20, clientUnreadMs: 100 } });
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    socket.socket.pause();
    for (let i = 0; i < 60; i += 1) tb.send(client, bytesOf(200_000, 1));
    await until(() => {
      socket.write(frameOf(1));
      return tb.connections === 0;
    });
    expect(tb.counters()).toMatchObject({ idle: 1, droppedOverBudget: 0 });
  });

  test("who is to rest is heard later, and others meanwhile", async () => {
    const clock = new HeldClock();
    const tb = await rig.open("b", { clock });
    const heard: string[] = [];
    tb.onPacket((from, packet) => {
      heard.push(`${from} ${packet[0]}`);
      if (packet[0] === 1) tb.rest(from, clock.heldMs);
    });
    const [one, other] = [rig.stranger(tb, hello), rig.stranger(tb, helloFrame({ to: b, who: serverId("client/8"), role: "client" }))];
    one.write(frameOf(1));
    await until(() => heard.length === 1);
    one.write(frameOf(2));
    await pass(20);
    other.write(frameOf(3));
    await until(() => heard.length === 2);
    clock.release();
    await until(() => heard.length === 3);
    expect(heard).toEqual(["client/7 1", "client/8 3", "client/7 2"]);
  });
});

describe("a client that has to rest", () => {
  test("again and again rests longer each time, up to eight times; not when it was quiet in between", async () => {
    const clock = new HeldClock();
    const tb = await rig.open("b", { clock });
    tb.onPacket((from) => tb.rest(from, clock.heldMs));
    const socket = rig.stranger(tb, hello);
    for (let rests = 1; rests <= 5; rests += 1) {
      socket.write(frameOf(1));
      await until(() => clock.waits.length === rests);
      clock.release();
    }
    clock.ahead += 9 * clock.heldMs;
    socket.write(frameOf(1));
    await until(() => clock.waits.length === 6);
    expect(clock.waits.map((ms) => ms / clock.heldMs)).toEqual([1, 2, 4, 8, 8, 1]);
  });

  test("is told that the server lives", async () => {
    const clock = new HeldClock();
    const tb = await rig.open("b", { clock, limits: { pingMs: 20 } });
    tb.onPacket((from) => tb.rest(from, clock.heldMs));
    const socket = rig.stranger(tb, hello, frameOf(1));
    await until(() => clock.waits.length === 1);
    const signs = (): number => framesIn(socket.received).filter(({ kind }) => kind === frameKinds.pong).length;
    const before = signs();
    await until(() => signs() >= before + 3);
    expect(clock.waits).toEqual([clock.heldMs]);
  });
});
