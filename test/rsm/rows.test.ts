import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, equalBytes, utf8 } from "../../src/base/bytes.ts";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { chainHash } from "../../src/base/hash.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import { decodeHardCell } from "../../src/rsm/log/hard-cell.ts";
import {
  chainAfter,
  decodeApplied,
  decodeHard,
  decodeLogRow,
  decodeMark,
  encodeApplied,
  encodeHard,
  encodeLogRow,
  encodeMark,
  firstOfLogRow,
  Keys,
  stateKeyOffset,
} from "../../src/rsm/log/rows.ts";
import { bytes, entriesFrom, entryIndex, entryTerm, mark, replica, wholeNumber } from "./arbitraries.ts";

const group = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 2 ** 32 - 1 })).map(groupId);

describe("keys", () => {
  test("the order of log rows is the order of the log", () => {
    fc.assert(
      fc.property(group, wholeNumber, wholeNumber, (id, a, b) => {
        const keys = new Keys(id);
        expect(Math.sign(compareBytes(keys.log(a), keys.log(b)))).toBe(Math.sign(a - b));
        expect(firstOfLogRow(keys.log(a))).toBe(a);
      }),
    );
  });

  test("rows of one kind stand together, those of one group too, and no two rows share a key", () => {
    fc.assert(
      fc.property(group, wholeNumber, fc.nat(2 ** 32 - 1), replica, bytes, (id, index, generation, member, own) => {
        const keys = new Keys(id);
        const log = keys.log(index);
        const state = keys.state(generation, own);
        expect(equalBytes(log.subarray(0, keys.logPrefix.length), keys.logPrefix)).toBe(true);
        expect(equalBytes(state.subarray(0, keys.statePrefix.length), keys.statePrefix)).toBe(true);
        expect(state.subarray(0, stateKeyOffset)).toEqual(keys.generation(generation));
        expect(state.subarray(stateKeyOffset)).toEqual(own);
        const all = [log, state, keys.mark, keys.hard, keys.applied, keys.admitted, keys.pin(member)];
        expect(new Set(all.map(String)).size).toBe(all.length);
        for (const key of all) expect(key.subarray(0, 4)).toEqual(keys.mark.subarray(0, 4));
      }),
    );
  });

  test("two groups share no row, and two generations no state row", () => {
    fc.assert(
      fc.property(group, group, wholeNumber, wholeNumber, (a, b, at, other) => {
        fc.pre(a !== b);
        expect(equalBytes(new Keys(a).log(at), new Keys(b).log(other))).toBe(false);
        expect(new Keys(a).mark).not.toEqual(new Keys(b).mark);
      }),
    );
    const keys = new Keys(groupId(7));
    expect(keys.state(1, utf8("a"))).not.toEqual(keys.state(2, utf8("a")));
  });

  test("a key of another length is no log row's", () => {
    const key = new Keys(groupId(1)).log(5);
    expect(() => firstOfLogRow(key.subarray(0, 12))).toThrow(Malformed);
    expect(() => firstOfLogRow(new Uint8Array(14))).toThrow(Malformed);
  });
});

describe("a row comes back as it was written", () => {
  test("hard state", () => {
    const row = fc.record({
      term: wholeNumber,
      vote: fc.option(replica, { nil: undefined }),
      acknowledged: wholeNumber,
      truncatedIn: wholeNumber,
    });
    fc.assert(
      fc.property(row, (hard) => {
        expect(decodeHard(encodeHard(hard))).toEqual(hard);
      }),
    );
  });

  test("applied", () => {
    const row = fc.record({ index: wholeNumber, term: wholeNumber, chain: wholeNumber, generation: fc.nat(2 ** 32 - 1) });
    fc.assert(
      fc.property(row, (applied) => {
        expect(decodeApplied(encodeApplied(applied))).toEqual(applied);
      }),
    );
  });

  test("the mark", () => {
    fc.assert(
      fc.property(mark, (given) => {
        expect(decodeMark(encodeMark(given))).toEqual(given);
      }),
    );
  });

  test("a log row", () => {
    const row = fc.record({ chainBefore: wholeNumber, first: entryIndex }).chain(({ chainBefore, first }) => {
      return entriesFrom(first, "small").map((entries) => ({ chainBefore, entries, first }));
    });
    fc.assert(
      fc.property(row, ({ chainBefore, entries, first }) => {
        expect(decodeLogRow(encodeLogRow({ chainBefore, entries }), first)).toEqual({ chainBefore, entries });
      }),
    );
  });
});

