import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { Cluster } from "./cluster.ts";
import {
  accepted,
  alone,
  append,
  campaign,
  elected,
  entriesOf,
  lapse,
  lead,
  rejected,
  sent,
  snapshot,
  termsOf,
  voteReply,
} from "./talk.ts";

// Situations that most often catch a core.

test("a new leader overwrites newer uncommitted logs, and is elected against them in the end", () => {
  const cluster = new Cluster([1, 2, 3, 4, 5]);
  for (const [id, terms] of [
    [1, [1]],
    [2, [1]],
    [3, [1, 2]],
    [4, [1]],
    [5, [1, 3]],
  ] as const) {
    const { image } = cluster.node(id).disk;
    cluster.replaceImage(id, { ...image, hardState: { term: 3, vote: undefined }, entries: entriesOf(1, terms) });
  }
  campaign(cluster, 1);
  cluster.stabilize();
  expect(cluster.raft(1).state).toMatchObject({ role: "leader", term: 4 });
  cluster.propose(1, "a");
  cluster.stabilize();
  expect([1, 2, 3, 4, 5].map((id) => termsOf(cluster, id))).toEqual(Array.from({ length: 5 }, () => [1, 4]));
});

test("nothing of older terms is committed before an entry of the new term, however long it is on every disk", () => {
  const cluster = elected();
  cluster.cuts.add("2->1").add("3->1");
  cluster.propose(1, "a", "b");
  cluster.stabilize();
  cluster.crash(1);
  lapse(cluster, 2, 3);
  campaign(cluster, 2);
  for (let i = 0; i < 5; i += 1) {
    cluster.stabilize();
    cluster.tick(2, 3);
  }
  expect(cluster.raft(2).state).toMatchObject({ role: "leader", commit: 0 });
  cluster.propose(2, "c");
  cluster.stabilize();
  expect(cluster.raft(2).state.commit).toBe(3);
});

test("duelling candidates: the votes are split, and one of them wins in the next term", () => {
  const cluster = new Cluster([1, 2, 3], { checkQuorum: false });
  for (const id of [1, 3]) campaign(cluster, id);
  // Both learn from 2, a heartbeat apart, that they could win, before either asks for its vote.
  for (const packet of cluster.network.splice(0).filter(({ message }) => message.to === 2)) {
    cluster.deliver(packet);
    cluster.tick(2, cluster.options.heartbeatTicks);
  }
  cluster.network.splice(0).forEach((packet) => cluster.deliver(packet));
  expect([1, 3].map((id) => cluster.raft(id).status())).toMatchObject([
    { role: "candidate", term: 1, vote: 1 },
    { role: "candidate", term: 1, vote: 3 },
  ]);
  cluster.cuts.add("1->2").add("2->1");
  cluster.stabilize();
  expect(cluster.raft(3).state).toMatchObject({ role: "leader", term: 1 });
  expect(cluster.raft(1).state).toMatchObject({ role: "follower", term: 1, leader: 3 });
});

test("duelling pre-candidates: the second is refused, spends no term, and follows the first", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.cuts.add("1->3").add("3->1");
  for (const id of [1, 3]) campaign(cluster, id);
  cluster.stabilize([1, 2]);
  cluster.stabilize([2, 3]);
  expect(cluster.raft(1).state).toMatchObject({ role: "leader", term: 1 });
  expect(cluster.raft(3).state).toMatchObject({ role: "follower", term: 1, vote: undefined });
  cluster.cuts.clear();
  cluster.tick(1, 3);
  cluster.stabilize();
  expect(cluster.raft(3).state).toMatchObject({ role: "follower", term: 1, leader: 1 });
});

test("duelling pre-candidates: three that begin together spend one term, and one of them leads it", () => {
  const cluster = new Cluster([1, 2, 3]);
  for (const id of [1, 2, 3]) campaign(cluster, id);
  cluster.stabilize();
  expect([1, 2, 3].map((id) => cluster.raft(id).state.term)).toEqual([1, 1, 1]);
  expect([1, 2, 3].filter((id) => cluster.raft(id).state.role === "leader").length).toBe(1);
});

test("old messages are ignored: an append of a leader long gone", () => {
  const cluster = alone([], { term: 2 });
  lead(cluster);
  cluster.propose(1, "a");
  const before = termsOf(cluster, 1);
  cluster.step(append(2, 2, [0, 0], [2, 2, 2], 3));
  expect([termsOf(cluster, 1), cluster.raft(1).state.commit]).toEqual([before, 0]);
});

