import fc from "fast-check";
import { expect, test } from "vitest";
import { merged } from "../../src/client/routed-page.ts";
import type { ScanResult, ScanRow } from "../../src/shardkv/results.ts";

const row = (key: number): ScanRow => ({ key: Uint8Array.of(key), value: Uint8Array.of(), version: 1 });
const keysOf = ({ rows }: ScanResult): number[] => rows.map(({ key }) => key[0] as number);

/** The pages of groups that have these keys, each of at most so many rows, behind a cursor. */
function pagesOf(groups: readonly (readonly number[])[], most: readonly number[], cursor: number): ScanResult[] {
  return groups.map((keys, at) => {
    const behind = keys.filter((key) => key > cursor);
    const rows = behind.slice(0, most[at]).map(row);
    return { ok: true, op: "scan", rows, cursor: behind.length > rows.length ? rows.at(-1)?.key : undefined };
  });
}

test("pages of several groups, page after page, are every key once and in order", () => {
  const spread = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
  const most = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(spread, most, fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), (keys, limits, limit) => {
      const sorted = keys.toSorted((a, b) => a - b);
      const groups = [0, 1, 2].map((group) => sorted.filter((key) => key % 3 === group));
      const seen: number[] = [];
      for (let cursor: number | undefined = -1; cursor !== undefined;) {
        const page: ScanResult = merged(pagesOf(groups, limits, cursor), limit);
        expect(page.rows.length).toBeLessThanOrEqual(limit ?? Infinity);
        seen.push(...keysOf(page));
        cursor = page.cursor?.[0];
      }
      expect(seen).toEqual(sorted);
    }),
  );
});
