import fc from "fast-check";
import { expect, test } from "vitest";
import { afterPrefix, compareBytes } from "../../src/base/bytes.ts";
import { SortedRows } from "../../src/base/sorted-rows.ts";

// Few different bytes, so that keys meet and are each other's prefixes.
const key = fc.array(fc.constantFrom(0, 1, 0x7f, 0xff), { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes));
const rows = fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 5 })), { maxLength: 60 });

type Row = { readonly key: Uint8Array; readonly value: Uint8Array };

/** The slow model: every row is looked at. */
function sorted(pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Row[] {
  const found = new Map(pairs.map(([name, value]) => [String(name), { key: name, value }]));
  return [...found.values()].toSorted((a, b) => compareBytes(a.key, b.key));
}

function rowsOf(pairs: readonly (readonly [Uint8Array, Uint8Array])[]): SortedRows {
  const made = new SortedRows();
  for (const [name, value] of pairs) made.set(name, value);
  return made;
}

test("rows are found one by one and all in order", () => {
  fc.assert(
    fc.property(rows, key, (pairs, other) => {
      const made = rowsOf(pairs);
      const model = sorted(pairs);
      expect([...made.rows()]).toEqual(model);
      expect(made.size).toBe(model.length);
      expect(made.get(other)).toEqual(model.find((row) => compareBytes(row.key, other) === 0)?.value);
      made.delete(other);
      expect([...made.rows()]).toEqual(model.filter((row) => compareBytes(row.key, other) !== 0));
    }),
  );
});

test("a copy and what it was made from do not see each other's changes", () => {
  fc.assert(
    fc.property(rows, rows, rows, (before, some, others) => {
      const made = rowsOf(before);
      const copy = made.copy();
      for (const [name, value] of some) made.set(name, value);
      for (const [name] of others) copy.delete(name);
      expect([...made.rows()]).toEqual(sorted([...before, ...some]));
      const left = sorted(before).filter((row) => !others.some(([name]) => compareBytes(name, row.key) === 0));
      expect([...copy.rows()]).toEqual(left);
    }),
  );
});

test("pages of a range hold all of it, each within its limits but for one row", () => {
  const limit = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(rows, key, fc.option(key, { nil: undefined }), limit, limit, (pairs, from, to, rowsMax, bytesMax) => {
      const made = rowsOf(pairs);
      const found: Row[] = [];
      for (let next: Uint8Array | undefined = from; next !== undefined;) {
        const page = made.page(next, to, rowsMax, bytesMax);
        const bytes = page.rows.reduce((sum, row) => sum + row.key.length + row.value.length, 0);
        expect(page.rows.length <= rowsMax && (bytes <= bytesMax || page.rows.length === 1)).toBe(true);
        expect(page.next === undefined || page.rows.length > 0).toBe(true);
        found.push(...page.rows);
        next = page.next;
      }
      const model = sorted(pairs).filter((row) => compareBytes(row.key, from) >= 0 && (to === undefined || compareBytes(row.key, to) < 0));
      expect(found).toEqual(model);
    }),
  );
});

test("the keys with a prefix are its first ones or its last ones", () => {
  fc.assert(
    fc.property(rows, key, fc.nat(10), fc.boolean(), (pairs, prefix, rowsMax, last) => {
      const to = afterPrefix(prefix);
      const inside = sorted(pairs)
        .map((row) => row.key)
        .filter((name) => compareBytes(name, prefix) >= 0 && (to === undefined || compareBytes(name, to) < 0));
      const expected = last ? inside.toReversed().slice(0, rowsMax) : inside.slice(0, rowsMax);
      expect(rowsOf(pairs).keysOf(prefix, rowsMax, last)).toEqual(expected);
    }),
  );
});
