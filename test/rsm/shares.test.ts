import { describe, expect, test } from "vitest";
import { type ServerId, serverId } from "../../src/base/ids.ts";
import { Shares } from "../../src/rsm/shares.ts";

const client = (number: number): ServerId => serverId(`client/${number}`);

/** Lets a client have as many calls as it is given. */
function fill(shares: Shares, who: ServerId, bytes = 0): number {
  let calls = 0;
  for (; shares.admits(who, bytes); calls += 1) shares.enter(who, bytes);
  return calls;
}

describe("shares", () => {
  test("give a client alone half of all", () => {
    expect(fill(new Shares({ callsMax: 100, bytesMax: 1 }), client(0))).toBe(50);
  });

  test("let somebody in who has nothing, however many have taken what they get", () => {
    const shares = new Shares({ callsMax: 4096, bytesMax: 1 });
    for (let greedy = 0; greedy < 100; greedy += 1) expect(fill(shares, client(greedy))).toBeGreaterThanOrEqual(4);
    expect(shares.calls).toBeLessThan(2 * 4096);
  });

  test("become equal, as what was given is given back and asked for again", () => {
    const shares = new Shares({ callsMax: 1000, bytesMax: 1 });
    const greedy = [0, 1, 2, 3].map(client);
    const held = greedy.map((who) => fill(shares, who));
    for (let turn = 0; turn < 10_000; turn += 1) {
      const at = turn % greedy.length;
      if (held[at] === 0) continue;
      shares.leave(greedy[at] as ServerId, 0);
      held[at] = (held[at] as number) - 1;
      for (const [other, who] of greedy.entries()) held[other] = (held[other] as number) + fill(shares, who);
    }
    expect(Math.max(...held) - Math.min(...held)).toBeLessThan(3);
    expect(Math.min(...held)).toBeGreaterThan(198);
  });

  test("count bytes in the same way", () => {
    const shares = new Shares({ callsMax: 1000, bytesMax: 100 });
    expect([fill(shares, client(0), 20), fill(shares, client(1), 20), shares.bytes]).toEqual([3, 1, 80]);
    expect([shares.admits(client(0), 20), shares.admits(client(2), 20)]).toEqual([false, true]);
    expect(new Shares({ callsMax: 1, bytesMax: 1 }).admits(client(0), 5000)).toBe(true);
  });

  test("let in what is small where large ones have taken everything", () => {
    const shares = new Shares({ callsMax: 1024, bytesMax: 102_400 });
    for (let greedy = 0; greedy < 20; greedy += 1) fill(shares, client(greedy), 10_000);
    expect([shares.admits(client(20), 10_000), shares.admits(client(20), 100)]).toEqual([false, true]);
  });

  test("give back what is over", () => {
    const shares = new Shares({ callsMax: 4, bytesMax: 100 });
    fill(shares, client(0), 7);
    shares.leave(client(0), 7);
    expect([shares.calls, shares.bytes, shares.admits(client(0), 7)]).toEqual([1, 7, true]);
    shares.leave(client(0), 7);
    expect([shares.calls, shares.bytes]).toEqual([0, 0]);
    expect(() => shares.leave(client(0), 7)).toThrow("who leaves has entered");
  });
});
