import { describe, expect, test } from "vitest";
import { serverId, type ServerId } from "../../src/base/ids.ts";
import { mean, Wire } from "./wire.ts";

describe("delay and loss", () => {
  test("a calm network delivers each packet once, after 0.5 to 1.5 ms", () => {
    const wire = new Wire("ab");
    for (let i = 0; i < 2_000; i += 1) wire.send("a", "b", i % 256);
    const times = wire.run().map(({ time }) => time);
    expect(times).toHaveLength(2_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...times)).toBeLessThan(1.5);
    expect(mean(times)).toBeCloseTo(1, 1);
  });

  test("loss, doubling and corruption come as often as asked", () => {
    const wire = new Wire("ab", { loss: 0.2 });
    for (let i = 0; i < 5_000; i += 1) wire.send("a", "b", 1, 2, 3);
    expect(wire.run().length / 5_000).toBeCloseTo(0.8, 1);
    wire.network.configure({ loss: 0, duplication: 0.3, lateCopy: 0.5, lateCopyMaxMs: 5_000 });
    for (let i = 0; i < 5_000; i += 1) wire.send("a", "b", 1, 2, 3);
    const from = wire.world.now;
    const doubled = wire.run(6_000);
    expect(doubled.length / 5_000).toBeCloseTo(1.3, 1);
    const late = doubled.filter(({ time }) => time - from > 10);
    expect(late.length / 5_000).toBeCloseTo(0.15, 1);
    expect(Math.max(...late.map(({ time }) => time - from))).toBeGreaterThan(4_000);
    wire.network.configure({ duplication: 0, corruption: 0.1 });
    for (let i = 0; i < 5_000; i += 1) wire.send("a", "b", 1, 2, 3);
    const wrong = wire.run().map(({ packet }) => packet.filter((byte, at) => byte !== at + 1).length);
    expect(mean(wrong)).toBeCloseTo(0.1, 1);
    expect(Math.max(...wrong)).toBe(1);
  });

  test("a copy shares no memory with the packet, not even when that is a Buffer", () => {
    const wire = new Wire("ab", { duplication: 1 });
    wire.network.send(serverId("a"), serverId("b"), Buffer.from("same"));
    const packets = wire.run(6_000).map(({ packet }) => packet);
    packets[0]?.fill(0);
    expect(packets).toHaveLength(2);
    expect(String.fromCharCode(...(packets[1] ?? []))).toBe("same");
  });

  test("extra delay has a minimum and a mean, also for one link alone", () => {
    const wire = new Wire("ab");
    wire.network.configureLink(serverId("a"), serverId("b"), { delayMinMs: 10, delayMeanMs: 40 });
    for (let i = 0; i < 4_000; i += 1) wire.send("a", "b", 1);
    wire.send("b", "a", 1);
    const arrivals = wire.run(5_000);
    const times = arrivals.filter(({ to }) => to === "b").map(({ time }) => time);
    expect(Math.min(...times)).toBeGreaterThan(10);
    expect(mean(times) / 51).toBeCloseTo(1, 1);
    expect(arrivals.find(({ to }) => to === "a")?.time).toBeLessThan(2);
    wire.network.calm();
    const from = wire.world.now;
    wire.send("a", "b", 1);
    expect((wire.run()[0]?.time ?? Infinity) - from).toBeLessThan(2);
  });

  test("long reordering holds two thirds of the named packets back", () => {
    const wire = new Wire("ab", { longReorder: (packet) => packet[0] === 1 });
    for (let i = 0; i < 3_000; i += 1) wire.send("a", "b", i % 2);
    const held = wire.run(3_000).filter(({ time }) => time > 10);
    expect(held.every(({ packet, time }) => packet[0] === 1 && time >= 200 && time <= 2_202)).toBe(true);
    expect(held.length / 1_500).toBeCloseTo(2 / 3, 1);
    // Skewed towards the short side: uniform would have 1,200 as its mean.
    expect(mean(held.map(({ time }) => time))).toBeLessThan(800);
  });

  test("with a grain, arrivals meet", () => {
    const wire = new Wire("ab", { grainMs: 1 });
    wire.world.runFor(0.3);
    for (let i = 0; i < 100; i += 1) wire.send("a", "b", i);
    expect([...new Set(wire.run().map(({ time }) => time))]).toEqual([1, 2]);
  });
});

