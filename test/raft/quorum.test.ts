import fc from "fast-check";
import { expect, test } from "vitest";
import { type ReplicaId, replicaId } from "../../src/base/ids.ts";
import { isVoter, membership, quorumIndex, quorumSize, voteResult } from "../../src/raft/membership.ts";
import type { Membership } from "../../src/raft/types.ts";

const groups = fc.uniqueArray(fc.nat(63), { minLength: 1, maxLength: 9 }).map((ids) => membership(ids.map((id) => replicaId(id))));

/** All ways to choose some of the voters. */
function subsets(group: Membership): ReplicaId[][] {
  return group.voters.reduce<ReplicaId[][]>((all, voter) => [...all, ...all.map((some) => [...some, voter])], [[]]);
}

const isQuorum = (group: Membership, some: readonly ReplicaId[]): boolean => some.length * 2 > group.voters.length;

test("any two quorums share a voter, and nothing smaller is one", () => {
  fc.assert(
    fc.property(groups, (group) => {
      expect(quorumSize(group) * 2).toBeGreaterThan(group.voters.length);
      expect((quorumSize(group) - 1) * 2).toBeLessThanOrEqual(group.voters.length);
    }),
  );
});

test("quorumIndex is the highest index that all voters of some quorum have reached", () => {
  fc.assert(
    fc.property(groups, fc.array(fc.nat(12), { minLength: 64, maxLength: 64 }), (group, reached) => {
      const all = (some: readonly ReplicaId[]): number => Math.min(...some.map((voter) => reached[voter] as number));
      const oracle = Math.max(
        ...subsets(group)
          .filter((some) => isQuorum(group, some))
          .map(all),
      );
      expect(quorumIndex(group, (voter) => reached[voter] as number)).toBe(oracle);
    }),
    { numRuns: 300 },
  );
});

test("a vote is won or lost as soon as no further voice can change it", () => {
  const voices = fc.array(fc.constantFrom(true, false, undefined), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(groups, voices, (group, voice) => {
      const votes = new Map<ReplicaId, boolean>();
      for (const [id, vote] of voice.entries()) if (vote !== undefined) votes.set(replicaId(id), vote);
      const silent = group.voters.filter((voter) => !votes.has(voter));
      const granted = group.voters.filter((voter) => votes.get(voter) === true);
      const won = isQuorum(group, granted);
      const lost = !isQuorum(group, [...granted, ...silent]);
      expect(voteResult(group, votes)).toBe(won ? "won" : lost ? "lost" : "pending");
    }),
    { numRuns: 1000 },
  );
});

test("a membership is sorted, without doubles, and not empty", () => {
  const ids = [5, 1, 3].map((id) => replicaId(id));
  expect(membership(ids).voters).toEqual([1, 3, 5]);
  expect([1, 2].map((id) => isVoter(membership(ids), replicaId(id)))).toEqual([true, false]);
  expect(() => membership([replicaId(1), replicaId(1)])).toThrow("a voter is listed once");
  expect(() => membership([])).toThrow("a group has a voter");
});
