import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { successors } from "../../src/raft/transfer.ts";
import { accepted, alone, append, campaign, elected, lapse, lead, preVote, sent, timeoutNow, vote } from "./talk.ts";

// Ongaro, "Consensus: Bridging Theory and Practice": 3.10 leadership transfer, 4.2.3 disruptive servers, 6.2 finding and losing the leader, 6.4 reads,
// 9.6 pre-votes. And what the asynchronous disk adds (10.2.1: the leader writes in parallel).

test("4.2.3 a replica that heard a leader within an election timeout ignores vote requests, newer terms included", () => {
  const cluster = alone([], { term: 1 });
  cluster.step(append(2, 1, [0, 0], []));
  cluster.tick(1, 9);
  sent(cluster);
  cluster.step(vote(3, 8, 5, 5));
  expect([cluster.raft(1).state.term, sent(cluster)]).toEqual([1, []]);
  cluster.tick(1);
  cluster.network.length = 0;
  cluster.step(vote(3, 8, 5, 5));
  expect(sent(cluster)).toMatchObject([{ kind: "vote_reply", term: 8, granted: true }]);
});

test("4.2.3 a leader ignores them as well; without checkQuorum both step into the newer term (figure 2)", () => {
  for (const [checkQuorum, term] of [
    [true, 1],
    [false, 8],
  ] as const) {
    const cluster = alone([], {}, { checkQuorum });
    lead(cluster);
    cluster.step(vote(3, 8, 5, 5));
    expect(cluster.raft(1).state.term).toBe(term);
  }
});

test("4.2.3 a vote request that the leader has asked for is not ignored, by whoever hears the leader nor by the leader", () => {
  const cluster = alone([], { term: 1 });
  cluster.step(append(2, 1, [0, 0], []));
  sent(cluster);
  cluster.step(vote(3, 2, 0, 0, true));
  expect(sent(cluster)).toMatchObject([{ kind: "vote_reply", term: 2, granted: true }]);
  const other = alone();
  lead(other);
  other.step(vote(3, 2, 0, 0, true));
  expect([other.raft(1).status(), sent(other)]).toMatchObject([{ role: "follower", term: 2, vote: 3 }, [{ granted: true }]]);
});

test("3.10 whoever the leader asks campaigns at once, in the next term, whatever its timer says; an older leader's word is nothing to it", () => {
  const cluster = alone([1], { term: 2 });
  cluster.step(append(2, 2, [1, 1], []));
  sent(cluster);
  cluster.step(timeoutNow(3, 1));
  expect([cluster.raft(1).state.role, sent(cluster)]).toEqual(["follower", []]);
  cluster.step(timeoutNow(2, 2));
  expect(cluster.raft(1).status()).toMatchObject({ role: "candidate", term: 3, vote: 1 });
  const asked = { kind: "vote", term: 3, lastIndex: 1, lastTerm: 1, transfer: true };
  expect(sent(cluster)).toMatchObject([asked, asked]);
});

test("3.10 a campaign that the timer began does not speak in the leader's name", () => {
  const cluster = alone();
  campaign(cluster, 1);
  for (const from of [2, 3]) cluster.step({ kind: "pre_vote_reply", from: replicaId(from), to: replicaId(1), term: 1, granted: true });
  expect(sent(cluster).flatMap((message) => (message.kind === "vote" ? [message.transfer] : []))).toEqual([false, false]);
});

test("3.10 nobody tells the leader of a term to campaign in it", () => {
  const cluster = alone();
  lead(cluster);
  cluster.step(timeoutNow(2, 1));
  expect(cluster.raft(1).status()).toMatchObject({ role: "leader", term: 1 });
});

test("3.10 a leader that gives its place away takes no proposal, and names its successor; for an election timeout, not longer", () => {
  const cluster = elected();
  cluster.cuts.add("2->1");
  expect([cluster.transfer(1, 2), cluster.transfer(2, 1), cluster.transfer(1, 1)]).toEqual([true, false, false]);
  for (let i = 0; i < cluster.options.electionTicks; i += 1) {
    expect(cluster.propose(1, "a")).toEqual([{ ok: false, why: "not_leader", leader: 2 }]);
    expect(cluster.raft(1).ticksToSleep()).toBeLessThanOrEqual(cluster.options.electionTicks - i);
    cluster.tick(1);
  }
  expect(cluster.propose(1, "a")).toMatchObject([{ ok: true }]);
});