describe("who reaches whom", () => {
  const all = "a>b a>c b>a b>c c>a c>b";

  test("cuts are one-way or both ways, and mended", () => {
    const wire = new Wire("abc");
    const [a, b, c] = wire.ids as [ServerId, ServerId, ServerId];
    expect(wire.reached()).toBe(all);
    wire.network.cutOneWay(a, b);
    expect(wire.reached()).toBe("a>c b>a b>c c>a c>b");
    wire.network.cut(a, c);
    expect(wire.reached()).toBe("b>a b>c c>b");
    expect([wire.network.reaches(a, b), wire.network.reaches(b, a)]).toEqual([false, true]);
    wire.network.cutOneWay(a, b, false);
    wire.network.cut(a, c, false);
    expect(wire.reached()).toBe(all);
  });

  test("isolation, partition and outages add up, and each is lifted on its own", () => {
    const wire = new Wire("abc");
    const [a, b, c] = wire.ids as [ServerId, ServerId, ServerId];
    wire.network.isolate(a, "out");
    expect(wire.reached()).toBe("b>a b>c c>a c>b");
    wire.network.isolate(a);
    expect(wire.reached()).toBe("b>c c>b");
    wire.network.partition([[b], [c]]);
    expect(wire.reached()).toBe("");
    wire.network.rejoin(a);
    expect(wire.reached()).toBe("a>b a>c b>a c>a");
    wire.network.setDown(b, true);
    wire.network.heal();
    expect(wire.reached()).toBe("a>c c>a");
    wire.network.setDown(b, false);
    expect(wire.reached()).toBe(all);
  });

  test("nothing comes between a server and itself", () => {
    const wire = new Wire("ab");
    wire.network.isolate(serverId("a"));
    wire.send("a", "a", 1);
    expect(wire.run()).toHaveLength(1);
  });

  test("a cut takes what is on its way, unless told otherwise", () => {
    const wire = new Wire("ab", { baseMinMs: 5, baseMaxMs: 5 });
    for (const cutLosesInFlight of [true, false]) {
      wire.network.configure({ cutLosesInFlight });
      wire.send("a", "b", 1);
      wire.world.runFor(1);
      wire.network.cut(serverId("a"), serverId("b"));
      wire.send("a", "b", 2);
      expect(wire.run().map(({ packet }) => packet[0])).toEqual(cutLosesInFlight ? [] : [1]);
      wire.network.heal();
    }
  });
});

describe("queues and counters", () => {
  test("a clogged link holds packets and lets them out in a burst, in order", () => {
    const wire = new Wire("abc", { baseMinMs: 1, baseMaxMs: 1 });
    wire.send("a", "b", 0);
    wire.network.clog(serverId("a"), serverId("b"));
    for (let i = 1; i < 6; i += 1) {
      wire.send("a", "b", i);
      wire.world.runFor(10);
    }
    wire.send("a", "c", 9);
    expect(wire.run(1_000).map(({ to }) => to)).toEqual(["c"]);
    expect(wire.network.bytesUnderWay(serverId("a"), serverId("b"))).toBe(6);
    wire.network.unclog(serverId("a"), serverId("b"));
    const burst = wire.run(0);
    expect(burst.map(({ packet }) => packet[0])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(wire.network.bytesUnderWay(serverId("a"), serverId("b"))).toBe(0);
  });

  test("what goes beyond a link's limit is dropped", () => {
    const wire = new Wire("abc", { queueBytesMax: 10 });
    for (let i = 0; i < 5; i += 1) wire.send("a", "b", 1, 2, 3);
    wire.send("a", "c", 1, 2, 3);
    expect(wire.run()).toHaveLength(4);
    for (let i = 0; i < 3; i += 1) wire.send("a", "b", 1, 2, 3);
    expect(wire.run()).toHaveLength(3);
  });

  test("packets and bytes are counted per server and together", () => {
    const wire = new Wire("ab", { loss: 0 });
    const heard: string[] = [];
    const cancel = wire.network.onSend((from, to, packet) => heard.push(`${from}>${to}:${packet.length}`));
    wire.send("a", "b", 1, 2);
    wire.send("a", "nobody", 1, 2, 3);
    wire.send("b", "a", 1);
    cancel();
    wire.run();
    wire.network.isolate(serverId("a"));
    wire.send("a", "b", 1);
    wire.run();
    expect(heard).toEqual(["a>b:2", "a>nobody:3", "b>a:1"]);
    expect(wire.network.counters(serverId("a"))).toEqual({
      packetsSent: 3,
      bytesSent: 6,
      packetsDelivered: 1,
      bytesDelivered: 1,
      packetsDropped: 2,
    });
    expect(wire.network.counters()).toEqual({ packetsSent: 4, bytesSent: 7, packetsDelivered: 2, bytesDelivered: 3, packetsDropped: 2 });
    expect(wire.network.counters(serverId("c")).packetsSent).toBe(0);
  });

  test("a sender that changes a packet after it was sent is noticed", () => {
    const wire = new Wire("ab", {}, { checkBytes: true });
    const packet = Uint8Array.of(1, 2);
    wire.network.send(serverId("a"), serverId("b"), packet);
    packet[0] = 9;
    expect(() => wire.run()).toThrow("was not changed");
  });

  test("one link's chances do not shift another's", () => {
    expect(timesBeside(0)).toEqual(timesBeside(10));
  });
});

/** When packets on one link arrive, while so many are sent on another. */
function timesBeside(others: number): number[] {
  const wire = new Wire("abc");
  for (let i = 0; i < others; i += 1) wire.send("a", "c", 1);
  for (let i = 0; i < 5; i += 1) wire.send("a", "b", 1);
  return wire
    .run()
    .filter(({ to }) => to === "b")
    .map(({ time }) => time);
}
