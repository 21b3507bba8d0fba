import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import type { Address } from "../../../src/real/address.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { pass, sendUntil, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [a, b] = [serverId("a"), serverId("b")];

/** A way to `target` that can be frozen: everything that is sent is taken, as far as there is room, and nothing arrives. */
class Proxy {
  isFrozen = false;
  /** How many bytes pass at a time, and how long it takes. */
  slow: { readonly bytes: number; readonly ms: number } | undefined;
  readonly #pairs: (readonly [Socket, Socket])[] = [];

  async open(target: Address): Promise<Address> {
    return rig.listen((near) => {
      const far = connect({ ...target });
      rig.onClose(() => void far.destroy());
      far.on("error", () => {});
      this.#pairs.push([near, far]);
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  freeze(): void {
    this.isFrozen = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  #pass(from: Socket, to: Socket): void {
    if (this.isFrozen) from.pause();
    from.on("data", (chunk) => {
      if (this.slow === undefined) to.write(chunk);
      else {
        from.pause();
        void this.#trickle(chunk, to).then(() => from.resume());
      }
    });
    from.on("close", () => {
      if (!this.isFrozen) to.destroy();
    });
  }

  async #trickle(chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length; at += this.slow?.bytes ?? chunk.length) {
      to.write(chunk.subarray(at, at + (this.slow?.bytes ?? chunk.length)));
      await pass(this.slow?.ms ?? 0);
    }
  }
}

describe("a peer that dies", () => {
  test("and is born again on the same port is found again, with nothing of its former life", async () => {
    const ta = await rig.open("a");
    let tb = await rig.open("b");
    const { address } = tb;
    for (let life = 2; life < 6; life += 1) {
      let heard = 0;
      tb.onPacket(() => (heard += 1));
      await sendUntil(ta, b, () => heard > 0);
      await tb.close();
      await until(() => !ta.isOpen(b));
      for (let i = 0; i < 20; i += 1) ta.send(b, Uint8Array.of(i));
      tb = await rig.open("b", { listen: address, incarnation: life });
    }
    const incarnations = rig.names("tcp: connected to a peer").map(({ fields }) => fields["incarnation"]);
    expect(incarnations).toEqual([1, 2, 3, 4]);
    expect(ta.counters().welcomed).toBe(4);
  });

  test("is not dialled again before there is something to send, and each reason is traced once", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    await tb.close();
    await until(() => !ta.isOpen(b));
    const { dialled } = ta.counters();
    await pass(100);
    expect(ta.counters().dialled).toBe(dialled);
    await until(() => {
      ta.send(b, Uint8Array.of(1));
      return ta.counters().dialled >= dialled + 4;
    });
    const reasons = rig.names("tcp: no connection to a peer").map(({ fields }) => fields["why"]);
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  test("is dialled at once when it is heard of", async () => {
    const limits = { redialMs: 60_000, redialMsMax: 60_000, waitingMs: 120_000 };
    const ta = await rig.open("a", { limits });
    rig.addresses.set(b, await rig.listen((socket) => socket.destroy()));
    ta.send(b, Uint8Array.of(1));
    await until(() => rig.names("tcp: no connection to a peer").length > 0);
    const tb = await rig.open("b");
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    tb.send(a, Uint8Array.of(1));
    await until(() => heard > 0);
    expect(ta.counters().dialled).toBe(2);
  });
});

describe("a peer that was away", () => {
  test("gets what is not older than it is worth, and no more than a little", async () => {
    const limits = { waitingMs: 200, waitingBytesMax: 10_000, redialMs: 5, redialMsMax: 5 };
    const ta = await rig.open("a", { limits });
    let refuse = true;
    const tb = await rig.open("b");
    const far = tb.address;
    rig.addresses.set(
      b,
      await rig.listen((near) => {
        if (refuse) near.destroy();
        else {
          const socket = connect({ ...far });
          socket.on("error", () => {});
          near.pipe(socket).pipe(near);
        }
      }),
    );
    const heard: Uint8Array[] = [];
    tb.onPacket((_, packet) => heard.push(packet));
    ta.send(b, Uint8Array.of(1));
    await until(() => ta.counters().droppedWaiting === 1);
    for (let i = 0; i < 100; i += 1) ta.send(b, bytesOf(1_000, i));
    expect(ta.bytesWaiting(b)).toBeLessThanOrEqual(10_000);
    refuse = false;
    await until(() => {
      if (ta.bytesWaiting(b) === 0 && heard.length === 0) for (let i = 92; i < 100; i += 1) ta.send(b, bytesOf(1_000, i));
      return heard.length >= 8;
    });
    expect(heard.slice(0, 8)).toEqual([92, 93, 94, 95, 96, 97, 98, 99].map((i) => bytesOf(1_000, i)));
  });
});

describe("a peer that says nothing", () => {
  const limits = { pingMs: 20, silentMs: 150, redialMs: 5, redialMsMax: 20 };

  test("is given up, and found again when it can be reached again", async () => {
    const [ta, tb] = [await rig.open("a", { limits }), await rig.open("b", { limits })];
    const proxy = new Proxy();
    rig.addresses.set(b, await proxy.open(tb.address));
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    // Long enough for silence to be noticed if there were any: pings are answered.
    await pass(500);
    expect(ta.counters()).toMatchObject({ silent: 0, dialled: 1 });
    proxy.freeze();
    await until(() => ta.counters().silent > 0, "the end of patience");
    await until(() => !ta.isOpen(b));
    proxy.isFrozen = false;
    heard = 0;
    await sendUntil(ta, b, () => heard > 0);
    expect(tb.counters().replaced).toBeGreaterThanOrEqual(1);
  });

  test("is given up also before it has said its first word", async () => {
    const ta = await rig.open("a", { limits });
    rig.addresses.set(b, await rig.listen(() => {}));
    await until(() => {
      ta.send(b, Uint8Array.of(1));
      return ta.counters().silent >= 2;
    });
    expect(ta.counters().welcomed).toBe(0);
  });

  test("and has not for long is closed by the listener too", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b", { limits: { pingMs: 20, idleMs: 100 } })];
    const proxy = new Proxy();
    rig.addresses.set(b, await proxy.open(tb.address));
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    proxy.freeze();
    await until(() => tb.counters().idle === 1);
    expect(tb.connections).toBe(0);
  });

  test("is not given up while it is only slow", async () => {
    const [ta, tb] = [await rig.open("a", { limits }), await rig.open("b", { limits })];
    const proxy = new Proxy();
    rig.addresses.set(b, await proxy.open(tb.address));
    let heard = 0;
    tb.onPacket((_, packet) => (heard += packet.length));
    await sendUntil(ta, b, () => heard > 0);
    proxy.slow = { bytes: 16_384, ms: 5 };
    // More than the sockets between the two can take, and many times the patience.
    for (let i = 0; i < 3; i += 1) {
      ta.send(b, bytesOf(5_000_000, i));
      // Each in a turn of its own: the later ones wait until the socket has taken the first.
      await new Promise(setImmediate);
    }
    await until(() => heard >= 15_000_000);
    expect(ta.counters()).toMatchObject({ silent: 0, welcomed: 1 });
  });
});

describe("a peer that does not read", () => {
  test("costs no more than its budget, and nobody else anything", async () => {
    const limits = { silentMs: 600_000, peerBytesMax: 2 << 20 };
    const [ta, tc] = [await rig.open("a", { limits }), await rig.open("c")];
    await rig.deaf(b);
    let canary = 0;
    tc.onPacket(() => (canary += 1));
    await sendUntil(ta, serverId("c"), () => canary > 0);
    await until(() => {
      ta.send(b, bytesOf(10_000, 1));
      return ta.isOpen(b);
    });
    canary = 0;
    const packet = bytesOf(50_000, 1);
    for (let turn = 0; turn < 200; turn += 1) {
      for (let i = 0; i < 20; i += 1) ta.send(b, packet);
      expect(ta.bytesWaiting(b)).toBeLessThanOrEqual(limits.peerBytesMax);
      ta.send(serverId("c"), Uint8Array.of(1));
      await new Promise(setImmediate);
    }
    await until(() => canary === 200);
    const { droppedOverBudget } = ta.counters();
    // What was not dropped is in the budget or in the kernel, which takes some megabytes.
    expect(droppedOverBudget).toBeGreaterThan(4_000 - (limits.peerBytesMax + 32e6) / 50_000);
    // A million packets without a byte are something too.
    for (let i = 0; i < 1_000_000; i += 1) ta.send(b, Uint8Array.of());
    expect(ta.bytesWaiting(b)).toBeLessThanOrEqual(limits.peerBytesMax);
    expect(ta.counters().droppedOverBudget).toBeGreaterThan(droppedOverBudget + 900_000);
  });

  test("gets nothing more into a socket that is still busy", async () => {
    const ta = await rig.open("a", { limits: { silentMs: 600_000, peerBytesMax: 64 << 20 } });
    await rig.deaf(b);
    await sendUntil(ta, b, () => ta.isOpen(b));
    await until(() => {
      ta.send(b, bytesOf(5_000_000, 1));
      return ta.bytesWaiting(b) > 10_000_000;
    });
    const { writes } = ta.counters();
    for (let turn = 0; turn < 50; turn += 1) {
      ta.send(b, Uint8Array.of(1));
      await new Promise(setImmediate);
    }
    expect(ta.counters().writes).toBe(writes);
  });

  test("is given up, and keeps only what is worth keeping", async () => {
    const ta = await rig.open("a", { limits: { pingMs: 20, silentMs: 150, waitingBytesMax: 100_000, redialMs: 1_000 } });
    await rig.deaf(b);
    await sendUntil(ta, b, () => ta.isOpen(b));
    await until(() => {
      for (let i = 0; i < 20; i += 1) ta.send(b, bytesOf(50_000, 1));
      return ta.bytesWaiting(b) > 10_000_000 || ta.counters().silent > 0;
    });
    await until(() => ta.counters().silent > 0);
    expect(ta.bytesWaiting(b)).toBeLessThanOrEqual(100_000);
    expect(ta.counters().droppedWaiting).toBeGreaterThan(0);
  });
});

test("a peer that nothing was sent to for long has no connection, until something is", async () => {
  const [ta, tb] = [await rig.open("a", { limits: { unusedMs: 50 } }), await rig.open("b")];
  let heard = 0;
  tb.onPacket(() => (heard += 1));
  await sendUntil(ta, b, () => heard > 0);
  await until(() => !ta.isOpen(b) && tb.connections === 0);
  heard = 0;
  await sendUntil(ta, b, () => heard > 0);
  expect(ta.counters().welcomed).toBe(2);
});