test("3.10 the successor of choice is one that was heard of lately, then one that has most, then one with a lower number", () => {
  const cluster = elected([1, 2, 3, 4, 5]);
  cluster.cuts.add("1->2");
  cluster.propose(1, "a");
  cluster.stabilize();
  expect(successors(cluster.raft(1).state)).toEqual([3, 4, 5, 2]);
  cluster.cuts.clear();
  for (const cut of ["3->1", "4->1", "5->1"]) cluster.cuts.add(cut);
  cluster.tick(1, cluster.options.electionTicks);
  cluster.stabilize();
  expect(successors(cluster.raft(1).state)).toEqual([2, 3, 4, 5]);
});

test("4.2.3 a leader still steps down for the newer term of anybody else's answer", () => {
  const cluster = alone();
  lead(cluster);
  cluster.step(accepted(3, 4, 0));
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 4, vote: undefined, leader: undefined });
});

test("6.2 a leader that hears no quorum for an election timeout steps down, and says so to those who wait", () => {
  const cluster = elected([1, 2, 3, 4, 5]);
  for (const other of [3, 4, 5]) cluster.cuts.add(`${other}->1`);
  const dropped: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind === "read_dropped") dropped.push(happening.context);
  };
  cluster.read(1, 7);
  for (let i = 0; i < 20; i += 1) {
    expect(cluster.raft(1).state.role).toBe("leader");
    cluster.tick(1);
    cluster.stabilize();
  }
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 1, leader: undefined });
  expect(dropped).toEqual([7]);
});

test("6.2 one that hears a quorum, itself included, leads on; and so does one that was told not to look", () => {
  for (const [cut, checkQuorum] of [
    [[4, 5], true],
    [[2, 3, 4, 5], false],
  ] as const) {
    const cluster = elected([1, 2, 3, 4, 5], { checkQuorum });
    for (const other of cut) cluster.cuts.add(`${other}->1`);
    for (let i = 0; i < 100; i += 1) {
      cluster.tick(1);
      cluster.stabilize();
    }
    expect(cluster.raft(1).state).toMatchObject({ role: "leader", term: 1 });
  }
});

test("6.4 a read waits until the leader has committed in its own term", () => {
  const cluster = alone([1, 1]);
  lead(cluster);
  const answers: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind === "read") answers.push(happening.read.index);
  };
  cluster.read(1, 7);
  cluster.step(accepted(2, 2, 2));
  cluster.tick(1, 3);
  for (const from of [2, 3]) cluster.step(accepted(from, 2, 2, 0));
  expect([answers, cluster.raft(1).state.round]).toEqual([[], 0]);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 2, 3));
  expect([answers, cluster.raft(1).state.round]).toEqual([[], 1]);
  cluster.step(accepted(2, 2, 3, 1));
  expect(answers).toEqual([3]);
});

test("6.4 an answer counts for the round it names and those before, of this term and not of one that was never begun", () => {
  const cluster = alone();
  lead(cluster);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 1, 1));
  cluster.read(1, 1);
  for (const wrong of [accepted(2, 1, 1, 0), accepted(2, 1, 1, 9), { ...accepted(2, 1, 1, 1), term: 0 }]) cluster.step(wrong);
  expect(cluster.raft(1).state.reads.length).toBe(1);
  cluster.step(accepted(2, 1, 1, 1));
  expect(cluster.raft(1).state.reads.length).toBe(0);
});

test("6.4 a rejection confirms that its sender still follows, too", () => {
  const cluster = alone();
  lead(cluster);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 1, 1));
  cluster.read(1, 1);
  cluster.step({ ...accepted(3, 1, 0), accepted: false, round: 1, prevIndex: 1, hintIndex: 0, hintTerm: 0 });
  expect(cluster.raft(1).state.reads).toEqual([]);
});

test("9.6 a pre-vote changes neither term nor vote nor timer of whoever is asked, nor of whoever asks", () => {
  const cluster = alone([1], { term: 1 });
  cluster.tick(1, 4);
  cluster.step(preVote(2, 2, 1, 1));
  expect(cluster.raft(1).state).toMatchObject({ term: 1, vote: undefined, role: "follower", electionElapsed: 4 });
  expect(sent(cluster)).toMatchObject([{ kind: "pre_vote_reply", term: 2, granted: true }]);
  campaign(cluster, 1);
  expect(cluster.raft(1).status()).toMatchObject({ term: 1, vote: undefined, role: "pre_candidate" });
  expect(cluster.node(1).disk.image.hardState).toEqual({ term: 1, vote: undefined });
});

