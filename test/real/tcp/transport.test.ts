import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { equalBytes } from "../../../src/base/bytes.ts";
import { serverId } from "../../../src/base/ids.ts";
import { addressText, serverAt } from "../../../src/real/address.ts";
import { Refusal } from "../../../src/real/stop.ts";
import type { TcpTransport } from "../../../src/real/tcp/transport.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { pass, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [a, b, c] = [serverId("a"), serverId("b"), serverId("c")];

/** Counts what arrives; the transport's receiver from now on. */
function hear(transport: TcpTransport): { from: string; packet: Uint8Array }[] {
  const heard: { from: string; packet: Uint8Array }[] = [];
  transport.onPacket((from, packet) => heard.push({ from, packet }));
  return heard;
}

async function connected(from: TcpTransport, to: TcpTransport, name = b): Promise<void> {
  const heard = hear(to);
  while (heard.length === 0) {
    from.send(name, Uint8Array.of(0));
    await pass(2);
  }
  const { packetsSent } = from.counters();
  const lost = from.counters().droppedWaiting;
  await until(() => heard.length >= packetsSent - lost);
}

describe("the address to listen on", () => {
  test("is refused when another process listens there", async () => {
    const { address } = await rig.open("a");
    const opening = rig.open("b", { listen: address });
    await expect(opening).rejects.toThrow(Refusal);
    await expect(opening).rejects.toMatchObject({
      reason: "address_unusable",
      message: `Cannot listen on ${addressText(address)}: another process listens there already.`,
    });
  });

  test("is refused when it is not this machine's", async () => {
    await expect(rig.open("a", { listen: { host: "192.0.2.1", port: 7000 } })).rejects.toMatchObject({
      reason: "address_unusable",
      message: "Cannot listen on 192.0.2.1:7000: it is not an address of this machine.",
    });
  });

  test("is refused when nobody knows the name", async () => {
    await expect(rig.open("a", { listen: { host: "nobody.invalid", port: 7000 } })).rejects.toMatchObject({
      reason: "address_unusable",
      message: expect.stringMatching(
        /^Cannot listen on nobody\.invalid:7000: the name (?:is not known|cannot be resolved at the moment)\.$/,
      ),
    });
  });

  test("is by default the one that a server's id is", async () => {
    const { address } = await rig.open("free");
    await rig.close();
    const [self, peer] = [serverAt(address), await rig.open("b", { addressOf: undefined as never })];
    const first = await rig.open(self, { listen: address });
    const heard = hear(first);
    peer.send(self, Uint8Array.of(1));
    await until(() => heard.length > 0);
    expect(heard[0]?.from).toBe("b");
  });
});

describe("packets", () => {
  test("of all sizes arrive whole and in order, each in memory of its own", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    const heard = hear(tb);
    const sizes = [0, 1, 100, 5_000_000, 20_000, 3, 16_384, 16_385, 65_536, 0, 1 << 20];
    for (const [i, size] of sizes.entries()) ta.send(b, bytesOf(size, i));
    await until(() => heard.length === sizes.length);
    for (const [i, size] of sizes.entries()) {
      const packet = heard[i]?.packet ?? Uint8Array.of();
      expect(equalBytes(packet, bytesOf(size, i))).toBe(true);
      expect(packet.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, size));
    }
    expect(tb.counters()).toMatchObject({ accepted: 1, badFrames: 0 });
  });

  test("that are longer than a frame are dropped, and the longest is not", async () => {
    const [ta, tb] = [
      await rig.open("a", { limits: { frameBytesMax: 10_000 } }),
      await rig.open("b", { limits: { frameBytesMax: 10_000 } }),
    ];
    await connected(ta, tb);
    const heard = hear(tb);
    ta.send(b, bytesOf(10_000, 1));
    ta.send(b, bytesOf(9_999, 1));
    await until(() => heard.length > 0);
    expect(heard[0]?.packet.length).toBe(9_999);
    expect(ta.counters().droppedUndeliverable).toBe(1);
    expect(tb.counters().badFrames).toBe(0);
  });

  test("for oneself, for nobody, and for names that are none are dropped and counted", async () => {
    const ta = await rig.open("a", {
      addressOf: (server) => (server === c ? { host: "127.0.0.1", port: 99_999 } : rig.addresses.get(server)),
    });
    for (const name of ["a", "nobody", "no address", "\ud800", "\ufeffx:1", "x".repeat(10_000)]) ta.send(serverId(name), Uint8Array.of(1));
    expect(ta.counters()).toMatchObject({ packetsSent: 6, droppedUndeliverable: 6, dialled: 0 });
    // An address that Node does not even try is as good as none.
    ta.send(c, Uint8Array.of(1));
    await until(() => rig.names("tcp: no connection to a peer").length > 0);
  });
});

describe("what is sent", () => {
  test("in one turn is one write, however many and however long", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    const heard = hear(tb);
    const sockets = Socket.prototype as unknown as Record<"_write" | "_writev", (first: { readonly length: number }) => void>;
    const [write, writev] = [vi.spyOn(sockets, "_write"), vi.spyOn(sockets, "_writev")];
    // Signs of life are writes too; they are nine bytes long.
    const calls = (): number[] => [write.mock.calls.filter(([{ length }]) => length > 9).length, writev.mock.calls.length];
    try {
      for (let i = 0; i < 100; i += 1) ta.send(b, bytesOf(100, i));
      expect(calls()).toEqual([0, 0]);
      await until(() => heard.length === 100);
      expect(calls()).toEqual([1, 0]);
      for (let i = 0; i < 100; i += 1) ta.send(b, bytesOf(i % 10 === 0 ? 20_000 : 100, i));
      await until(() => heard.length === 200);
      expect(calls()).toEqual([1, 1]);
    } finally {
      write.mockRestore();
      writev.mockRestore();
    }
    expect(heard.every(({ packet }, i) => packet.length === (i >= 100 && i % 10 === 0 ? 20_000 : 100))).toBe(true);
  });

  test("is counted on both sides", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    const [before, earlier] = [ta.counters(), tb.counters()];
    const heard = hear(tb);
    for (let i = 0; i < 10; i += 1) ta.send(b, bytesOf(100, i));
    await until(() => heard.length === 10);
    expect(ta.counters()).toMatchObject({
      packetsSent: before.packetsSent + 10,
      bytesSent: before.bytesSent + 1_000,
      writes: before.writes + 1,
    });
    expect(tb.counters()).toMatchObject({ packetsReceived: earlier.packetsReceived + 10, bytesReceived: earlier.bytesReceived + 1_000 });
  });
});

describe("the end", () => {
  test("takes everybody along, and is heard on the other side at once", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    await connected(tb, ta, a);
    await tb.close();
    await tb.close();
    expect(() => tb.send(a, Uint8Array.of(1))).not.toThrow();
    await until(() => !ta.isOpen(b) && ta.connections === 0);
    expect(tb.connections).toBe(0);
  });

  test("comes after what was sent before it", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    const heard = hear(tb);
    ta.send(b, bytesOf(50_000, 1));
    await ta.close();
    await until(() => heard.length > 0);
    expect(heard[0]?.packet.length).toBe(50_000);
  });

  test("can be called by the receiver, who hears nothing more", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    await connected(ta, tb);
    let heard = 0;
    let closing: Promise<void> | undefined;
    tb.onPacket(() => {
      heard += 1;
      closing = tb.close();
    });
    for (let i = 0; i < 10; i += 1) ta.send(b, Uint8Array.of(i));
    await until(() => closing !== undefined);
    await closing;
    expect(heard).toBe(1);
  });
});
