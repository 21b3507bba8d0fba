import { assert } from "../base/assert.ts";
import type { ReplicaId } from "../base/ids.ts";
import type { LogIndex, Membership } from "./types.ts";

export type VoteResult = "won" | "lost" | "pending";

/** A membership of these voters, in ascending order. */
export function membership(voters: readonly ReplicaId[]): Membership {
  assert(voters.length > 0, "a group has a voter");
  const sorted = voters.toSorted((a, b) => a - b);
  for (let i = 1; i < sorted.length; i += 1) assert(sorted[i - 1] !== sorted[i], "a voter is listed once");
  return Object.freeze({ voters: Object.freeze(sorted) });
}

export function isVoter(group: Membership, id: ReplicaId): boolean {
  return group.voters.includes(id);
}

/** How many voters make a quorum: more than half. */
export function quorumSize(group: Membership): number {
  return Math.floor(group.voters.length / 2) + 1;
}

/** The highest index that a quorum has reached, given how far each voter has. */
export function quorumIndex(group: Membership, reached: (voter: ReplicaId) => LogIndex): LogIndex {
  const indexes: LogIndex[] = [];
  for (const voter of group.voters) {
    // Insertion into a descending list: groups are small, and this runs on every acknowledgement.
    const index = reached(voter);
    let at = indexes.length;
    indexes.push(index);
    while (at > 0 && (indexes[at - 1] as number) < index) {
      indexes[at] = indexes[at - 1] as number;
      at -= 1;
    }
    indexes[at] = index;
  }
  return indexes[quorumSize(group) - 1] as LogIndex;
}

/** What the votes so far decide; `votes` maps a voter to whether it granted. Voices of others do not count. */
export function voteResult(group: Membership, votes: ReadonlyMap<ReplicaId, boolean>): VoteResult {
  let granted = 0;
  let refused = 0;
  for (const voter of group.voters) {
    const vote = votes.get(voter);
    if (vote === true) granted += 1;
    else if (vote === false) refused += 1;
  }
  if (granted >= quorumSize(group)) return "won";
  return refused > group.voters.length - quorumSize(group) ? "lost" : "pending";
}