test("9.6 a pre-vote does not wait for the disk; of several who ask for one term the first has it, until it lapses", () => {
  const cluster = alone();
  cluster.node(1).disk.paused = true;
  for (const from of [2, 3, 2]) cluster.step(preVote(from, 1, 0, 0));
  expect(sent(cluster)).toMatchObject([
    { to: 2, granted: true },
    { to: 3, granted: false },
    { to: 2, granted: true },
  ]);
  cluster.step(preVote(3, 2, 0, 0));
  expect(sent(cluster)).toMatchObject([{ to: 3, granted: true }]);
  cluster.tick(1, cluster.options.heartbeatTicks);
  cluster.step(preVote(2, 2, 0, 0));
  expect(sent(cluster)).toMatchObject([{ to: 2, granted: true }]);
});

test.each([
  ["a log older than its own", preVote(2, 3, 1, 1), 0],
  ["a term it has reached already", preVote(2, 2, 2, 2), 0],
  ["whoever asks while it hears a leader", preVote(2, 3, 2, 2), 9],
])("9.6 a pre-vote is refused to %s, in the own term, so that it is learned", (_, request, heard) => {
  const cluster = alone([1, 2]);
  if (heard > 0) cluster.step(append(3, 2, [2, 2], []));
  cluster.tick(1, heard);
  sent(cluster);
  cluster.step(request);
  expect(sent(cluster)).toMatchObject([{ kind: "pre_vote_reply", term: 2, granted: false }]);
});

test("9.6 a partitioned replica that comes back does not disturb the leader", () => {
  const cluster = elected();
  cluster.cuts.add("1->3").add("2->3");
  for (let i = 0; i < 10; i += 1) {
    campaign(cluster, 3);
    cluster.tick(1, 3);
    cluster.stabilize();
  }
  cluster.cuts.clear();
  campaign(cluster, 3);
  cluster.tick(1, 3);
  cluster.stabilize();
  expect([1, 2, 3].map((id) => cluster.raft(id).status())).toMatchObject([
    { role: "leader", term: 1 },
    { role: "follower", term: 1, leader: 1 },
    { role: "follower", term: 1, leader: 1 },
  ]);
});

test("9.6 a pre-candidate that learns of a newer term follows it, and asks again in that one", () => {
  const cluster = alone([], { term: 1 });
  campaign(cluster, 1);
  cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 6, granted: false });
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 6 });
  sent(cluster);
  campaign(cluster, 1);
  expect(sent(cluster)).toMatchObject([
    { kind: "pre_vote", term: 7 },
    { kind: "pre_vote", term: 7 },
  ]);
});

test("9.6 a grant for another term than the next one does not count", () => {
  const cluster = alone([], { term: 5 });
  campaign(cluster, 1);
  for (const term of [5, 7]) cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term, granted: true });
  expect(cluster.raft(1).state.role).toBe("pre_candidate");
});

test("9.6 two followers that lost their leader replace it at the first try of one", () => {
  const cluster = elected();
  cluster.crash(1);
  lapse(cluster, 2, 3);
  campaign(cluster, 2);
  cluster.stabilize();
  expect(cluster.raft(2).state).toMatchObject({ role: "leader", term: 2 });
});

test("10.2.1 a leader sends before its own disk has the entry, and counts itself only afterwards", () => {
  const cluster = elected();
  cluster.node(1).disk.paused = true;
  cluster.propose(1, "a");
  expect(cluster.network.length).toBe(2);
  cluster.stabilize([1, 2]);
  expect(cluster.raft(1).state.commit).toBe(0);
  cluster.finish(1);
  expect(cluster.raft(1).state.commit).toBe(1);
});

test("10.2.1 a quorum of followers commits without the leader's disk", () => {
  const cluster = elected();
  cluster.node(1).disk.paused = true;
  cluster.propose(1, "a");
  cluster.stabilize();
  expect(cluster.raft(1).state).toMatchObject({ commit: 1, applied: 1 });
  expect(cluster.raft(1).state.log.stable).toBe(0);
});
