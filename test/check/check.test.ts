import { describe, expect, test } from "vitest";
import { Check, checkHistory, checkOptions } from "../../src/check/check.ts";
import type { History } from "../../src/check/history.ts";
import { b, get, key, op, put, read, store } from "./histories.ts";

/** Many writes at once, and two reads behind them that disagree about which was the last. */
function hard(writes: number, at = key): History {
  const puts = Array.from({ length: writes }, (_, number) => op(`c${number}`, [0, 9], put(`${number}`, at), {}));
  return store(...puts, op("r", [10, 11], get(at), read("0")), op("r", [12, 13], get(at), read("1")));
}

const easy = store(op("a", [1, 2], put("1", b("easy")), {}), op("a", [3, 4], get(b("easy")), read("2")));

function together(...histories: History[]): History {
  return store(...histories.flatMap(({ operations }) => operations));
}

test("the empty history is linearizable", () => {
  expect(checkHistory(store())).toEqual({
    verdict: "linearizable",
    keys: 0,
    operations: 0,
    steps: 0,
    undecided: [],
    failure: undefined,
  });
});

test("a limit of steps leaves it undecided, and names the keys", () => {
  const result = checkHistory(hard(12), { stepsMax: 1000 });
  expect(result).toMatchObject({ verdict: "undecided", undecided: [key], steps: 1000 });
  expect(checkHistory(hard(12)).verdict).toBe("not linearizable");
});

test("a limit of memory leaves it undecided, and what one key gives back another can use", () => {
  expect(checkHistory(hard(12), { memoMax: 100 })).toMatchObject({ verdict: "undecided", undecided: [key] });
  const sizes = store(op("w", [0, 1], put("x".repeat(10_000)), {}));
  expect(checkHistory(sizes, { memoMax: 100 }).verdict).toBe("undecided");
  expect(checkHistory(sizes, { memoMax: 200 }).verdict).toBe("linearizable");
  const five = [1, 2, 3, 4, 5].map((name) => store(op("w", [0, 1], put("x".repeat(10_000), b(`k${name}`)), {})));
  expect(checkHistory(together(...five), { memoMax: 200 }).verdict).toBe("linearizable");
});

test("an easy refutation is found although another key is hard", () => {
  const result = checkHistory(together(hard(20, b("a hard one")), easy), { stepsMax: 100_000, sliceSteps: 1000 });
  expect(result).toMatchObject({ verdict: "not linearizable", failure: { key: b("easy") }, undecided: [b("a hard one")] });
});

test("a linearizable key does not hide that another is undecided", () => {
  const good = store(op("a", [1, 2], put("1", b("good")), {}));
  const result = checkHistory(together(hard(20), good), { stepsMax: 5000, sliceSteps: 100 });
  expect(result).toMatchObject({ verdict: "undecided", undecided: [key], keys: 2 });
});

test("options are whole numbers, one or more", () => {
  expect(() => checkOptions({ stepsMax: 0 })).toThrow("stepsMax is a whole number, one or more");
  expect(() => checkOptions({ memoMax: 0.5 })).toThrow("memoMax is a whole number, one or more");
});

test("a check runs in slices, says how far it is, and comes to the same", () => {
  const history = together(hard(10), store(op("a", [1, 2], put("1", b("good")), {})));
  const check = new Check(history, checkOptions({ sliceSteps: 10 }));
  expect(check.progress).toEqual({ steps: 0, decided: 0, keys: 2 });
  let slices = 0;
  while (check.run(100) === undefined) slices += 1;
  expect(slices).toBeGreaterThan(3);
  expect(check.progress.decided).toBe(2);
  const { failure, ...result } = check.run(1) ?? {};
  const { failure: wanted, ...expected } = checkHistory(history);
  expect(result).toEqual(expected);
  expect(failure?.key).toBe(wanted?.key);
});

describe("where the search gives up, the second opinion counts", () => {
  /** Unique tokens: judged without a search. */
  const appends = Array.from({ length: 20 }, (_, at) => op(`c${at}`, [0, 9], { op: "append", key, value: b(`${at}.`) }, {}));

  test("for a verdict of yes", () => {
    expect(checkHistory(store(...appends), { stepsMax: 5 }).verdict).toBe("linearizable");
  });

  test("for a verdict of no, with its reason", () => {
    const result = checkHistory(store(...appends, op("r", [10, 11], get(), read("x"))), { stepsMax: 1 });
    expect(result.verdict).toBe("not linearizable");
    expect(result.failure?.reason).toContain('at byte 0 of "x" stands nothing that was appended');
  });
});
