import { describe, expect, test } from "vitest";
import { Pace } from "../../../src/shardkv/leader/pace.ts";

const full = { rows: 250, bytes: 30_000 };

/** One after the other, so many of `names` as may begin. */
function begun(pace: Pace, lane: string, count: number, now: number): number {
  return Array.from({ length: count }, (_, at) => pace.begin(lane, `${lane} ${at}`, now)).filter((pages) => pages > 0).length;
}

/** Works off a page, which takes from one time to another; whether it began. */
function work(pace: Pace, name: string, from: number, to: number, size = full): boolean {
  if (pace.begin("a", name, from) === 0) return false;
  pace.proposed(name, `takes ${name}`, size);
  pace.settle(() => false, to);
  return true;
}

describe("pages that are under way at once", () => {
  test("are two before anything is known of a lane, and one where the last page was full", () => {
    const pace = new Pace();
    expect(begun(pace, "a", 8, 0)).toBe(2);
    expect(begun(pace, "b", 8, 0)).toBe(2);
    pace.proposed("a 0", "first", full);
    pace.settle(() => false, 1);
    expect(pace.begin("a", "a 7", 1)).toBe(0);
    pace.leave("a 1");
    expect(begun(pace, "a", 8, 1)).toBe(1);
  });

  test.each([
    [{ rows: 256, bytes: 100 }, 1],
    [{ rows: 85, bytes: 100 }, 3],
    [{ rows: 1, bytes: 100 }, 8],
    [{ rows: 0, bytes: 0 }, 8],
    [{ rows: 1, bytes: 64 * 1024 }, 2],
    [{ rows: 1, bytes: 1024 * 1024 }, 1],
  ])("are as many as are a full one together: after %o %i", (size, count) => {
    const pace = new Pace();
    expect(work(pace, "page", 0, 1, size)).toBe(true);
    expect(begun(pace, "a", 20, 1)).toBe(count);
  });

  test("are so until what takes them in is applied, or nobody waits for it", () => {
    const pace = new Pace();
    work(pace, "first", 0, 1);
    expect(pace.begin("a", "second", 1)).toBe(1);
    expect(pace.begin("a", "second", 1)).toBe(0);
    pace.settle(() => false, 2);
    expect(pace.begin("a", "third", 2)).toBe(0);
    pace.proposed("second", "takes second", full);
    pace.settle((command) => command === "takes second", 3);
    expect(pace.begin("a", "third", 3)).toBe(0);
    pace.settle((command) => command === "takes first", 4);
    expect(pace.begin("a", "third", 4)).toBe(1);
  });

  test("are forgotten with the term", () => {
    const pace = new Pace();
    work(pace, "first", 0, 1);
    pace.served();
    work(pace, "second", 1, 10);
    expect([begun(pace, "a", 8, 10), pace.restsUntil]).toEqual([0, 37]);
    pace.clear();
    expect(begun(pace, "a", 8, 10)).toBe(2);
  });
});

describe("a leader", () => {
  test("does not rest where no client is", () => {
    const pace = new Pace();
    for (let now = 0; now < 100; now += 10) expect(work(pace, "page", now, now + 10)).toBe(true);
  });

  test("rests after each page for three times as long as it took, in every lane, while clients are served", () => {
    const pace = new Pace();
    pace.served();
    expect(work(pace, "page", 0, 30)).toBe(true);
    expect(pace.restsUntil).toBe(120);
    expect([begun(pace, "a", 8, 119), begun(pace, "b", 8, 119)]).toEqual([0, 0]);
    expect([begun(pace, "a", 8, 120), begun(pace, "b", 8, 120)]).toEqual([1, 2]);
  });

  test.each([
    [90, 1, 10 + 24.3, 1],
    [10, 1, 10 + 7.5, 1],
    [10, 2, 10 + 10 / 3, 8],
    [0, 3, 10, 8],
  ])(
    "with %i clients served and %i refused for what has not come, rests until %d and then has %i at once",
    (served, refused, until, most) => {
      const pace = new Pace();
      for (let i = 0; i < served; i += 1) pace.served();
      for (let i = 0; i < refused; i += 1) pace.awaited();
      expect(work(pace, "page", 0, 10)).toBe(true);
      expect(Math.max(10, pace.restsUntil)).toBeCloseTo(until);
      expect(begun(pace, "a", 20, until)).toBe(most);
    },
  );

  test("asks for pages that are larger where most clients wait for them", () => {
    const pace = new Pace();
    pace.served();
    expect(pace.begin("a", "first", 0)).toBe(1);
    pace.awaited();
    expect(pace.begin("a", "second", 0)).toBe(4);
  });

  test("rests again when nobody has waited for a while", () => {
    const pace = new Pace();
    pace.awaited();
    expect(work(pace, "first", 0, 10)).toBe(true);
    pace.settle(() => false, 500);
    pace.served();
    expect(work(pace, "second", 1000, 1010)).toBe(true);
    expect([pace.restsUntil, begun(pace, "a", 8, 1010)]).toEqual([1040, 0]);
  });

  test("does not rest for a question that brought no page", () => {
    const pace = new Pace();
    pace.served();
    pace.begin("a", "page", 0);
    pace.leave("page");
    expect(pace.begin("a", "page", 30)).toBe(1);
  });

  test("goes on at once when clients have been gone for half a second", () => {
    const pace = new Pace();
    pace.served();
    work(pace, "page", 0, 10);
    expect(work(pace, "page", 40, 509)).toBe(true);
    expect(work(pace, "page", 998, 1010)).toBe(true);
    expect(pace.begin("a", "page", 1010)).toBe(1);
  });

  test("rests for a second at most", () => {
    const pace = new Pace();
    pace.begin("a", "page", 0);
    pace.served();
    pace.end("page", 5000);
    expect(pace.restsUntil).toBe(6000);
  });
});
