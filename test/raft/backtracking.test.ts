import fc from "fast-check";
import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Entry, LogIndex, Term } from "../../src/raft/types.ts";
import { Cluster } from "./cluster.ts";
import { emptyImage, type Image } from "./disk.ts";

const group = membership([1, 2, 3].map((id) => replicaId(id)));

interface Logs {
  readonly leader: readonly Term[];
  readonly follower: readonly Term[];
  /** The last index up to which they agree. */
  readonly shared: LogIndex;
}

/** Terms that rise from `start` by so many steps each. */
function rising(start: Term, rises: readonly number[], step: number): Term[] {
  let term = start;
  return rises.map((rise) => (term += rise * step));
}

/**
 * Two logs as Raft can leave them: equal up to some place, and nowhere behind it, because a term has one leader and so an index
 * with a term names one history. Behind it the leader's terms are even and the follower's odd.
 */
const logs = fc
  .record({
    shared: fc.array(fc.nat(1), { maxLength: 8 }),
    leader: fc.array(fc.nat(2), { maxLength: 14 }),
    follower: fc.array(fc.nat(2), { maxLength: 14 }),
  })
  .map(({ shared, leader, follower }): Logs => {
    const common = rising(2, shared, 1);
    const base = 2 * (common.at(-1) ?? 2);
    return {
      leader: [...common, ...rising(base, leader, 2)],
      follower: [...common, ...rising(base + 1, follower, 2)],
      shared: common.length,
    };
  });

function image(terms: readonly Term[], term: Term): Image {
  const entries = terms.map((each, i): Entry => ({ index: i + 1, term: each, data: Buffer.from(`${each}`) }));
  return { ...emptyImage(group), hardState: { term, vote: undefined }, entries };
}

/** A leader 1 that 3 has elected, and a follower 2 that has not heard of it; the first question is on its way. */
function meeting({ leader, follower }: Logs): Cluster {
  const cluster = new Cluster([1, 2, 3]);
  const term = Math.max(leader.at(-1) ?? 0, follower.at(-1) ?? 0);
  cluster.replaceImage(1, image(leader, term));
  cluster.replaceImage(2, image(follower, term));
  cluster.replaceImage(3, image([], term));
  cluster.tick(1, cluster.raft(1).ticksToSleep());
  cluster.stabilize([1, 3]);
  expect(cluster.raft(1).state.role).toBe("leader");
  const { network } = cluster;
  network.splice(0, network.length, ...network.filter(({ message }) => message.kind === "append" && message.to === 2));
  return cluster;
}

/** Carries messages between 1 and 2 until the follower agrees to a place: how many questions that took, and the place. */
function dialogue(cluster: Cluster): { questions: number; agreed: LogIndex } {
  for (let questions = 1; ; questions += 1) {
    const [question, ...more] = cluster.network.splice(0);
    if (question?.message.kind !== "append") throw new Error("the leader asks");
    expect([more, question.message.entries]).toEqual([[], []]);
    cluster.deliver(question);
    const [answer] = cluster.network.splice(0);
    if (answer?.message.kind !== "append_reply") throw new Error("the follower answers");
    if (answer.message.accepted) {
      cluster.deliver(answer);
      return { questions, agreed: question.message.prevIndex };
    }
    cluster.deliver(answer);
  }
}

test("5.3 a leader finds the last shared place with at most one question for each term, and one more", () => {
  fc.assert(
    fc.property(logs, (both) => {
      const cluster = meeting(both);
      const { questions, agreed } = dialogue(cluster);
      expect(agreed).toBe(both.shared);
      // The place before the first entry has term 0 in every log.
      const terms = Math.min(new Set(both.leader).size, new Set([0, ...both.follower]).size);
      expect(questions).toBeLessThanOrEqual(terms + 1);
    }),
    { numRuns: 1000 },
  );
});

test("5.3 afterwards the follower's log is the leader's, and nothing that agreed was sent again", () => {
  fc.assert(
    fc.property(logs, (both) => {
      const cluster = meeting(both);
      const { agreed } = dialogue(cluster);
      const sent: LogIndex[] = [];
      cluster.listener = (happening) => {
        if (happening.kind === "sent" && happening.packet.message.kind === "append") {
          sent.push(...happening.packet.message.entries.map(({ index }) => index));
        }
      };
      cluster.propose(1, "new");
      cluster.stabilize([1, 2]);
      const [leader, follower] = [1, 2].map((id) => cluster.raft(id).state.log.entries);
      expect(follower).toEqual(leader);
      expect(Math.min(...sent)).toBeGreaterThan(agreed);
    }),
    { numRuns: 300 },
  );
});