test("a candidate's own vote, durable only after the election was lost, does not count", () => {
  const cluster = alone();
  campaign(cluster, 1);
  cluster.node(1).disk.paused = true;
  cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 1, granted: true });
  cluster.step(append(3, 1, [0, 0], []));
  cluster.finish(1);
  cluster.step(voteReply(2, 1, true));
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 1, leader: 3 });
  // And of an older term: it campaigns again, in term 2.
  campaign(cluster, 1);
  cluster.step({ kind: "pre_vote_reply", from: replicaId(2), to: replicaId(1), term: 2, granted: true });
  cluster.step(append(3, 3, [0, 0], []));
  cluster.finish(1);
  expect(cluster.raft(1).status()).toMatchObject({ role: "follower", term: 3, leader: 3 });
});

test("a leader's own write, durable only after its term is over, commits nothing", () => {
  const cluster = alone();
  lead(cluster);
  cluster.node(1).disk.paused = true;
  cluster.propose(1, "a");
  cluster.step(accepted(2, 4, 0));
  expect(cluster.raft(1).state).toMatchObject({ role: "follower", term: 4 });
  cluster.finish(1);
  expect(cluster.raft(1).state.commit).toBe(0);
});

test("a leader of the next term counts a write of the last one only for what stands in its log now", () => {
  const cluster = alone();
  lead(cluster);
  cluster.node(1).disk.paused = true;
  cluster.propose(1, "a", "b");
  cluster.step(append(2, 2, [0, 0], [2]));
  cluster.finish(1, 1);
  expect(cluster.raft(1).status()).toMatchObject({ last: 1, stable: 0 });
  cluster.finish(1);
  expect(cluster.raft(1).status()).toMatchObject({ last: 1, stable: 1 });
});

test("a candidate that is stuck in a newer term is freed by the leader's stepping down", () => {
  const cluster = elected();
  cluster.cuts.add("1->3").add("2->3");
  cluster.crash(3);
  const { image } = cluster.node(3).disk;
  cluster.replaceImage(3, { ...image, hardState: { term: 5, vote: replicaId(3) } });
  cluster.cuts.clear();
  campaign(cluster, 3);
  cluster.stabilize();
  expect(cluster.raft(1).state).toMatchObject({ role: "leader", term: 1 });
  cluster.tick(1, 3);
  cluster.stabilize();
  expect(cluster.raft(1).state).toMatchObject({ role: "follower", term: 5 });
  lapse(cluster, 2);
  campaign(cluster, 1);
  cluster.stabilize();
  expect([1, 2, 3].map((id) => cluster.raft(id).state.leader)).toEqual([1, 1, 1]);
});

test("a disruptive follower: vote requests of newer terms do not depose a leader that is heard", () => {
  const cluster = elected();
  for (let term = 2; term < 10; term += 1) {
    for (const to of [1, 2]) {
      cluster.raft(to).step({ kind: "vote", from: replicaId(3), to: replicaId(to), term, lastIndex: 9, lastTerm: 9, transfer: false });
    }
    cluster.tick(1, 3);
    cluster.stabilize([1, 2]);
  }
  expect(cluster.raft(1).state).toMatchObject({ role: "leader", term: 1 });
  expect(cluster.raft(2).state).toMatchObject({ leader: 1, term: 1 });
});

test("a read at a new leader waits for its first commit and then sees what the old one had answered", () => {
  const cluster = elected();
  cluster.propose(1, "a");
  cluster.stabilize();
  cluster.crash(1);
  lapse(cluster, 2, 3);
  campaign(cluster, 2);
  cluster.stabilize();
  const answers: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind === "read") answers.push(happening.read.index);
  };
  expect(cluster.raft(2).state.commit).toBe(0);
  expect(cluster.read(2, 7)).toEqual([{ ok: true }]);
  for (let i = 0; i < 3; i += 1) {
    cluster.tick(2, 3);
    cluster.stabilize();
  }
  expect(answers).toEqual([]);
  cluster.propose(2, "b");
  cluster.stabilize();
  expect(answers).toEqual([2]);
});

