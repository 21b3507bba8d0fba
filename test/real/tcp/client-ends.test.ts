import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encode } from "../../../src/base/codec.ts";
import { serverId } from "../../../src/base/ids.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { encodeWelcome } from "../../../src/real/tcp/handshake.ts";
import { protocolVersion } from "../../../src/rsm/wire.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { answered, helloFrame, pass, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const b = serverId("b");

/** Has a listener at b's address answer everything with `bytes`, and a client ask there. */
async function askWhoSays(bytes: Uint8Array): Promise<void> {
  rig.addresses.set(b, await rig.listen((socket) => void socket.once("data", () => socket.end(bytes))));
  rig.client().send(b, Uint8Array.of(1));
  await until(() => rig.refusals.length > 0, "a refusal");
}

describe("a client hears in one sentence that a server will never speak with it:", () => {
  test("one of another cluster, which it finds again when its own is there", async () => {
    const other = await rig.echo("b", { cluster: "prod" });
    const client = rig.client({ limits: { redialMs: 5, redialMsMax: 5 } });
    await until(() => {
      client.send(b, Uint8Array.of(1));
      return rig.refusals.length >= 3;
    });
    expect(new Set(rig.refusals)).toEqual(new Set(['b: You belong to cluster "test", and server b to cluster "prod".']));
    expect(other.counters()).toMatchObject({ settled: 0, packetsReceived: 0 });
    // Whoever reads the log reads it once.
    expect(rig.names("tcp: no connection to a peer")).toHaveLength(1);
    await other.close();
    await rig.echo("b");
    expect(await answered(client, b)).toEqual(Uint8Array.of(7, 9));
  });

  test("one of another cluster, and what was meant for it is not given to who is there later", async () => {
    const other = await rig.echo("b", { cluster: "prod" });
    const client = rig.client({ limits: { redialMs: 5, redialMsMax: 5 } });
    client.send(b, Uint8Array.of(1));
    await until(() => rig.refusals.length > 0);
    expect(client.bytesWaiting(b)).toBe(0);
    await other.close();
    await rig.echo("b");
    expect(await answered(client, b)).toEqual(Uint8Array.of(7, 9));
    expect(client.counters()).toMatchObject({ packetsReceived: 1, droppedWaiting: 1 });
  });

  test("one that is another server", async () => {
    rig.addresses.set(b, (await rig.echo("c")).address);
    rig.client().send(b, Uint8Array.of(1));
    await until(() => rig.refusals.length > 0);
    expect(rig.refusals).toEqual(["b: You want to reach server b, and this is server c."]);
  });

  test("one that speaks another version, and welcomes everybody", async () => {
    await askWhoSays(packFrame(frameKinds.welcome, encode(["kvorum", protocolVersion + 1, "b", 1])));
    expect(rig.refusals).toEqual([
      `b: Server b speaks version ${protocolVersion + 1} of the protocol, and this one version ${protocolVersion}.`,
    ]);
  });

  test("one that speaks another version, and refuses", async () => {
    await askWhoSays(packFrame(frameKinds.refusal, encode(["kvorum", protocolVersion + 1, "You are too old."])));
    expect(rig.refusals).toEqual(["b: You are too old."]);
  });

  test("one that is no kvorum server", async () => {
    await askWhoSays(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(rig.refusals).toEqual(["b: What listens there is not a kvorum server. A frame claims 1213486160 bytes; 4096 are allowed."]);
  });
});

describe("a client does not hear of", () => {
  test("a server that has no room at the moment, and finds it when there is", async () => {
    const tb = await rig.echo("b", { limits: { connectionsMax: 2, handshakesMax: 1 } });
    const guest = rig.stranger(tb, helloFrame({ to: b }));
    await until(() => tb.counters().settled === 1);
    const client = rig.client({ limits: { redialMs: 5, redialMsMax: 5 } });
    await until(() => {
      client.send(b, Uint8Array.of(1));
      return client.counters().refused >= 2;
    });
    guest.socket.destroy();
    expect(await answered(client, b)).toEqual(Uint8Array.of(7, 9));
    expect(rig.refusals).toEqual([]);
  });

  test("a server that is not there, or that is garbled after a proper welcome", async () => {
    const welcome = packFrame(frameKinds.welcome, encodeWelcome({ cluster: "test", self: b, incarnation: 1 }));
    const noise = Buffer.from("and now for something completely different");
    rig.addresses.set(b, await rig.listen((socket) => void socket.once("data", () => socket.end(Buffer.concat([welcome, noise])))));
    rig.addresses.set(serverId("c"), await rig.listen((socket) => socket.destroy()));
    const client = rig.client({ limits: { redialMs: 5, redialMsMax: 5 } });
    await until(() => {
      for (const name of ["b", "c"]) client.send(serverId(name), Uint8Array.of(1));
      return client.counters().dialled >= 6;
    });
    expect(client.counters().welcomed).toBeGreaterThan(0);
    expect(rig.refusals).toEqual([]);
  });
});

/** For a server that reads: however slow the machine is, it is waited for. */
const patient = { limits: { silentMs: 600_000, idleMs: 600_000 } };

describe("a client that closes", () => {
  test("has its servers hear all that it has sent, however much, and hears nothing more", async () => {
    const tb = await rig.open("b", patient);
    const client = rig.client(patient);
    let [count, bytes] = [0, 0];
    tb.onPacket((from, packet) => {
      count += 1;
      bytes += packet.length;
      tb.send(from, packet);
    });
    let answers = 0;
    client.onPacket(() => (answers += 1));
    await until(() => {
      client.send(b, Uint8Array.of());
      return answers > 0;
    });
    const before = answers;
    const sent = client.counters().packetsSent;
    for (let i = 0; i < 3; i += 1) client.send(b, bytesOf(4_000_000, i));
    await client.close();
    await until(() => tb.connections === 0);
    expect(bytes).toBe(12_000_000);
    expect(count).toBeLessThanOrEqual(sent + 3);
    expect(answers).toBe(before);
    client.send(b, Uint8Array.of(1));
    expect(client.counters()).toMatchObject({ droppedUndeliverable: 1 });
  });

  test("does so also while a socket is busy with what was sent before", async () => {
    const tb = await rig.open("b", patient);
    const client = rig.client(patient);
    let bytes = 0;
    tb.onPacket((_, packet) => (bytes += packet.length));
    await until(() => {
      client.send(b, Uint8Array.of());
      return client.isOpen(b);
    });
    for (let i = 0; i < 3; i += 1) {
      client.send(b, bytesOf(4_000_000, i));
      await new Promise(setImmediate);
    }
    await client.close();
    await until(() => bytes === 12_000_000);
    expect(bytes).toBe(12_000_000);
  });

  test("does not wait for a server that is away, or for long for one that does not read", async () => {
    await rig.deaf(b);
    rig.addresses.set(serverId("c"), await rig.listen(() => {}));
    const client = rig.client({ limits: { pingMs: 20, silentMs: 300 } });
    await until(() => {
      for (const name of ["b", "c"]) client.send(serverId(name), bytesOf(1_000_000, 1));
      return client.isOpen(b);
    });
    for (let i = 0; i < 12; i += 1) client.send(b, bytesOf(1_000_000, 1));
    await client.close();
    expect(client.isOpen(b)).toBe(false);
  });

  test("can be closed twice, and before it has sent anything", async () => {
    const client = rig.client();
    await Promise.all([client.close(), client.close()]);
    client.send(b, Uint8Array.of(1));
    await pass(10);
    expect(client.counters()).toMatchObject({ dialled: 0, droppedUndeliverable: 1 });
  });
});

test("a server that closes has its clients hear what it has just answered", async () => {
  const tb = await rig.echo("b");
  const client = rig.client(patient);
  await answered(client, b);
  let closed: Promise<void> | undefined;
  let last: Uint8Array | undefined;
  tb.onPacket((from, packet) => {
    tb.send(from, packet);
    closed = tb.close();
  });
  client.onPacket((_, packet) => (last = packet));
  client.send(b, Uint8Array.of(1, 2, 3));
  await until(() => last !== undefined);
  await closed;
  expect(last).toEqual(Uint8Array.of(1, 2, 3));
});
