import fc from "fast-check";
import { replicaId, type ReplicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Entry, LogIndex, Mark, Membership } from "../../src/raft/types.ts";

/** Positions, terms, hashes, incarnations: mostly small, sometimes at the ends of what bytes can hold. */
export const wholeNumber: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100),
  fc.constantFrom(127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
  fc.maxSafeNat(),
);

/** A term that an entry can have. */
export const entryTerm: fc.Arbitrary<number> = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 48 }));

/** A place in the log at which an entry can stand. */
export const entryIndex: fc.Arbitrary<LogIndex> = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 48 }));

export const replica: fc.Arbitrary<ReplicaId> = fc.nat(63).map(replicaId);

export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 40 });

export const voters: fc.Arbitrary<Membership> = fc.uniqueArray(replica, { minLength: 1, maxLength: 9 }).map(membership);

/** Entries that follow each other from `first` on, their terms not falling. */
export function entriesFrom(first: LogIndex, lengths: fc.SizeForArbitrary, lowest = 1): fc.Arbitrary<Entry[]> {
  const parts = fc.array(fc.tuple(fc.nat(3), bytes), { minLength: 1, maxLength: 8, size: lengths });
  return parts.map((drawn) => {
    let term = lowest;
    return drawn.map(([rise, data], at) => {
      term += rise;
      return { index: first + at, term, data };
    });
  });
}

export const mark: fc.Arbitrary<Mark> = fc.record({ index: wholeNumber, term: wholeNumber, chain: wholeNumber, membership: voters });