test("a doubled read is answered twice, a doubled acknowledgement answers once", () => {
  const cluster = elected();
  cluster.propose(1, "a");
  cluster.stabilize();
  const answers: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind === "read") answers.push(happening.read.context);
  };
  cluster.read(1, 7, 7, 8);
  cluster.stabilize([1, 2]);
  cluster.step(accepted(2, 1, 1, 1));
  cluster.step(accepted(3, 1, 1, 1));
  expect(answers).toEqual([7, 7, 8]);
});

test.each([
  // The leader's log, the follower's, the questions until they agree, the place.
  [[1, 2, 2, 4, 4, 4, 4], [1, 2, 2, 3, 3, 3, 3, 3], [7, 3], 3],
  [[1, 2, 2, 3, 4, 4, 4, 5], [1, 2, 2, 3, 3, 3, 3, 3], [8, 4], 4],
  [[1, 1, 1, 1], [1, 1, 1, 1, 2, 2], [4], 4],
  [[1, 1, 1, 5, 5], [1, 1, 1, 2, 3, 4], [5, 3], 3],
  [[1, 3, 3, 5, 5, 5], [1, 2, 2, 4, 4, 4], [6, 3, 1], 1],
  [[4, 4, 4], [1, 1, 1, 1, 1], [3, 0], 0],
  [[1, 1, 2], [], [3, 0], 0],
])("fast rejection: a leader with %j and a follower with %j agree after questions about %j", (leader, follower, questions, place) => {
  const cluster = new Cluster([1, 2, 3]);
  for (const [id, terms] of [
    [1, leader],
    [2, follower],
  ] as const) {
    const { image } = cluster.node(id).disk;
    cluster.replaceImage(id, { ...image, hardState: { term: 5, vote: undefined }, entries: entriesOf(1, terms) });
  }
  campaign(cluster, 1);
  const asked: number[] = [];
  const agreed: number[] = [];
  cluster.listener = (happening) => {
    if (happening.kind !== "delivered") return;
    const { message } = happening.packet;
    if (message.kind === "append" && message.to === 2) asked.push(message.prevIndex);
    if (message.kind === "append_reply" && message.from === 2 && message.accepted) agreed.push(message.match);
  };
  cluster.stabilize([1, 3]);
  cluster.network
    .splice(0)
    .filter(({ message }) => message.kind === "append")
    .forEach((packet) => cluster.deliver(packet));
  while (agreed.length === 0) cluster.network.splice(0, 1).forEach((packet) => cluster.deliver(packet));
  expect([asked, agreed]).toEqual([questions, [place]]);
});

test("appends that arrive in the wrong order, and twice, end in the right log", () => {
  const cluster = elected();
  for (const text of ["a", "b", "c", "d", "e"]) cluster.propose(1, text);
  const packets = cluster.network.splice(0).toReversed();
  for (const packet of [...packets, ...packets]) cluster.deliver(packet);
  cluster.network.reverse();
  cluster.stabilize();
  cluster.tick(1, 3);
  cluster.stabilize();
  expect([1, 2, 3].map((id) => cluster.node(id).rows.length)).toEqual([5, 5, 5]);
});

test("what an older leader's messages matched does not bound the commit index of a newer one", () => {
  const cluster = alone();
  cluster.step(append(2, 1, [0, 0], [1, 1]));
  cluster.step(append(3, 2, [0, 0], [], 2));
  expect(cluster.raft(1).state.commit).toBe(0);
  cluster.step(append(3, 2, [0, 0], [2], 2));
  expect(cluster.raft(1).state.commit).toBe(1);
});

test("an answer that waits for the disk gives way to a later one only if that says as much", () => {
  const cluster = alone();
  cluster.node(1).disk.paused = true;
  cluster.step({ ...append(2, 1, [0, 0], [1, 1, 1]), round: 2 });
  cluster.step({ ...append(2, 1, [0, 0], [1]), round: 2 });
  cluster.step({ ...append(2, 1, [0, 0], [1, 1, 1]), round: 1 });
  cluster.step({ ...append(2, 1, [0, 0], [1, 1, 1]), round: 2 });
  expect(cluster.raft(1).state.held.map(({ message }) => message)).toMatchObject([
    { match: 3, round: 2 },
    { match: 1, round: 2 },
    { match: 3, round: 2 },
  ]);
  cluster.finish(1);
  expect(sent(cluster)).toMatchObject([
    { match: 3, round: 2 },
    { match: 3, round: 2 },
  ]);
});

