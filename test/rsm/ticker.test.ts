import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { Clock } from "../../src/env/clock.ts";
import { lastIndex, lastTerm } from "../../src/raft/log.ts";
import { Ticker } from "../../src/rsm/ticker.ts";
import { HandClock, type Input, type Ticking, withEveryTick, withTicker } from "./ticker-rig.ts";

vi.setConfig({ testTimeout: 60_000 });

const to = replicaId(0);

/** What can happen to a core, chosen by two numbers. */
const inputs: readonly ((from: 1 | 2, b: number) => Input)[] = [
  // A vote for the core, in its term.
  (from) => (raft) => raft.step({ kind: "pre_vote_reply", from: replicaId(from), to, term: raft.state.term + 1, granted: true }),
  (from) => (raft) => raft.step({ kind: "vote_reply", from: replicaId(from), to, term: Math.max(1, raft.state.term), granted: true }),
  // A leader of a newer term, or of this one.
  (from, b) => (raft) => {
    const term = raft.state.term + (raft.state.role === "leader" ? 1 : b % 2) || 1;
    const prev = { prevIndex: lastIndex(raft.state.log), prevTerm: lastTerm(raft.state.log) };
    raft.step({ kind: "append", from: replicaId(from), to, term, ...prev, commit: prev.prevIndex, round: b, entries: [] });
  },
  // Somebody asks for a vote, or whether he would get one.
  (from, b) => (raft) => {
    const asked = { term: raft.state.term + 1, lastIndex: b * 3, lastTerm: b };
    raft.step({ kind: "vote", from: replicaId(from), to, ...asked, transfer: b > 1 });
  },
  (from, b) => (raft) =>
    raft.step({ kind: "pre_vote", from: replicaId(from), to, term: raft.state.term + 1, lastIndex: b * 3, lastTerm: b }),
  // A follower answers.
  (from, b) => (raft) => {
    const { term, round, log } = raft.state;
    const match = Math.max(0, lastIndex(log) - b);
    raft.step({ kind: "append_reply", from: replicaId(from), to, term: Math.max(1, term), round, accepted: true, match });
  },
  () => (raft) => raft.propose(new Uint8Array(1)),
  (_, b) => (raft) => raft.readIndex(b),
];

const happening = fc.record({
  ms: fc.oneof(fc.nat(20), fc.nat(200), fc.nat(900)),
  what: fc.nat(inputs.length - 1),
  from: fc.constantFrom(1 as const, 2 as const),
  b: fc.nat(3),
});

describe("a ticker that sleeps over ticks", () => {
  test("and one that makes each of them cannot be told apart", () => {
    let led = 0;
    const property = fc.property(fc.array(happening, { maxLength: 60, size: "max" }), fc.nat(7), fc.nat(), (happenings, eighths, seed) => {
      // Inputs come at whole milliseconds and ticks, of 12.5 ms, between them.
      const phase = (eighths + 0.5) / 8;
      const ends = [withTicker, withEveryTick].map((make) => {
        const clock = new HandClock();
        const ticking = make(clock, 12.5, phase, seed);
        for (const { ms, what, from, b } of happenings) {
          clock.runUntil(clock.now() + ms);
          ticking.input(inputs[what]?.(from, b) as Input);
        }
        clock.runUntil(clock.now() + 2_000);
        if (ticking.log.some((line) => line.includes(" leader "))) led += 1;
        return ticking;
      });
      const [sleeping, plain] = ends as [Ticking, Ticking];
      expect(sleeping.log).toEqual(plain.log);
    });
    fc.assert(property, { numRuns: 300 });
    expect(led).toBeGreaterThan(0);
  });

  test("makes up the ticks before an input: the core's counters are right", () => {
    const clock = new HandClock();
    const ticking = withTicker(clock, 10, 0.5, 7);
    clock.runUntil(104);
    ticking.input(() => {});
    expect(ticking.raft.state.electionElapsed).toBe(9 + 1);
  });
});

/** A ticker over counters: something is due every `every` ticks. */
function counting(clock: HandClock, every: number, phase = 0): { ticks: number; wakes: number; ticker: Ticker } {
  const counter = { ticks: 0, wakes: 0, ticker: undefined as unknown as Ticker };
  const ticked = { tick: () => (counter.ticks += 1), ticksToSleep: () => every - (counter.ticks % every) };
  const wake = (): void => {
    counter.wakes += 1;
    counter.ticker.catchUp();
    counter.ticker.sleep();
  };
  counter.ticker = new Ticker(clock, 10, phase, ticked, wake);
  counter.ticker.sleep();
  return counter;
}

describe("time", () => {
  test("does not run wild after a long pause: ticks are made until something happens, and the rest is forgotten", () => {
    const clock = new HandClock();
    const counter = counting(clock, 30);
    clock.runUntil(100);
    expect(counter.ticks).toBe(0);
    clock.leap(100_000);
    clock.runUntil(clock.now());
    expect(counter.ticks).toBe(30);
    clock.runUntil(clock.now() + 299);
    expect(counter.ticks).toBe(30);
    clock.runUntil(clock.now() + 1);
    expect(counter.ticks).toBe(60);
  });

  test("is kept by one timer that wakes when something is due", () => {
    const clock = new HandClock();
    const counter = counting(clock, 30);
    clock.runUntil(3_000);
    expect(counter.ticks).toBe(300);
    expect(counter.wakes).toBe(10);
    expect(clock.waiting).toBe(1);
    counter.ticker.stop();
    expect(clock.waiting).toBe(0);
    clock.runUntil(6_000);
    expect(counter.ticks).toBe(300);
  });

  test("passes whatever the clock's last digit is", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(29),
        (start, phase, every) => {
          const clock = new HandClock(start);
          const counter = counting(clock, every + 1, phase);
          clock.runUntil(start + 20_000);
          expect(Math.abs(counter.ticks - 2_000)).toBeLessThanOrEqual(every + 1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("time that passed before it starts does not count", () => {
  let now = 0;
  let ticks = 0;
  const clock: Clock = { now: () => now, wallMs: () => 0, after: () => () => {} };
  const ticker = new Ticker(clock, 10, 0.5, { tick: () => void (ticks += 1), ticksToSleep: () => 50 }, () => {});
  now = 1000;
  ticker.start();
  ticker.catchUp();
  expect(ticks).toBe(0);
  now = 1005;
  ticker.catchUp();
  expect(ticks).toBe(1);
});
