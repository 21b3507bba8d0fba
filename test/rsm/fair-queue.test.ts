import { describe, expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { serverId, type ServerId } from "../../src/base/ids.ts";
import { FairQueue } from "../../src/rsm/fair-queue.ts";

const client = (number: number): ServerId => serverId(`client ${number}`);

describe("a fair queue", () => {
  test("gives every client its turn after every other, and keeps the order of each", () => {
    const queue = new FairQueue<string>();
    for (const item of ["a1", "a2", "a3", "a4"]) queue.push(client(0), item);
    for (const item of ["b1", "b2"]) queue.push(client(1), item);
    expect([queue.take(), queue.take(), queue.take()]).toEqual(["a1", "b1", "a2"]);
    queue.push(client(2), "c1");
    expect([queue.count, queue.takeAll(), queue.count, queue.take()]).toEqual([4, ["b2", "c1", "a3", "a4"], 0, undefined]);
  });

  test("counts what things cost: who asks for little has many turns while another has one", () => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 3; i += 1) queue.push(client(0), "much", 10);
    for (let i = 0; i < 30; i += 1) queue.push(client(1), "little", 1);
    const order = queue.takeAll();
    expect(order.map((item) => (item === "much" ? "M" : ".")).join("")).toBe(".........M..........M..........M.");
  });

  test("has nobody who comes anew wait for those who ask for much", () => {
    const queue = new FairQueue<string>();
    for (let many = 0; many < 20; many += 1) for (let i = 0; i < 3; i += 1) queue.push(client(many), "much", 1000);
    for (let i = 0; i < 50; i += 1) {
      queue.push(client(100), "little", 1);
      expect(queue.take()).toBe("little");
      expect(queue.take()).toBe("much");
    }
  });

  test("does not pay those who come anew for the time when they asked for nothing", () => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 10; i += 1) queue.push(client(0), "a");
    for (let i = 0; i < 6; i += 1) queue.take();
    for (let i = 0; i < 4; i += 1) queue.push(client(1), "b");
    expect(queue.takeAll().join("")).toBe("abababab");
  });

  test("knows what somebody was given also when nothing of his waits for a moment", () => {
    const queue = new FairQueue<string>();
    for (let many = 0; many < 3; many += 1) queue.push(client(many), "much", 100);
    const order = Array.from({ length: 4 }, () => {
      queue.push(client(9), "less", 40);
      return queue.take();
    });
    expect(order).toEqual(["less", "less", "much", "much"]);
  });

  test("owes nobody anything once nothing waits", () => {
    const queue = new FairQueue<string>();
    queue.push(client(0), "much", 100);
    queue.take();
    queue.push(client(0), "a1");
    queue.push(client(1), "b1");
    expect(queue.takeAll()).toEqual(["a1", "b1"]);
  });

  test("gives everybody the same, however many come and go", () => {
    const rng = new Rng("turns");
    const queue = new FairQueue<{ readonly client: number; readonly cost: number }>();
    const costs = [1, 7, 40, 1000];
    const given = costs.map(() => 0);
    const add = (number: number): void => queue.push(client(number), { client: number, cost: costs[number] ?? 1 }, costs[number] ?? 1);
    for (let number = 0; number < costs.length; number += 1) add(number);
    for (let i = 0; i < 20_000; i += 1) {
      // Somebody who comes once, and those who always want more.
      if (rng.chance(0.2)) queue.push(client(100 + i), { client: 100 + i, cost: 5 }, 5);
      const taken = queue.take();
      if (taken === undefined || taken.client >= costs.length) continue;
      given[taken.client] = (given[taken.client] ?? 0) + taken.cost;
      add(taken.client);
    }
    expect(Math.min(...given)).toBeGreaterThan(5000);
    expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(1000);
  });
});
