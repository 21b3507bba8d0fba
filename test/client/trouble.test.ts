import { describe, expect, test } from "vitest";
import { type ServerState, TroubleWatch, troubleSentence } from "../../src/client/trouble.ts";
import type { Clock } from "../../src/env/clock.ts";

const up = (server: string): ServerState => ({ server, state: "connected" });
const down = (server: string, why: string): ServerState => ({ server, state: "unreachable", why });
const untried = (server: string): ServerState => ({ server, state: "untried" });

test.each<[readonly ServerState[], string]>([
  [
    [down("a:1", "refused"), down("b:1", "You are wrong."), untried("c:1")],
    "No server of group 4 answers at a:1, b:1, c:1 (a:1: refused; b:1: You are wrong).",
  ],
  [[untried("a:1")], "No server of group 4 answers at a:1."],
  [
    [up("a:1"), down("b:1", "x"), down("c:1", "y")],
    "Group 4 has no leader that can be reached; connected to a:1, and not to a majority (b:1: x; c:1: y).",
  ],
  [[up("a:1"), up("b:1"), down("c:1", "y")], "Group 4 has no leader that can be reached; connected to a:1, b:1, and not to all (c:1: y)."],
  [[up("a:1"), up("b:1")], "All servers of group 4 can be reached (a:1, b:1), and none of them leads it at present."],
])("%j: %s", (servers, sentence) => {
  expect(troubleSentence("group 4", servers)).toBe(sentence);
});

describe("a watch", () => {
  class HandClock implements Clock {
    time = 0;
    readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

    now(): number {
      return this.time;
    }
    wallMs(): number {
      return 0;
    }
    after(ms: number, run: () => void): () => void {
      const timer = { at: this.time + ms, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    }
    pass(ms: number): void {
      const end = this.time + ms;
      for (;;) {
        const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        this.#timers.delete(next);
        this.time = next.at;
        next.run();
      }
      this.time = end;
    }
  }

  function watched(): { readonly clock: HandClock; readonly watch: TroubleWatch; readonly told: number[] } {
    const [clock, told] = [new HandClock(), [] as number[]];
    return { clock, told, watch: new TroubleWatch(clock, 2000, () => told.push(clock.time)) };
  }

  test("tells after a while, then after twice as long, and once a minute at last", () => {
    const { clock, watch, told } = watched();
    watch.busy(true);
    clock.pass(250_000);
    expect(told).toEqual([2000, 4000, 8000, 16_000, 32_000, 64_000, 124_000, 184_000, 244_000]);
  });

  test("tells nothing while calls are answered, and begins anew behind the last answer", () => {
    const { clock, watch, told } = watched();
    watch.busy(true);
    for (let i = 0; i < 10; i += 1) {
      clock.pass(1500);
      watch.answered();
    }
    expect(told).toEqual([]);
    clock.pass(5000);
    expect(told).toEqual([17_000, 19_000]);
  });

  test("tells nothing of an idle client, nor of one that has ended", () => {
    const { clock, watch, told } = watched();
    watch.busy(true);
    watch.busy(false);
    clock.pass(60_000);
    watch.busy(true);
    clock.pass(1000);
    watch.stop();
    clock.pass(60_000);
    expect(told).toEqual([]);
  });
});
