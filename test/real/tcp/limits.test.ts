import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { serverId } from "../../../src/base/ids.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { type BareSocket, helloFrame, pass, refusalIn, sendUntil, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [a, b] = [serverId("a"), serverId("b")];

describe("limits", () => {
  test("on handshakes cost the oldest one its place, so that there is always room to say who one is", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b", { limits: { connectionsMax: 8, handshakesMax: 3 } })];
    const idle: BareSocket[] = [];
    for (let i = 0; i < 4; i += 1) {
      idle.push(rig.stranger(tb));
      await until(() => tb.counters().accepted === i + 1);
    }
    await idle[0]?.closed();
    expect(idle.map(({ isClosed }) => isClosed)).toEqual([true, false, false, false]);
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    expect(tb.connections).toBeLessThanOrEqual(4);
  });

  test("on connections are for strangers; a peer that is sent to has his place before them, and keeps it", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b", { limits: { connectionsMax: 8, handshakesMax: 3 } })];
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    tb.send(a, Uint8Array.of(1));
    await sendUntil(ta, b, () => heard > 0);
    const guests: BareSocket[] = [];
    for (let i = 0; i < 4; i += 1) {
      guests.push(rig.stranger(tb, helloFrame({ to: b, who: serverId(`guest ${i}`) })));
      await until(() => tb.counters().settled === i + 2);
    }
    const late = rig.stranger(tb, helloFrame({ to: b, who: serverId("late guest") }));
    await until(() => refusalIn(late) !== undefined);
    expect(refusalIn(late)).toBe("Server b has as many connections as it may have.");
    const tc = await rig.open("c");
    tb.send(serverId("c"), Uint8Array.of(1));
    heard = 0;
    await sendUntil(tc, b, () => heard > 0);
    await guests[0]?.closed();
    expect(guests.map(({ isClosed }) => isClosed)).toEqual([true, false, false, false]);
    for (let i = 0; i < 20; i += 1) await rig.stranger(tb, helloFrame({ to: b, who: serverId(`late guest ${i}`) })).closed();
    expect(ta.counters().dialled).toBe(1);
    expect(tb.connections).toBeLessThanOrEqual(8);
  });

  test("on memory for what has arrived in part hold for all strangers together, and for no peer", async () => {
    const limits = { strangersBytesMax: 2_500_000, connectionsMax: 16, handshakesMax: 3 };
    const [ta, tb] = [await rig.open("a"), await rig.open("b", { limits })];
    let heard = 0;
    tb.onPacket((from, packet) => (heard += from === a ? packet.length : 0));
    tb.send(a, Uint8Array.of(1));
    await sendUntil(ta, b, () => heard > 0);
    const claim = Uint8Array.of(0, 0x0f, 0x42, 0x40, 1, 2, 3, 4, frameKinds.packet, 0);
    const claims: BareSocket[] = [];
    for (let i = 0; i < 3; i += 1) {
      claims.push(rig.stranger(tb, helloFrame({ to: b, who: serverId(`guest ${i}`) }), claim));
      await until(() => tb.counters().settled === i + 2);
    }
    await claims[2]?.closed();
    expect(claims.map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
    ta.send(b, bytesOf(5_000_000, 1));
    await until(() => heard >= 5_000_000);
    // What one has held and gives up is there for the next.
    claims[0]?.socket.destroy();
    await until(() => tb.connections === 2);
    const next = rig.stranger(tb, helloFrame({ to: b, who: serverId("guest 3") }), claim);
    await until(() => tb.counters().settled === 5);
    await pass(50);
    expect(next.isClosed).toBe(false);
  });
});

describe("further limits", () => {
  test("on peers make one that is not sent to any more give way to another", async () => {
    const ta = await rig.open("a", { limits: { peersMax: 2, unusedMs: 50 } });
    for (const name of ["b", "c", "d"]) rig.addresses.set(serverId(name), { host: "127.0.0.1", port: 1 });
    for (const name of ["b", "c", "d"]) ta.send(serverId(name), Uint8Array.of(1));
    expect(ta.counters().droppedUndeliverable).toBe(1);
    await until(() => {
      const { droppedUndeliverable } = ta.counters();
      ta.send(serverId("c"), Uint8Array.of(1));
      ta.send(serverId("d"), Uint8Array.of(1));
      return ta.counters().droppedUndeliverable === droppedUndeliverable;
    });
  });

  test("on traces hold when strangers come in numbers", async () => {
    const tb = await rig.open("b", { limits: { tracesPerSecondMax: 2 } });
    const begun = performance.now();
    for (let i = 0; i < 200; i += 1) await rig.stranger(tb, utf8("GET / HTTP/1.1\r\n\r\n")).closed();
    const seconds = Math.ceil((performance.now() - begun) / 1_000);
    expect(tb.counters().badFrames).toBe(200);
    expect(rig.names("tcp: closed a connection for what it said").length).toBeLessThanOrEqual(2 * (seconds + 1));
  });
});

describe("two connections of one server", () => {
  test("are one too many: the newer one stays", async () => {
    const tb = await rig.open("b");
    const heard: number[] = [];
    tb.onPacket((_, packet) => heard.push(packet[0] ?? 0));
    const older = rig.stranger(tb, helloFrame({ to: b }), packFrame(frameKinds.packet, Uint8Array.of(1)));
    await until(() => heard.length === 1);
    const newer = rig.stranger(tb, helloFrame({ to: b }), packFrame(frameKinds.packet, Uint8Array.of(2)));
    await older.closed();
    await until(() => heard.length === 2);
    expect(newer.isClosed).toBe(false);
    expect(tb.counters()).toMatchObject({ settled: 2, replaced: 1 });
    expect(rig.names("tcp: a peer came back with another directory")).toHaveLength(0);
    await until(() => tb.connections === 1);
  });

  test("with two directories are worth a word", async () => {
    const tb = await rig.open("b");
    const older = rig.stranger(tb, helloFrame({ to: b, incarnation: 5 }));
    await until(() => tb.counters().settled === 1);
    rig.stranger(tb, helloFrame({ to: b, incarnation: 6 }));
    await older.closed();
    expect(rig.names("tcp: a peer came back with another directory")[0]?.fields).toEqual({ peer: "stranger", was: 5, is: 6 });
  });

  test("that push each other away do not do so at full speed", async () => {
    const begun = performance.now();
    const limits = { redialMs: 20, redialMsMax: 200 };
    const tb = await rig.open("b");
    const twins = [await rig.open("twin", { limits }), await rig.open("twin", { limits })];
    for (let i = 0; i < 100; i += 1) {
      for (const twin of twins) twin.send(b, Uint8Array.of(1));
      await pass(10);
    }
    // Four pauses each that grow, and then at least a hundred milliseconds: without that there would be some fifty in a second.
    expect(tb.counters().settled).toBeLessThan(2 * (6 + (performance.now() - begun) / 100));
  });
});
