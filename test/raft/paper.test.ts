import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { Cluster } from "./cluster.ts";
import { accepted, alone, aloneOf, append, campaign, elected, lead, sent, termsOf, vote, voteReply } from "./talk.ts";

// Sections 5.1 and 5.2 of "In Search of an Understandable Consensus Algorithm": terms and elections. The rest is in
// paper-log.test.ts and dissertation.test.ts.

test.each(["follower", "pre_candidate", "candidate", "leader"])("5.1 a %s that hears a newer term steps into it as a follower", (role) => {
  const cluster = alone();
  if (role === "leader") lead(cluster);
  else if (role !== "follower") campaign(cluster, 1);
  if (role === "candidate") cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 1, granted: true });
  expect(cluster.raft(1).state.role).toBe(role);
  cluster.step(append(2, 7, [0, 0], []));
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 7, vote: undefined, leader: 2 });
});

test("5.1 a request of an older term is refused with the newer one, and changes nothing", () => {
  const cluster = alone([1], { term: 4 });
  const before = cluster.raft(1).status();
  for (const request of [vote(2, 3, 9, 3), append(2, 3, [1, 1], [3], 2)]) cluster.step(request);
  expect(sent(cluster)).toMatchObject([
    { kind: "vote_reply", to: 2, term: 4, granted: false },
    { kind: "append_reply", to: 2, term: 4, accepted: false },
  ]);
  expect(cluster.raft(1).status()).toEqual(before);
});

test("5.1 an answer of an older term is ignored", () => {
  const cluster = alone([], { term: 4 });
  lead(cluster);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 4, 1));
  expect(cluster.raft(1).state.commit).toBe(0);
  cluster.step(accepted(2, 5, 1));
  expect(cluster.raft(1).state.commit).toBe(1);
});

test("5.1 term and vote are durable before an answer leaves (figure 2)", () => {
  const cluster = alone();
  cluster.node(1).disk.paused = true;
  cluster.step(vote(2, 3, 0, 0));
  cluster.step(append(2, 3, [0, 0], []));
  expect(sent(cluster)).toEqual([]);
  cluster.finish(1);
  expect(cluster.node(1).disk.image.hardState).toEqual({ term: 3, vote: 2 });
  expect(sent(cluster)).toMatchObject([{ kind: "vote_reply", granted: true }, { kind: "append_reply" }]);
});

test("5.2 a replica starts as a follower, also when it was the leader", () => {
  const cluster = elected();
  cluster.crash(1);
  cluster.open(1);
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 1, vote: 1, leader: undefined });
});

test("5.2 a leader sends heartbeats to all others every heartbeatTicks", () => {
  const cluster = elected([1, 2, 3, 4]);
  for (let beat = 0; beat < 2; beat += 1) {
    cluster.tick(1, 2);
    expect(sent(cluster)).toEqual([]);
    cluster.tick(1);
    const beats = sent(cluster);
    expect(beats.map((message) => message.to)).toEqual([2, 3, 4]);
    expect(beats).toMatchObject(Array.from({ length: 3 }, () => ({ kind: "append", term: 1, entries: [] })));
  }
});

test("5.2 a follower that hears a leader does not campaign; one that hears none does", () => {
  const cluster = alone();
  for (let i = 0; i < 20; i += 1) {
    cluster.tick(1, 9);
    expect(cluster.raft(1).state.role).toBe("follower");
    cluster.step(append(2, 1, [0, 0], []));
  }
  cluster.tick(1, 20);
  expect(cluster.raft(1).state.role).not.toBe("follower");
});

test("5.2 a candidate spends a term, votes for itself and asks all others, naming the end of its log", () => {
  const cluster = aloneOf([1, 2, 3, 4, 5], [1, 2]);
  campaign(cluster, 1);
  sent(cluster);
  for (const from of [2, 3]) cluster.step({ kind: "pre_vote_reply", from: replicaId(from), to: replicaId(1), term: 3, granted: true });
  expect(cluster.raft(1).status()).toMatchObject({ role: "candidate", term: 3, vote: 1 });
  const requests = [2, 3, 4, 5].map((to) => ({ kind: "vote", from: 1, to, term: 3, lastIndex: 2, lastTerm: 2, transfer: false }));
  expect(sent(cluster)).toEqual(requests);
});

/** Replica 1 as the candidate of term 1 in a group of this size. */
function candidateOf(size: number): ReturnType<typeof aloneOf> {
  const cluster = aloneOf(
    Array.from({ length: size }, (_, i) => i + 1),
    [],
  );
  campaign(cluster, 1);
  for (let from = 2; from <= size; from += 1) {
    cluster.step({ kind: "pre_vote_reply", from: replicaId(from), to: replicaId(1), term: 1, granted: true });
  }
  return cluster;
}

test.each([
  [1, [], "leader"],
  [2, [], "candidate"],
  [2, [true], "leader"],
  [2, [false], "follower"],
  [3, [true], "leader"],
  [3, [false], "candidate"],
  [3, [false, true], "leader"],
  [3, [false, false], "follower"],
  [4, [true], "candidate"],
  [4, [true, true], "leader"],
  [4, [false, false], "follower"],
  [5, [true, false], "candidate"],
  [5, [true, false, true], "leader"],
  [5, [false, true, false, false], "follower"],
])("5.2 of %i replicas, with answers %j, the candidate is %s", (size, answers, role) => {
  const cluster = candidateOf(size);
  answers.forEach((granted, i) => cluster.step(voteReply(i + 2, 1, granted)));
  expect(cluster.raft(1).state).toMatchObject({ role, term: 1 });
});

