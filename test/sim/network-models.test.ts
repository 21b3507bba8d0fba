import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { labrpcModel, sliceModel } from "../../src/sim/network/models.ts";
import { mean, Wire } from "./wire.ts";

function isRequest(packet: Uint8Array): boolean {
  return packet[0] === 0;
}

describe("the courses' networks", () => {
  test("labrpc: requests late, a tenth of requests and of replies lost, replies out of order", () => {
    const wire = new Wire("ab");
    wire.network.configure(labrpcModel({ unreliable: true, longReordering: false, isRequest }));
    for (let i = 0; i < 6_000; i += 1) wire.send("a", "b", i % 2);
    const arrivals = wire.run(100);
    const times = (kind: number): number[] => arrivals.filter(({ packet }) => packet[0] === kind).map(({ time }) => time);
    expect(times(0).length / 3_000).toBeCloseTo(0.9, 1);
    expect(times(1).length / 3_000).toBeCloseTo(0.9, 1);
    expect(mean(times(0)) / 14).toBeCloseTo(1, 1);
    expect(Math.max(...times(0))).toBeLessThan(27.5);
    expect(Math.max(...times(1))).toBeLessThan(1.5);
    wire.network.configure(labrpcModel({ unreliable: false, longReordering: true, isRequest }));
    const from = wire.world.now;
    for (let i = 0; i < 3_000; i += 1) wire.send("a", "b", i % 2);
    const held = wire.run(3_000).filter(({ time }) => time - from > 150);
    expect(held.every(({ packet }) => packet[0] === 1)).toBe(true);
    expect(held.length / 1_500).toBeCloseTo(2 / 3, 1);
  });

  test("slices: each server is down for a tenth of them, and slow otherwise", () => {
    const wire = new Wire("ab");
    const cancel = sliceModel(wire.world, wire.network, wire.ids, new Rng(3));
    const delays: number[] = [];
    let silent = 0;
    for (let slice = 0; slice < 1_000; slice += 1) {
      const from = wire.world.now;
      wire.send("a", "b", 1);
      const [arrival] = wire.run(100);
      if (arrival === undefined) silent += 1;
      else delays.push(arrival.time - from);
    }
    // Either end may be down.
    expect(silent / 1_000).toBeCloseTo(0.19, 1);
    expect(mean(delays) / 14).toBeCloseTo(1, 1);
    expect(Math.max(...delays)).toBeGreaterThan(20);
    cancel();
    for (let i = 0; i < 100; i += 1) wire.send("a", "b", 1);
    expect(wire.run(5)).toHaveLength(100);
  });
});
