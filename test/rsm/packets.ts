import fc from "fast-check";
import { groupId } from "../../src/base/ids.ts";
import type { Message } from "../../src/raft/message.ts";
import type { TransferId } from "../../src/rsm/snapshot/chunk.ts";
import type { StateRow } from "../../src/rsm/log/rows.ts";
import type { Header, Payload } from "../../src/rsm/wire.ts";
import { bytes, entriesFrom, entryIndex, entryTerm, replica, voters, wholeNumber } from "./arbitraries.ts";

export const header: fc.Arbitrary<Header> = fc.record({
  group: fc.oneof(fc.nat(9), fc.nat(2 ** 32 - 1)).map(groupId),
  creation: wholeNumber,
  from: replica,
  incarnation: wholeNumber,
  to: replica,
});

type Raft = Exclude<Message, { kind: "snapshot" }>;
/** A message without those that its header names. */
type Body = Raft extends infer Each ? (Each extends Raft ? Omit<Each, "from" | "to"> : never) : never;

const asked = { term: wholeNumber, lastIndex: wholeNumber, lastTerm: wholeNumber };
const answered = { term: wholeNumber, granted: fc.boolean() };

const append: fc.Arbitrary<Body> = fc
  .record({
    prevIndex: fc.oneof(fc.constant(0), entryIndex),
    prevTerm: entryTerm,
    rise: fc.nat(5),
    commit: wholeNumber,
    round: wholeNumber,
  })
  .chain(({ prevIndex, prevTerm, rise, commit, round }) => {
    const before = prevIndex === 0 ? 0 : prevTerm;
    const entries = fc.oneof(fc.constant([]), entriesFrom(prevIndex + 1, "small", Math.max(1, before)));
    return entries.map((given) => {
      const term = Math.max(1, before, given.at(-1)?.term ?? 0) + rise;
      return { kind: "append" as const, term, prevIndex, prevTerm: before, commit, round, entries: given };
    });
  });

const rejected: fc.Arbitrary<Body> = fc
  .record({ term: wholeNumber, round: wholeNumber, prevIndex: wholeNumber, hintIndex: wholeNumber, hintTerm: wholeNumber })
  .map(({ term, round, prevIndex, hintIndex, hintTerm }) => ({
    kind: "append_reply" as const,
    term: Math.max(term, hintTerm),
    round,
    accepted: false as const,
    prevIndex: Math.max(prevIndex, hintIndex),
    hintIndex: Math.min(prevIndex, hintIndex),
    hintTerm: Math.min(term, hintTerm),
  }));

const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record({ kind: fc.constant("pre_vote" as const), ...asked }),
  fc.record({ kind: fc.constant("vote" as const), ...asked, transfer: fc.boolean() }),
  fc.record({ kind: fc.constant("timeout_now" as const), term: wholeNumber }),
  fc.record({ kind: fc.constantFrom("pre_vote_reply" as const, "vote_reply" as const), ...answered }),
  append,
  fc.record({
    kind: fc.constant("append_reply" as const),
    term: wholeNumber,
    round: wholeNumber,
    accepted: fc.constant(true as const),
    match: wholeNumber,
  }),
  rejected,
);

const stateRows: fc.Arbitrary<StateRow[]> = fc.array(fc.tuple(bytes, bytes), { maxLength: 5 });

const transfer: fc.Arbitrary<TransferId> = fc.record({ nonce: wholeNumber, count: wholeNumber });

const chunk: fc.Arbitrary<Payload> = fc
  .record({
    term: entryTerm,
    index: entryIndex,
    rise: fc.nat(3),
    chain: wholeNumber,
    membership: voters,
    rows: stateRows,
    transfer,
    finished: fc.nat(100),
    ahead: fc.integer({ min: 1, max: 9 }),
    isLast: fc.boolean(),
  })
  .map((drawn): Payload => {
    const { term, index, chain, membership, rows, finished } = drawn;
    const mark = drawn.isLast ? { index, term, chain, membership } : undefined;
    const number = finished + drawn.ahead;
    return { kind: "chunk", term: term + drawn.rise, transfer: drawn.transfer, number, finished, rows, mark };
  });

/** A packet's payload that agrees with its header. */
export function payloadOf({ from, to }: Header): fc.Arbitrary<Payload> {
  return fc.oneof(
    { weight: 4, arbitrary: body.map((message): Payload => ({ kind: "raft", message: { ...message, from, to } as Raft })) },
    chunk,
    fc.record({
      kind: fc.constant("chunk_ack" as const),
      term: wholeNumber,
      transfer,
      finished: fc.nat(99),
      missing: fc.constantFrom(0, 100),
    }),
    fc.record({ kind: fc.constant("chunk_lost" as const), term: wholeNumber, transfer }),
    fc.constant<Payload>({ kind: "hello" }),
    fc.record({ kind: fc.constantFrom("pinned" as const, "unknown" as const), incarnation: wholeNumber }),
  );
}
