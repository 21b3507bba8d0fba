import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Case } from "../../src/lab/case.ts";
import { ProgressReporter } from "../../src/lab/progress.ts";
import { type CaseResult, noTotals, type Reporter } from "../../src/lab/result.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const which: Case = { number: 3, title: "Long", runs: [] };
const played = { suite: "toy", world: "fake", seed: 1, number: 3, title: "Long" };
const rest = { reason: undefined, evidence: undefined, kept: undefined, invalid: 0, figures: [], cpuMs: 0 };
const result: CaseResult = { ...played, ...rest };

function reporter(isTerminal: boolean): { progress: Reporter; screen: string[]; heard: string[] } {
  const screen: string[] = [];
  const heard: string[] = [];
  const inner: Reporter = {
    seedBegins: () => heard.push("seed"),
    caseBegins: () => heard.push("begin"),
    caseRepeats: () => heard.push("repeat"),
    caseEnds: () => heard.push("end"),
    allEnded: () => heard.push("all"),
  };
  return { progress: new ProgressReporter(inner, { write: (text) => void screen.push(text), isTerminal }), screen, heard };
}

test("on a terminal a case that takes more than two seconds shows up on one line, which is wiped at its end", () => {
  const { progress, screen } = reporter(true);
  progress.caseBegins("toy", which);
  vi.advanceTimersByTime(1_999);
  expect(screen).toEqual([]);
  vi.advanceTimersByTime(1_500);
  expect(screen).toEqual(["\rtoy 3 has been running for 2.0 s", "\rtoy 3 has been running for 3.0 s"]);
  progress.caseEnds(result);
  expect(screen.at(-1)).toBe("\r\u001b[K");
  vi.advanceTimersByTime(60_000);
  expect(screen).toHaveLength(3);
});

test("elsewhere it is a line every ten seconds", () => {
  const { progress, screen } = reporter(false);
  progress.caseBegins("toy", which);
  vi.advanceTimersByTime(25_000);
  progress.caseEnds(result);
  expect(screen).toEqual(["toy 3 has been running for 10.0 s\n", "toy 3 has been running for 20.0 s\n"]);
});

test("a quick case leaves no trace, and everything is handed on", () => {
  const { progress, screen, heard } = reporter(true);
  progress.seedBegins("toy", { name: "fake", isRealTime: false }, 1);
  progress.caseBegins("toy", which);
  progress.caseRepeats({ ...played, reason: "three is not four", evidence: undefined, stall: { who: "the runner", ms: 200 } });
  progress.caseEnds(result);
  progress.allEnded("toy", 1, noTotals);
  expect(screen).toEqual([]);
  expect(heard).toEqual(["seed", "begin", "repeat", "end", "all"]);
});
