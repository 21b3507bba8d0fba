import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import { parseAddress } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { Turn } from "../../../src/real/turn.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { answered, pass, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [b, c] = [serverId("b"), serverId("c")];
describe("a client's transport", () => {
  test("hears the answers on the connection that it has begun, and nobody dials it", async () => {
    const [tb, tc] = [await rig.echo("b"), await rig.echo("c")];
    const transport = rig.client();
    expect(await answered(transport, b)).toEqual(Uint8Array.of(7, 9));
    expect(await answered(transport, c)).toEqual(Uint8Array.of(7, 9));
    expect(await answered(transport, b)).toEqual(Uint8Array.of(7, 9));
    expect(transport.counters()).toMatchObject({ dialled: 2, welcomed: 2 });
    for (const server of [tb, tc]) expect(server.counters()).toMatchObject({ accepted: 1, settled: 1, dialled: 0 });
    expect(rig.refusals).toEqual([]);
  });

  test("dials for a packet that is larger than all that may wait", async () => {
    await rig.echo("b");
    const transport = rig.client({ limits: { waitingBytesMax: 1_000 } });
    const echo = new Promise<Uint8Array>((resolve) => transport.onPacket((_, packet) => resolve(packet)));
    transport.send(b, new Uint8Array(5_000));
    expect((await echo).length).toBe(5_001);
  });

  test("keeps a connection on which nothing is said, and closes it when it is of no use any more", async () => {
    const tb = await rig.echo("b", { limits: { pingMs: 20, idleMs: 200 } });
    const transport = rig.client({ limits: { pingMs: 20, silentMs: 200, unusedMs: 600 } });
    await answered(transport, b);
    await until(() => tb.connections === 0);
    expect(tb.counters()).toMatchObject({ idle: 0 });
    expect(transport.counters()).toMatchObject({ dialled: 1, silent: 0 });
    await answered(transport, b);
    expect(transport.counters()).toMatchObject({ dialled: 2 });
  });

  test("finds a server again that was restarted, and gets nothing of its former life", async () => {
    let tb = await rig.echo("b");
    const { address } = tb;
    const transport = rig.client({ limits: { redialMsMax: 50 } });
    for (let life = 2; life < 5; life += 1) {
      await answered(transport, b);
      await tb.close();
      await until(() => !transport.isOpen(b));
      tb = await rig.echo("b", { listen: address, incarnation: life });
    }
    await answered(transport, b);
    const incarnations = rig.names("tcp: connected to a peer").map(({ fields }) => fields["incarnation"]);
    expect(incarnations).toEqual([1, 2, 3, 4]);
    expect(rig.refusals).toEqual([]);
  });

  test("pauses longer and longer before it dials again, and not longer than it may", async () => {
    rig.addresses.set(b, await rig.listen((socket) => socket.destroy()));
    const limits = { redialMs: 4, redialMsMax: 32, waitingMs: 60_000, silentMs: 60_000, pingMs: 30_000, unusedMs: 60_000, idleMs: 60_000 };
    const turn = new Turn();
    const real = new RealClock(turn);
    const pauses: number[] = [];
    // Those of the pulse are thousands of milliseconds long.
    const clock = {
      now: () => real.now(),
      wallMs: () => real.wallMs(),
      after: (ms: number, run: () => void) => {
        if (ms < 1_000) pauses.push(ms);
        return real.after(ms, run);
      },
    };
    const transport = rig.client({ limits, turn, clock });
    transport.send(b, Uint8Array.of(1));
    await until(() => pauses.length >= 8);
    for (const [at, full] of [4, 8, 16, 32, 32, 32, 32, 32].entries()) {
      expect(pauses[at]).toBeGreaterThanOrEqual(full / 2);
      expect(pauses[at]).toBeLessThanOrEqual(full);
    }
    expect(transport.counters().dialled).toBeGreaterThanOrEqual(8);
  });
});

describe("what a client's transport cannot deliver is dropped and counted:", () => {
  test("to an address that is none", async () => {
    const transport = rig.client({ addressOf: parseAddress });
    for (const name of ["b", "nonsense", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "client/8"])
      transport.send(serverId(name), Uint8Array.of(1));
    await pass(20);
    expect(transport.counters()).toMatchObject({ packetsSent: 6, droppedUndeliverable: 6, dialled: 0 });
  });

  test("more servers than there may be", async () => {
    await rig.echo("b");
    await rig.echo("c");
    const transport = rig.client({ limits: { peersMax: 1 } });
    await answered(transport, b);
    transport.send(c, Uint8Array.of(1));
    expect(transport.counters()).toMatchObject({ droppedUndeliverable: 1, dialled: 1 });
  });

  test("a packet that is longer than a frame", async () => {
    await rig.echo("b");
    const transport = rig.client({ limits: { frameBytesMax: 8_192 } });
    transport.send(b, new Uint8Array(8_192));
    expect(transport.counters()).toMatchObject({ droppedUndeliverable: 1 });
    expect(await answered(transport, b)).toEqual(Uint8Array.of(7, 9));
  });

  test("what exceeds the budget of a server that does not read", async () => {
    const relieve = await rig.deaf(b);
    const limits = { silentMs: 600_000, peerBytesMax: 1 << 20 };
    const transport = rig.client({ limits });
    await until(() => {
      transport.send(b, Uint8Array.of(1));
      return transport.isOpen(b);
    });
    const packet = bytesOf(50_000, 1);
    for (let turn = 0; turn < 1_000; turn += 1) {
      transport.send(b, packet);
      expect(transport.bytesWaiting(b)).toBeLessThanOrEqual(limits.peerBytesMax);
      await new Promise(setImmediate);
    }
    expect(transport.counters().droppedOverBudget).toBeGreaterThan(100);
    relieve();
  });

  test("what exceeds the little that may wait for a server that is away, or waits for too long", async () => {
    rig.addresses.set(b, await rig.listen((socket) => socket.destroy()));
    const transport = rig.client({ limits: { waitingBytesMax: 10_000, waitingMs: 100 } });
    for (let i = 0; i < 100; i += 1) {
      transport.send(b, bytesOf(1_000, i));
      expect(transport.bytesWaiting(b)).toBeLessThanOrEqual(10_000);
    }
    await until(() => transport.bytesWaiting(b) === 0);
    expect(transport.counters()).toMatchObject({ droppedWaiting: 100, welcomed: 0 });
  });
});
