import { describe, expect, test } from "vitest";
import type { Bytes } from "../../src/check/byte-string.ts";
import { checkHistory } from "../../src/check/check.ts";
import { type ExplainedFailure, explainFailure } from "../../src/check/explain.ts";
import type { History } from "../../src/check/history.ts";
import { layOut } from "../../src/check/layout.ts";
import { partition } from "../../src/check/partition.ts";
import { escapeHtml } from "../../src/check/html-page.ts";
import { failureHtml } from "../../src/check/render-html.ts";
import { failureText } from "../../src/check/render-text.ts";
import { b, get, op, put, read, store } from "./histories.ts";

function explained(history: History): ExplainedFailure {
  const { failure } = checkHistory(history);
  if (failure === undefined) throw new Error("the history of this test is wrong on purpose");
  return explainFailure(failure);
}

/** A stale read beside other things. */
const stale = store(
  op("a", [1, 2], put("1"), { existed: false }),
  op("b", [3, 6], put("2"), {}),
  op("a", [4, 5], get(), read("2")),
  op("c", [7, 8], get(), read("1")),
  op("d", [2.5, 0], put("3"), "unknown"),
  op("a", [10, 11], get(), read("2")),
);

test("a failure as text: bars over time, the longest order, and why nothing comes next", () => {
  expect(failureText(explained(stale))).toBe(
    `key "k": no order of its 6 operations fits

  client a  [1]     [3]
  client b        [2----]
  client c                [a]
  client d      [b~~~~~~~~~~~~~>
                            ^ a returns here, and has no place

the longest order that fits:
  1  client a  put "1": it did not exist  then the key holds "1"
  2  client b  put "2": done              then the key holds "2"
  3  client a  get: read "2"              then the key holds "2"
the key holds "2", and nothing goes on from there:
  a  client c  get: read "1"              does not fit: it read "1"
  b  client d  put "3": outcome unknown   could come next, but no order goes on from there
  (not shown: 1 called later)
`,
  );
});

describe("lanes", () => {
  const layout = layOut(
    partition(
      store(
        op("10", [1, 5], put("1")),
        op("9", [2, 3], put("2")),
        op("10", [4, 6], put("3")),
        op("x", [7, 0], put("4"), "unknown"),
        op("10", [8, 9], put("5")),
      ),
    )[0]?.operations ?? [],
  );

  test("are one for each client, and more where its operations overlap; numbers come in their order, before names", () => {
    expect(layout.lanes).toEqual(["9", "10", "10", "x"]);
  });

  test("hold bars from call to return, which do not overlap", () => {
    expect(layout.bars).toEqual([
      { operation: 0, lane: 1, from: 0, to: 4 },
      { operation: 1, lane: 0, from: 1, to: 2 },
      { operation: 2, lane: 2, from: 3, to: 5 },
      { operation: 3, lane: 3, from: 6, to: undefined },
      { operation: 4, lane: 1, from: 7, to: 8 },
    ]);
    expect(layout.width).toBe(9);
  });
});

/** Everything that a page could be broken with. */
const hostile = `</script><img src=x onerror="alert(1)">'&\u0000\u202e`;

describe("a failure as a page", () => {
  const page = failureHtml(
    hostile,
    explained(
      store(
        op(hostile, [1, 2], put(hostile, b(hostile)), {}),
        op("'\"><b>", [3, 4], get(b(hostile)), read(`${hostile}!`)),
        op("c", [5, 6], put("\ud7ff", b(hostile)), {}),
        { ...op("d", [0, 0], put("", b(hostile)), "unknown"), command: { op: "put", key: b(hostile), value: "\xff\xfe<" as Bytes } },
      ),
    ),
  );

  test("stands alone: it loads nothing, and forbids that it could", () => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/\b(?:src|href)\s*=\s*["']?(?!x onerror)/i);
    expect(page).not.toMatch(/url\(|@import|https?:|fetch\(|XMLHttp/);
  });

  test("contains nothing of what was recorded but as text", () => {
    expect(page.match(/<(?:img|b)\b/g)).toBe(null);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(page).not.toContain('onerror="');
    for (const char of ["\u0000", "\u202e"]) expect(page).not.toContain(char);
    expect(page).toContain("&lt;/script&gt;&lt;img");
  });

  test("has a bar for each operation, with what it says and its part in each order", () => {
    const bars = [
      ...page.matchAll(/<g class="bar ([a-z ]*)" tabindex="0" data-text="([^"]*)" data-roles="([^"]*)" data-notes="([^"]*)">/g),
    ];
    expect(bars.map(([, role]) => role)).toEqual(["other pending", "placed", "stuck", "late"]);
    for (const [, , , roles, notes] of bars) {
      expect(() => [JSON.parse((roles ?? "").replaceAll("&quot;", '"')), JSON.parse(unescaped(notes ?? ""))]).not.toThrow();
    }
  });
});

function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

test("a very long history is drawn around the place where it breaks", () => {
  const writes = Array.from({ length: 5000 }, (_, at) => op("w", [2 * at, 2 * at + 1], put(`${at}`), {}));
  const page = failureHtml("long", explained(store(...writes, op("r", [10_000, 10_001], get(), read("0")))));
  expect(page.match(/class="bar /g)).toHaveLength(1500);
  expect(page).toContain("3501 operations that are far from where it breaks are not drawn.");
  expect(page).toContain('class="bar stuck"');
});

test("a search that was given up is shown with what the second opinion says", () => {
  const appends = Array.from({ length: 20 }, (_, at) => op(`c${at}`, [0, 9], { op: "append", key: b("k"), value: b(`${at}.`) }, {}));
  const { failure } = checkHistory(store(...appends, op("r", [10, 11], get(), read("x"))), { stepsMax: 1 });
  const nothing: ExplainedFailure = { failure: failure as ExplainedFailure["failure"], explanations: [] };
  expect(failureText(nothing)).toMatch(/^key "k": no order of its 21 operations fits\n {2}client r's get/);
  expect(failureHtml("given up", nothing)).toContain("The search was given up before it had come to where it breaks.");
});

test("escaping leaves no markup and no control characters", () => {
  expect(escapeHtml(`<a b="c" d='e'>&\u0001\u009f\ud800 é🙂\n`)).toBe(
    "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd\ufffd\ufffd é🙂\n",
  );
});
