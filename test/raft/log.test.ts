import fc from "fast-check";
import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import {
  appendEntries,
  entriesBetween,
  entriesWithin,
  holds,
  isUpToDate,
  lastIndex,
  lastNotAbove,
  lastTerm,
  type Log,
  openLog,
  termAt,
} from "../../src/raft/log.ts";
import { membership } from "../../src/raft/membership.ts";
import { type Entry, entryBytes, type Mark } from "../../src/raft/types.ts";

const group = membership([replicaId(1)]);

/** A log behind a mark: rises of the term from one entry to the next, and sizes. */
const logs = fc
  .record({ mark: fc.nat(5), rises: fc.array(fc.tuple(fc.nat(2), fc.nat(40)), { maxLength: 12 }) })
  .map(({ mark, rises }): { mark: Mark; entries: Entry[]; log: Log } => {
    let term = mark > 0 ? 2 : 0;
    const start: Mark = { index: mark, term, chain: 0, membership: group };
    const entries = rises.map(([rise, size], i) => {
      term = Math.max(1, term + rise);
      return { index: mark + 1 + i, term, data: new Uint8Array(size) };
    });
    return { mark: start, entries, log: openLog(start, entries) };
  });

test("a log knows its ends and every retained place", () => {
  fc.assert(
    fc.property(logs, fc.nat(20), fc.nat(6), ({ mark, entries, log }, index, term) => {
      const all = [mark, ...entries];
      expect(lastIndex(log)).toBe(all.at(-1)?.index);
      expect(lastTerm(log)).toBe(all.at(-1)?.term);
      const there = all.find((each) => each.index === index);
      expect(termAt(log, index)).toBe(there?.term);
      expect(holds(log, index, term)).toBe(there !== undefined && there.term === term);
      expect(log.bytes).toBe(entries.reduce((sum, entry) => sum + entryBytes(entry), 0));
    }),
  );
});

test("5.4.1 a log is at least as up to date if its last term is higher, or equal and it is as long", () => {
  fc.assert(
    fc.property(logs, logs, ({ log }, other) => {
      const [a, b] = [other.log, log].map((each) => lastTerm(each) * 1000 + lastIndex(each));
      expect(isUpToDate(log, lastIndex(other.log), lastTerm(other.log))).toBe((a ?? 0) >= (b ?? 0));
    }),
  );
});

test("entriesWithin takes as many as fit, at least one, none beyond the last", () => {
  fc.assert(
    fc.property(logs, fc.nat(12), fc.nat(12), fc.nat(200), fc.integer({ min: 1, max: 5 }), ({ entries, log }, a, b, bytesMax, countMax) => {
      const first = log.mark.index + 1;
      const from = Math.min(first + a, lastIndex(log) + 1);
      const to = Math.min(from + b, lastIndex(log));
      const offered = entries.filter(({ index }) => index >= from && index <= to);
      const fitting = (count: number): boolean =>
        count <= countMax && offered.slice(0, count).reduce((sum, entry) => sum + entryBytes(entry), 0) <= bytesMax;
      let count = Math.min(1, offered.length);
      while (count < offered.length && fitting(count + 1)) count += 1;
      expect(entriesWithin(log, from, to, bytesMax, countMax)).toEqual(offered.slice(0, count));
    }),
    { numRuns: 500 },
  );
});

test("lastNotAbove is the last place up to an index whose term is not above, found one by one", () => {
  fc.assert(
    fc.property(logs, fc.nat(20), fc.nat(8), ({ mark, entries, log }, index, term) => {
      const places = entries.filter((entry) => entry.index <= index && entry.term <= term);
      expect(lastNotAbove(log, index, term)).toBe(places.at(-1)?.index ?? mark.index);
    }),
    { numRuns: 500 },
  );
});

test("what is not retained, out of order, or of a falling term is refused", () => {
  const log = openLog({ index: 2, term: 1, chain: 0, membership: group }, [{ index: 3, term: 2, data: new Uint8Array() }]);
  expect(() => entriesBetween(log, 2, 3)).toThrow("only retained entries are read");
  expect(() => entriesBetween(log, 3, 4)).toThrow("only retained entries are read");
  expect(() => appendEntries(log, [{ index: 5, term: 2, data: new Uint8Array() }])).toThrow("an entry follows the last one");
  expect(() => appendEntries(log, [{ index: 4, term: 1, data: new Uint8Array() }])).toThrow("terms do not fall");
});