test("5.2 one replica's answer counts once, and nobody's from outside the group", () => {
  const cluster = candidateOf(5);
  for (const from of [2, 2, 2, 9, 10]) cluster.step(voteReply(from, 1, true));
  expect(cluster.raft(1).state.role).toBe("candidate");
  cluster.step(voteReply(3, 1, true));
  expect(cluster.raft(1).state.role).toBe("leader");
});

test("5.2 a candidate whose election ends without a winner begins another one, in a newer term", () => {
  const cluster = candidateOf(3);
  campaign(cluster, 1);
  cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 2, granted: true });
  expect(cluster.raft(1).state).toMatchObject({ role: "candidate", term: 2, vote: 1 });
});

test.each([
  [undefined, 2, true],
  [undefined, 3, true],
  [2, 2, true],
  [3, 3, true],
  [2, 3, false],
  [1, 2, false],
])("5.2 one vote in a term, first come first served: given to %s, %i asks", (given, asks, granted) => {
  const cluster = alone([], { term: 1, vote: given === undefined ? undefined : replicaId(given) });
  cluster.step(vote(asks, 1, 0, 0));
  expect(sent(cluster)).toMatchObject([{ kind: "vote_reply", to: asks, term: 1, granted }]);
});

test("5.2 a vote is remembered across a crash", () => {
  const cluster = alone();
  cluster.step(vote(2, 1, 0, 0));
  cluster.crash(1);
  cluster.open(1);
  sent(cluster);
  cluster.step(vote(3, 1, 0, 0));
  cluster.step(vote(2, 1, 0, 0));
  expect(sent(cluster)).toMatchObject([
    { to: 3, granted: false },
    { to: 2, granted: true },
  ]);
});

test("5.2 a vote given restarts the election timer, a vote refused does not", () => {
  const cluster = alone([1], { term: 1 });
  cluster.tick(1, 9);
  cluster.step(vote(2, 2, 0, 0));
  expect(cluster.raft(1).state).toMatchObject({ term: 2, vote: undefined, electionElapsed: 9 });
  cluster.step(vote(3, 2, 1, 1));
  expect(cluster.raft(1).state).toMatchObject({ term: 2, vote: 3, electionElapsed: 0 });
});

test.each([1, 2])("5.2 a candidate that hears the leader of term %i, its own or a newer one, follows it", (term) => {
  const cluster = candidateOf(3);
  cluster.step(append(3, term, [0, 0], []));
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term, leader: 3 });
});

test("5.2 a candidate does not follow a leader of an older term", () => {
  const cluster = candidateOf(3);
  campaign(cluster, 1);
  cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 2, granted: true });
  cluster.step(append(3, 1, [0, 0], []));
  expect(cluster.raft(1).status()).toMatchObject({ role: "candidate", term: 2 });
});

test("5.2 election timeouts are drawn anew each time, from 1 to 2 times electionTicks", () => {
  const cluster = alone();
  const drawn = new Set<number>();
  for (let i = 0; i < 500; i += 1) {
    campaign(cluster, 1);
    drawn.add(cluster.raft(1).state.electionTimeout);
  }
  expect([...drawn].toSorted((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test("5.2 two replicas seldom draw the same election timeout", () => {
  const cluster = new Cluster([1, 2]);
  const timeouts = (): number[] => [1, 2].map((id) => cluster.raft(id).state.electionTimeout);
  let same = 0;
  for (let i = 0; i < 1000; i += 1) {
    for (const id of [1, 2]) campaign(cluster, id);
    same += new Set(timeouts()).size === 1 ? 1 : 0;
  }
  expect(same).toBeLessThan(200);
});

test("5.2 a new leader sends heartbeats at once, to prevent new elections", () => {
  const cluster = candidateOf(3);
  sent(cluster);
  cluster.step(voteReply(2, 1, true));
  expect(sent(cluster)).toMatchObject([
    { kind: "append", to: 2, term: 1, entries: [] },
    { kind: "append", to: 3, term: 1, entries: [] },
  ]);
});

test("5.2 a term has at most one leader: a replica that leads it refuses another", () => {
  const cluster = alone();
  lead(cluster);
  sent(cluster);
  const before = cluster.raft(1).status();
  cluster.step(append(2, 1, [0, 0], []));
  expect(cluster.raft(1).status()).toEqual(before);
  expect(sent(cluster)).toEqual([]);
});

test("5.2 a message that cannot be genuine changes nothing", () => {
  const cluster = alone([1], { term: 1 });
  const before = cluster.raft(1).status();
  const genuine = append(2, 2, [1, 1], [2]);
  const wrong = [{ from: replicaId(9) }, { from: replicaId(1) }, { from: Number.NaN as never }, { term: 2_000_000 }, { term: 0 }];
  for (const change of wrong) {
    cluster.step({ ...genuine, ...change });
    expect([cluster.raft(1).status(), sent(cluster)]).toEqual([before, []]);
  }
  cluster.raft(1).step({ ...genuine, to: replicaId(2) });
  expect(cluster.raft(1).status()).toEqual(before);
  cluster.step(genuine);
  expect(termsOf(cluster, 1)).toEqual([1, 2]);
});