test("the chain covers term, data and everything before", () => {
  fc.assert(
    fc.property(wholeNumber, entryTerm, bytes, (before, term, data) => {
      const chain = chainAfter(before, { index: 1, term, data });
      expect(chain).toBe(chainHash(before, term, data));
      expect(chain).not.toBe(chainAfter(before, { index: 1, term: term + 1, data }));
      expect(chain).not.toBe(chainAfter(before, { index: 1, term, data: Uint8Array.of(...data, 0) }));
    }),
  );
});

/** What no field that counts something can be. */
const notWhole: readonly Packable[] = [-1, "1", null, true, [], new Uint8Array(1)];
const data = utf8("x");

interface MalformedRow {
  readonly name: string;
  readonly decode: (row: Uint8Array) => unknown;
  /** A right row, and for each place in it what cannot stand there. */
  readonly good: readonly Packable[];
  readonly wrong: readonly (readonly Packable[])[];
}

const badMemberships: readonly Packable[] = [null, 1, [], [64], [-1], ["0"], [0, 0], [1, [2]], data];

const rows: readonly MalformedRow[] = [
  { name: "hard state", decode: decodeHard, good: [5, 1, 3, 2], wrong: [notWhole, [-1, 65, "1", null, true], notWhole, notWhole] },
  {
    name: "cell",
    decode: (row) => decodeHardCell(row),
    good: [5, 1, 3, 2, 9],
    wrong: [notWhole, [-1, 65, "1"], notWhole, notWhole, notWhole],
  },
  { name: "applied", decode: decodeApplied, good: [5, 1, 3, 2], wrong: [notWhole, notWhole, notWhole, [...notWhole, 2 ** 32]] },
  { name: "mark", decode: decodeMark, good: [5, 1, 3, [0, 1, 2]], wrong: [notWhole, notWhole, notWhole, badMemberships] },
  {
    name: "log row",
    decode: (row) => decodeLogRow(row, 7),
    good: [5, [1, data, 2, data]],
    wrong: [
      notWhole,
      [null, 1, "x", data, [1], [1, data, 2], [data, 1], [0, data], [-1, data], ["1", data], [1, "x"], [1, null], [1, [data]]],
    ],
  },
];

describe.each(rows)("a malformed $name row is refused", ({ decode, good, wrong }) => {
  test("the right one is not", () => {
    expect(decode(encode(good))).toBeDefined();
  });

  test("with a field missing, or one too many, or no list at all", () => {
    expect(() => decode(encode(good.slice(1)))).toThrow(Malformed);
    expect(() => decode(encode([...good, 1]))).toThrow(Malformed);
    for (const value of [1, "x", null, data]) expect(() => decode(encode(value))).toThrow(Malformed);
  });

  test("with a field that cannot be", () => {
    for (const [at, values] of wrong.entries()) {
      for (const value of values) expect(() => decode(encode(good.with(at, value))), `${at}: ${String(value)}`).toThrow(Malformed);
    }
  });

  test("cut off anywhere, or with something behind it", () => {
    const whole = encode(good);
    for (let length = 0; length < whole.length; length += 1) expect(() => decode(whole.subarray(0, length))).toThrow(Malformed);
    expect(() => decode(Uint8Array.of(...whole, 0))).toThrow(Malformed);
  });

  test("or with bytes from anywhere: nothing else is ever thrown", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        expect(thrownBy(() => decode(garbage)) ?? new Malformed("")).toBeInstanceOf(Malformed);
      }),
    );
    const whole = encode(good);
    for (let at = 0; at < whole.length * 8; at += 1) {
      const flipped = new Uint8Array(whole);
      flipped[at >> 3] = (flipped[at >> 3] as number) ^ (1 << (at & 7));
      expect(thrownBy(() => decode(flipped)) ?? new Malformed("")).toBeInstanceOf(Malformed);
    }
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

test("the last index of a log row is a safe integer", () => {
  const row = encode([0, [1, data, 1, data]]);
  expect(decodeLogRow(row, 2 ** 53 - 5).entries).toHaveLength(2);
  expect(() => decodeLogRow(row, 2 ** 53 - 3)).toThrow(Malformed);
  expect(() => decodeLogRow(row, Number.MAX_SAFE_INTEGER)).toThrow(Malformed);
});

test("a cell that was never written holds nothing", () => {
  expect(decodeHardCell(undefined).hardState).toEqual({ term: 0, vote: undefined });
  expect(decodeHard(encode([1, 64, 0, 0])).vote).toBe(replicaId(63));
});