test("of answers that several finished writes release at once the last is given, if it says as much", () => {
  const cluster = alone();
  cluster.node(1).disk.paused = true;
  for (const prev of [0, 1, 2]) cluster.step({ ...append(2, 1, [prev, Math.min(prev, 1)], [1]), round: 2 - prev });
  const raft = cluster.raft(1);
  const numbers = raft.state.held.map(({ after }) => after);
  expect(numbers).toHaveLength(3);
  for (const number of numbers) raft.persisted(number);
  expect(raft.ready().messages).toMatchObject([
    { match: 1, round: 2 },
    { match: 2, round: 1 },
    { match: 3, round: 0 },
  ]);
  for (const prev of [3, 4]) cluster.step(append(2, 1, [prev, 1], [1]));
  for (const { after } of raft.state.held.slice()) raft.persisted(after);
  expect(raft.ready().messages).toMatchObject([{ match: 5 }]);
});

test("an old snapshot is ignored, and answered with what is there", () => {
  const cluster = alone();
  cluster.step(append(2, 1, [0, 0], [1, 1, 1], 2));
  sent(cluster);
  for (const index of [1, 2]) cluster.step(snapshot(2, 1, index, 1));
  expect(cluster.raft(1).status()).toMatchObject({ first: 1, last: 3, commit: 2 });
  expect(sent(cluster)).toMatchObject([1, 2].map(() => ({ accepted: true, match: 2 })));
});

test("an answer that waits for the disk is not given any more when a snapshot replaces the log that it speaks of", () => {
  const cluster = alone();
  cluster.node(1).disk.paused = true;
  cluster.step(append(2, 1, [0, 0], [1, 1, 1]));
  cluster.deliver({ message: snapshot(2, 1, 5, 1), rows: entriesOf(1, [1, 1, 1, 1, 1]) });
  cluster.finish(1, 1);
  expect(sent(cluster)).toEqual([]);
  cluster.finish(1);
  expect(sent(cluster)).toMatchObject([{ accepted: true, match: 5 }]);
});

test("what a write will let a replica promise: a leader all that is stored, a follower what it shares with the leader of its term", () => {
  const cluster = alone([1, 1, 1]);
  cluster.node(1).disk.paused = true;
  const promised = (writes: readonly number[]): number[] => writes.map((number) => cluster.raft(1).promisedAfter(number));
  const first = cluster.raft(1).state.nextWrite;
  cluster.step(append(2, 2, [1, 1], []));
  cluster.step(append(2, 2, [1, 1], [2, 2]));
  // The write before brings the log, but nothing in it says that the term is this one.
  expect(promised([first - 1, first, first + 1])).toEqual([0, 1, 3]);
  cluster.step(append(2, 2, [3, 2], [2]));
  expect(promised([first + 1, first + 2])).toEqual([3, 4]);
  cluster.finish(1);
  lead(cluster);
  cluster.finish(1);
  cluster.propose(1, "a");
  const { nextWrite } = cluster.raft(1).state;
  expect(promised([nextWrite - 1])).toEqual([5]);
});

test("a snapshot of an older term is refused", () => {
  const cluster = alone([], { term: 4 });
  cluster.step(snapshot(2, 3, 5, 3));
  expect(cluster.raft(1).status()).toMatchObject({ term: 4, last: 0, commit: 0 });
  expect(sent(cluster)).toMatchObject([{ kind: "append_reply", term: 4, accepted: false }]);
});

test("a snapshot is offered to a follower that answers, and not to one that may be gone", () => {
  const cluster = elected();
  cluster.cuts.add("3->1");
  cluster.propose(1, "a", "b");
  cluster.stabilize();
  cluster.compact(1, 2);
  cluster.listener = () => {};
  // The follower rejects the next heartbeat as soon as it is heard again; until then it is not known what it lacks.
  for (let i = 0; i < 5; i += 1) {
    cluster.tick(1, 3);
    cluster.stabilize([1, 2]);
  }
  expect(cluster.offers).toEqual([]);
  cluster.cuts.clear();
  cluster.step(rejected(3, 1, 2, 0, 0));
  expect(cluster.offers).toEqual([{ from: 1, to: 3 }]);
  cluster.step(rejected(3, 1, 2, 0, 0));
  expect(cluster.offers.length).toBe(1);
});
