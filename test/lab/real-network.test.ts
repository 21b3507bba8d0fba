import { expect, test } from "vitest";
import { groupId, replicaId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { PacketCount } from "../../src/lab/packet-count.ts";
import { FaultyTransport } from "../../src/lab/real/faulty-transport.ts";
import type { NetworkState } from "../../src/lab/real/protocol.ts";
import { encodePacket, type Payload } from "../../src/rsm/wire.ts";
import { World } from "../../src/sim/world.ts";
import { mean } from "../sim/wire.ts";

const calm: NetworkState = { unplugged: [], sides: [], model: undefined, longReordering: false };
const header = { group: groupId(1), creation: 1, from: replicaId(0), incarnation: 7, to: replicaId(1) };
const envelope = { from: replicaId(0), to: replicaId(1), term: 3 };

function packetOf(payload: Payload): Uint8Array {
  return encodePacket(header, payload);
}
const request = (): Uint8Array =>
  packetOf({ kind: "raft", message: { kind: "vote", ...envelope, lastIndex: 1, lastTerm: 1, transfer: false } });
const reply = (): Uint8Array => packetOf({ kind: "raft", message: { kind: "vote_reply", ...envelope, granted: true } });
const hello = (): Uint8Array => packetOf({ kind: "hello" });

interface End {
  readonly transport: FaultyTransport;
  readonly count: PacketCount;
  /** When something arrived, and what. */
  readonly arrivals: { readonly ms: number; readonly packet: Uint8Array }[];
  counted: number;
}

/** Servers with faulty transports, and a perfect wire of 1 ms between them. */
class Net {
  readonly world = new World(new Rng(1));
  readonly ids: readonly ServerId[] = ["a", "b", "c"].map(serverId);
  readonly ends: readonly End[];
  readonly #receivers = new Map<ServerId, (from: ServerId, packet: Uint8Array) => void>();
  readonly #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
    this.ends = this.ids.map((id, at) => this.#end(id, at));
  }

  #end(self: ServerId, at: number): End {
    const { world, ids } = this;
    const count = new PacketCount();
    const clock = { now: () => world.now, wallMs: () => 0, after: (ms: number, run: () => void) => world.after(ms, run) };
    const inner = {
      send: (to: ServerId, packet: Uint8Array): void => void world.after(1, () => this.#receivers.get(to)?.(self, packet)),
      onPacket: (receive: (from: ServerId, packet: Uint8Array) => void): void => void this.#receivers.set(self, receive),
    };
    const rng = new Rng(this.#seed).fork(at);
    const counted = (): void => void (end.counted += 1);
    const transport = new FaultyTransport({ inner, clock, servers: ids, self, rng, count, counted, network: calm });
    const end: End = { transport, count, arrivals: [], counted: 0 };
    transport.onPacket((_, packet) => end.arrivals.push({ ms: world.now, packet }));
    return end;
  }

  end(at: number): End {
    return this.ends[at] as End;
  }

  /** Tells everybody, or those who are named. */
  set(network: Partial<NetworkState>, who: readonly number[] = [0, 1, 2]): void {
    for (const at of who) this.end(at).transport.set({ ...calm, ...network });
  }

  /** Sends one packet from one server to another; whether it arrives within so many milliseconds. */
  reaches(from: number, to: number, ms = 50): boolean {
    const before = this.end(to).arrivals.length;
    this.send(from, to, request());
    this.world.runFor(ms);
    return this.end(to).arrivals.length > before;
  }

  send(from: number, to: number, packet: Uint8Array): void {
    this.end(from).transport.send(this.ids[to] as ServerId, packet);
  }

  /** How long each of so many packets took that were sent at once. */
  delays(make: () => Uint8Array, count = 3_000): number[] {
    const began = this.world.now;
    this.end(1).arrivals.length = 0;
    for (let i = 0; i < count; i += 1) this.send(0, 1, make());
    this.world.runFor(3_000);
    return this.end(1).arrivals.map(({ ms }) => ms - began - 1);
  }
}

test("a calm network hands everything on at once", () => {
  const net = new Net();
  for (const make of [request, reply, hello]) {
    const delays = net.delays(make, 100);
    expect([delays.length, Math.max(...delays)]).toEqual([100, 0]);
  }
});

test("a link is up when both ends are plugged in, and one end that knows is enough", () => {
  const net = new Net();
  net.set({ unplugged: [1] });
  expect([net.reaches(0, 1), net.reaches(1, 0), net.reaches(0, 2), net.reaches(2, 0)]).toEqual([false, false, true, true]);
  net.set({ unplugged: [0, 2] });
  expect([net.reaches(0, 1), net.reaches(0, 2), net.reaches(2, 1)]).toEqual([false, false, false]);
  net.set({});
  expect([net.reaches(0, 1), net.reaches(1, 0)]).toEqual([true, true]);
  for (const who of [0, 1]) {
    net.set({});
    net.set({ unplugged: [1] }, [who]);
    expect([net.reaches(0, 1), net.reaches(1, 0)]).toEqual([false, false]);
  }
});

test("servers on different sides do not reach each other, and one end that knows is enough; clients are on every side", () => {
  const net = new Net();
  net.set({ sides: [0, 1, 0] });
  expect([net.reaches(0, 1), net.reaches(1, 0), net.reaches(0, 2), net.reaches(1, 2)]).toEqual([false, false, true, false]);
  for (const who of [0, 1]) {
    net.set({});
    net.set({ sides: [0, 1, 0] }, [who]);
    expect([net.reaches(0, 1), net.reaches(1, 0)]).toEqual([false, false]);
  }
  // The last of the three is a client where only two are servers.
  net.set({ sides: [0, 1] });
  expect([net.reaches(0, 1), net.reaches(2, 0), net.reaches(2, 1), net.reaches(1, 2)]).toEqual([false, true, true, true]);
});

test("what is on its way when a cut happens is lost", () => {
  const net = new Net();
  net.send(0, 1, request());
  net.set({ unplugged: [0] });
  net.world.runFor(5);
  expect(net.end(1).arrivals).toEqual([]);
  net.set({ longReordering: true });
  for (let i = 0; i < 100; i += 1) net.send(0, 1, reply());
  net.world.runFor(100);
  const atOnce = net.end(1).arrivals.length;
  net.set({ unplugged: [1], longReordering: true }, [0]);
  net.world.runFor(3_000);
  expect(atOnce).toBeGreaterThan(10);
  expect(net.end(1).arrivals.length).toBe(atOnce);
});

test("labrpc: requests late, a tenth of requests and of replies lost", () => {
  const net = new Net();
  net.set({ model: "labrpc" });
  const requests = net.delays(request);
  expect(requests.length / 3_000).toBeCloseTo(0.9, 1);
  expect(mean(requests) / 13).toBeCloseTo(1, 1);
  expect([Math.min(...requests), Math.max(...requests)]).toEqual([0, 26]);
  const replies = net.delays(reply);
  expect(replies.length / 3_000).toBeCloseTo(0.9, 1);
  expect(Math.max(...replies)).toBe(0);
  net.set({});
  expect(net.delays(request).length).toBe(3_000);
});

test("long reordering holds back two thirds of the replies for up to 2.2 seconds, and no request", () => {
  const net = new Net();
  net.set({ longReordering: true });
  const held = net.delays(reply).filter((ms) => ms > 0);
  expect(held.length / 3_000).toBeCloseTo(2 / 3, 1);
  expect(Math.min(...held)).toBeGreaterThanOrEqual(200);
  expect(Math.max(...held)).toBeLessThanOrEqual(2_200);
  expect(Math.max(...net.delays(request))).toBe(0);
});

test("slices: a server is cut off for a tenth of them, slow otherwise, and news about cables change nothing in that", () => {
  const net = new Net();
  net.set({ model: "slices" }, [0]);
  const fates: (number | "lost")[] = [];
  let deaf = 0;
  for (let slice = 0; slice < 1_000; slice += 1) {
    const [began, count] = [net.world.now, net.end(1).arrivals.length];
    net.set({ model: "slices", unplugged: slice % 2 === 0 ? [] : [2] }, [0]);
    net.send(0, 1, request());
    if (!net.reaches(1, 0)) deaf += 1;
    net.world.runFor(50);
    fates.push(net.end(1).arrivals.length > count ? (net.end(1).arrivals.at(-1)?.ms ?? 0) - began - 1 : "lost");
  }
  const delays = fates.filter((fate) => fate !== "lost");
  expect(deaf).toBe(1_000 - delays.length);
  expect(deaf / 1_000).toBeCloseTo(0.1, 1);
  expect(mean(delays) / 13).toBeCloseTo(1, 1);
  expect(Math.max(...delays)).toBe(26);
  net.set({}, [0]);
  expect(net.delays(request, 100)).toEqual(Array.from({ length: 100 }, () => 0));
});

function fatesOf(seed: number): number[] {
  const net = new Net(seed);
  net.set({ model: "labrpc", longReordering: true });
  return [...net.delays(request, 200), ...net.delays(reply, 200)];
}

test("a seed decides what becomes of packets", () => {
  expect(fatesOf(5)).toEqual(fatesOf(5));
  expect(fatesOf(5)).not.toEqual(fatesOf(6));
});

test("requests count when they are sent, replies when they arrive, and what belongs to the birth of a cluster never", () => {
  const net = new Net();
  const [a, b] = [net.end(0), net.end(1)];
  net.set({ unplugged: [1] });
  for (const packet of [request(), reply(), hello()]) net.send(0, 1, packet);
  net.world.runFor(5);
  expect([a.count.requests, a.count.bytes, a.counted]).toEqual([1, request().length, 1]);
  expect([b.count.requests, b.count.bytes, b.counted]).toEqual([0, 0, 0]);
  net.set({});
  for (const packet of [request(), reply(), hello(), Uint8Array.of(1, 2, 3)]) net.send(0, 1, packet);
  net.world.runFor(5);
  expect([a.count.requests, a.count.bytes, a.counted]).toEqual([2, 2 * request().length, 2]);
  expect([b.count.requests, b.count.bytes, b.counted]).toEqual([0, reply().length, 1]);
  expect(b.arrivals).toHaveLength(4);
});
