import { describe, expect, test } from "vitest";
import { encode } from "../../src/base/codec.ts";
import { replicaId } from "../../src/base/ids.ts";
import { encodeApplied } from "../../src/rsm/log/rows.ts";

import { Directory, forgetful } from "./directory.ts";
function flip(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.with(at, (bytes[at] as number) ^ 1);
}

interface Damage {
  readonly name: string;
  readonly why: string;
  readonly damage: (directory: Directory) => void;
}

const damages: readonly Damage[] = [
  { name: "the first row is missing", why: "the log has a hole before 3", damage: (d) => d.remove(d.keys.log(1)) },
  { name: "a middle row is missing", why: "the log has a hole before 6", damage: (d) => d.remove(d.keys.log(3)) },
  {
    name: "the last rows are missing, and a later batch calls them durable",
    why: "the log ends at 2, but 5 was durable",
    damage: (d) => {
      d.changeCell(forgetful);
      d.remove(d.keys.log(3), d.keys.log(6));
    },
  },
  {
    name: "P9: the last row is missing, and only the cell remembers it",
    why: "the log ends at 5, but 6 was acknowledged",
    damage: (d) => d.remove(d.keys.log(6)),
  },
  {
    name: "P9: the last batch is missing altogether",
    why: "the log ends at 5, but 6 was acknowledged",
    damage: (d) => {
      d.remove(d.keys.log(6));
      d.changeHard({ acknowledged: 2 });
    },
  },
  {
    name: "all log rows are missing",
    why: "the log ends at 0, but 5 was durable",
    damage: (d) => d.remove(d.keys.log(1), d.keys.log(3), d.keys.log(6)),
  },
  {
    name: "a byte of an entry's data is another",
    why: "the log row at 3 does not follow from what stands before it",
    damage: (d) => d.changeLog(1, (row) => ({ ...row, entries: row.entries.map((entry) => ({ ...entry, data: flip(entry.data) })) })),
  },
  {
    name: "a byte of the last entry's data is another, and it was acknowledged",
    why: "the log up to 6 is not the one that was acknowledged",
    damage: (d) => d.changeLog(6, (row) => ({ ...row, entries: row.entries.map((entry) => ({ ...entry, data: flip(entry.data) })) })),
  },
  {
    name: "an entry's term is another",
    why: "the log row at 6 does not follow from what stands before it",
    damage: (d) => d.changeLog(3, (row) => ({ ...row, entries: row.entries.map((entry) => ({ ...entry, term: 1 })) })),
  },
  {
    name: "an entry's term is above the replica's",
    why: "the entry at 6 has an impossible term",
    damage: (d) => d.changeLog(6, (row) => ({ ...row, entries: row.entries.map((entry) => ({ ...entry, term: 4 })) })),
  },
  {
    name: "terms fall inside a row",
    why: "the entry at 4 has an impossible term",
    damage: (d) => d.changeLog(3, (row) => ({ ...row, entries: row.entries.map((entry, at) => ({ ...entry, term: at === 1 ? 1 : 2 })) })),
  },
  {
    name: "a row's hash is another",
    why: "the log row at 3 does not follow from what stands before it",
    damage: (d) => d.changeLog(3, (row) => ({ ...row, chainBefore: row.chainBefore + 1 })),
  },
  {
    name: "the first row's hash is another",
    why: "the log row at 1 does not follow from what stands before it",
    damage: (d) => d.changeLog(1, (row) => ({ ...row, chainBefore: 5 })),
  },
  {
    name: "two rows are swapped",
    why: "the log row at 1 does not follow from what stands before it",
    damage: (d) => {
      d.put(d.keys.log(1), d.get(d.keys.log(3)));
      d.put(d.keys.log(3), d.get(d.keys.log(1)));
    },
  },
  { name: "a row stands twice", why: "the log has a hole before 2", damage: (d) => d.put(d.keys.log(2), d.get(d.keys.log(3))) },
  { name: "a row is empty", why: "the log row at 6 is empty", damage: (d) => d.changeLog(6, (row) => ({ ...row, entries: [] })) },
  {
    name: "a row is cut off",
    why: "the log row at 3 is unreadable: An array claims more elements than there are bytes left.",
    damage: (d) => d.put(d.keys.log(3), d.get(d.keys.log(3)).subarray(0, 12)),
  },
  {
    name: "a log row's key is cut off",
    why: "a log row is unreadable: a log row's key has another length",
    damage: (d) => d.put(d.keys.log(6).subarray(0, 12), d.get(d.keys.log(6))),
  },
  { name: "the mark is gone", why: "the log's mark is gone", damage: (d) => d.remove(d.keys.mark) },
  {
    name: "only the applied row is left",
    why: "the log's mark is gone",
    damage: (d) => d.remove(d.keys.mark, d.keys.hard, d.keys.log(1), d.keys.log(3), d.keys.log(6)),
  },
  {
    name: "the log is gone, but its cell is there",
    why: "the log is gone, but its cell remembers it",
    damage: (d) => d.remove(...d.shelf.rows().map(({ key }) => key)),
  },
  {
    name: "the log is gone, and the cell remembers a term alone",
    why: "the log is gone, but its cell remembers it",
    damage: (d) => {
      d.changeCell({ hardState: { term: 1, vote: undefined }, ...forgetful });
      d.remove(...d.shelf.rows().map(({ key }) => key));
    },
  },
  { name: "the applied row is gone", why: "the applied row is gone", damage: (d) => d.remove(d.keys.applied) },
  {
    name: "more is applied than the log holds",
    why: "7 is applied, but the log reaches from 0 to 6",
    damage: (d) => d.put(d.keys.applied, encodeApplied({ index: 7, term: 3, chain: 1, generation: 0 })),
  },
  {
    name: "less is applied than was dropped",
    why: "1 is applied, but the log reaches from 2 to 6",
    damage: (d) => {
      d.compact(2, 1);
      d.put(d.keys.applied, encodeApplied({ index: 1, term: 1, chain: 1, generation: 0 }));
    },
  },
  {
    name: "what is applied has another hash",
    why: "the state at 4 does not follow from the log",
    damage: (d) => d.put(d.keys.applied, encodeApplied({ index: 4, term: 2, chain: d.shelf.store.chainAt(3), generation: 0 })),
  },
  {
    name: "what is applied has another term",
    why: "the state at 4 does not follow from the log",
    damage: (d) => d.put(d.keys.applied, encodeApplied({ index: 4, term: 1, chain: d.shelf.store.chainAt(4), generation: 0 })),
  },
  {
    name: "the state's generation cannot be",
    why: "the applied row is unreadable: a generation has four bytes",
    damage: (d) => d.put(d.keys.applied, encodeApplied({ index: 4, term: 2, chain: d.shelf.store.chainAt(4), generation: 2 ** 32 })),
  },
  {
    name: "P8: the term is rolled back",
    why: "the entry at 6 has an impossible term",
    damage: (d) => d.changeHard({ term: 2, vote: undefined }),
  },
  {
    name: "P8: a vote is rolled back with its term",
    why: "the log's term 3 is older than the cell's 4",
    damage: (d) => d.changeCell({ hardState: { term: 4, vote: replicaId(2) } }),
  },
  { name: "the hard row is gone", why: "the entry at 1 has an impossible term", damage: (d) => d.remove(d.keys.hard) },
  {
    name: "the hard row is gone, and there is no entry",
    why: "the log's mark at 6 has an impossible term",
    damage: (d) => {
      d.compact(6, 3);
      d.remove(d.keys.hard);
    },
  },
  {
    name: "the two copies hold different votes",
    why: "the log and the cell hold different votes in term 3",
    damage: (d) => d.changeHard({ vote: replicaId(2) }),
  },
  {
    name: "the hard row is no row",
    why: "the row of term and vote is unreadable: a hard state row has 4 fields",
    damage: (d) => d.put(d.keys.hard, encode([3])),
  },
  {
    name: "the mark is another, and a row reaches over it",
    why: "the log does not lead to its mark at 4",
    damage: (d) => {
      d.compact(4, 2);
      d.changeMark({ chain: 5 });
    },
  },
  {
    name: "the mark has another term, and a row reaches over it",
    why: "the log does not lead to its mark at 4",
    damage: (d) => {
      d.compact(4, 2);
      d.changeMark({ term: 1 });
    },
  },
  {
    name: "the mark has a higher term than what follows it",
    why: "the entry at 3 has an impossible term",
    damage: (d) => {
      d.compact(2, 1);
      d.changeMark({ term: 3 });
    },
  },
  {
    name: "a row was not dropped with the mark",
    why: "the log row at 1 should have been dropped",
    damage: (d) => {
      const row = d.get(d.keys.log(1));
      d.compact(2, 1);
      d.put(d.keys.log(1), row);
    },
  },
  {
    name: "the mark is behind the log",
    why: "the log has a hole before 3",
    damage: (d) => {
      d.compact(2, 1);
      d.changeMark({ index: 1 });
    },
  },
];

describe("damage is found, and said in a sentence", () => {
  test.each(damages)("$name", ({ damage, why }) => {
    const directory = new Directory();
    damage(directory);
    expect(directory.open()).toEqual({ kind: "damaged", why });
  });
});
