import { expect, test } from "vitest";
import {
  accepted,
  alone,
  aloneOf,
  append,
  elected,
  entriesOf,
  lapse,
  campaign,
  lead,
  rejected,
  sent,
  snapshot,
  termsOf,
  vote,
} from "./talk.ts";

// Sections 5.3 to 5.5 and 7 of the paper: the log, what is safe to commit, and snapshots.

test("5.3 a leader appends a command and sends it to all others at once", () => {
  const cluster = elected();
  expect(cluster.propose(1, "a")).toEqual([{ ok: true, index: 1, term: 1 }]);
  const entries = [{ index: 1, term: 1, data: Buffer.from("a") }];
  expect(sent(cluster)).toMatchObject([2, 3].map((to) => ({ kind: "append", to, term: 1, prevIndex: 0, prevTerm: 0, entries })));
  expect(cluster.node(1).disk.image.entries).toEqual(entries);
});

test("5.3 only a leader takes commands and reads; others name the leader they know", () => {
  const cluster = elected();
  expect(cluster.propose(2, "a")).toEqual([{ ok: false, why: "not_leader", leader: 1 }]);
  expect(cluster.read(3, 1)).toEqual([{ ok: false, why: "not_leader", leader: 1 }]);
});

test.each([
  [1, [], true],
  [2, [], false],
  [2, [2], true],
  [3, [], false],
  [3, [2], true],
  [3, [2, 3], true],
  [4, [2], false],
  [4, [2, 3], true],
  [5, [2], false],
  [5, [2, 5], true],
])("5.3 of %i replicas, with answers of %j besides the leader's disk, an entry is committed: %s", (size, answers, committed) => {
  const cluster = aloneOf(
    Array.from({ length: size }, (_, i) => i + 1),
    [],
  );
  lead(cluster);
  cluster.propose(1, "a");
  for (const from of answers) cluster.step(accepted(from, 1, 1));
  expect(cluster.raft(1).state.commit).toBe(committed ? 1 : 0);
});

test("5.3 an entry that is committed commits everything before it, entries of earlier leaders included", () => {
  const cluster = alone([1, 2, 2], { term: 2 });
  lead(cluster);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 3, 4));
  expect(cluster.node(1).rows.map(({ index, term }) => [index, term])).toEqual([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
  ]);
});

test("5.3 the commit index stands in every append, and a follower applies what it names, in order", () => {
  const cluster = elected();
  cluster.propose(1, "a", "b");
  cluster.stabilize();
  expect([1, 2, 3].map((id) => cluster.node(id).rows.length)).toEqual([2, 0, 0]);
  cluster.propose(1, "c");
  expect(sent(cluster)).toMatchObject([{ commit: 2 }, { commit: 2 }]);
  cluster.tick(1, 3);
  cluster.stabilize();
  cluster.tick(1, 3);
  cluster.stabilize();
  expect(cluster.node(2).rows.map(({ data }) => Buffer.from(data).toString())).toEqual(["a", "b", "c"]);
});

test.each([
  [[0, 0], true],
  [[1, 1], true],
  [[2, 2], true],
  [[1, 2], false],
  [[2, 1], false],
  [[3, 2], false],
  [[3, 3], false],
])("5.3 a follower with terms 1, 2 asked for %j agrees: %s", (place, agrees) => {
  const cluster = alone([1, 2]);
  const [index = 0, term = 0] = place;
  cluster.step(append(2, 3, [index, term], []));
  expect(sent(cluster)).toMatchObject([{ kind: "append_reply", accepted: agrees }]);
});

test.each([
  // What differs is replaced, from the first difference on.
  [[1, 2], [0, 0], [3], [3]],
  [
    [1, 2],
    [1, 1],
    [3, 4],
    [1, 3, 4],
  ],
  [[1, 1, 1, 2, 2], [2, 1], [3], [1, 1, 3]],
  // What agrees stays, also behind the end of a short append.
  [[1, 2, 2], [0, 0], [1], [1, 2, 2]],
  [[1, 2, 2], [1, 1], [], [1, 2, 2]],
  [
    [1, 2, 2],
    [0, 0],
    [1, 2, 2],
    [1, 2, 2],
  ],
  // What is missing is added.
  [[1], [0, 0], [1, 2, 3], [1, 2, 3]],
  [[], [0, 0], [1, 1], [1, 1]],
])("5.3 a log of terms %j, appended to behind %j %j, becomes %j", (log, place, terms, result) => {
  const cluster = alone(log, { term: 4 });
  const [index = 0, term = 0] = place;
  cluster.step(append(2, 4, [index, term], terms));
  expect(termsOf(cluster, 1)).toEqual(result);
  expect(cluster.node(1).disk.image.entries).toEqual(entriesOf(1, result));
  expect(sent(cluster)).toMatchObject([{ accepted: true, match: index + terms.length }]);
});

test("5.3 a committed entry is never replaced: an append that would do so is refused", () => {
  const cluster = alone([1]);
  cluster.step(append(2, 2, [1, 1], [], 1));
  sent(cluster);
  const before = cluster.raft(1).status();
  for (const lie of [append(3, 3, [0, 0], [3]), append(3, 3, [1, 3], [3])]) cluster.step(lie);
  expect(cluster.raft(1).status()).toEqual(before);
  expect(sent(cluster)).toEqual([]);
});

test("5.3 after a rejection the leader asks for an earlier place, until the logs match, and then sends what is missing", () => {
  const cluster = alone([1, 2, 3]);
  lead(cluster);
  cluster.step(rejected(2, 4, 3, 1, 1));
  expect(sent(cluster)).toMatchObject([{ to: 2, prevIndex: 1, prevTerm: 1, entries: [] }]);
  cluster.step(accepted(2, 4, 1));
  expect(sent(cluster)).toMatchObject([{ to: 2, prevIndex: 1, entries: entriesOf(2, [2, 3]) }]);
});

test("5.3 nothing that is known to match is asked for or sent again", () => {
  const cluster = alone([1, 2, 3]);
  lead(cluster);
  cluster.step(accepted(2, 4, 3));
  sent(cluster);
  for (const late of [rejected(2, 4, 3, 1, 1), rejected(2, 4, 2, 0, 0), accepted(2, 4, 1)]) cluster.step(late);
  expect([sent(cluster), cluster.raft(1).state.progress.get(2 as never)?.next]).toEqual([[], 4]);
});

test("5.3 a leader never changes its log but by appending", () => {
  const cluster = alone([1, 1]);
  lead(cluster);
  cluster.propose(1, "a");
  for (const message of [rejected(2, 2, 2, 0, 0), accepted(3, 2, 1), accepted(3, 2, 9)]) cluster.step(message);
  expect(termsOf(cluster, 1)).toEqual([1, 1, 2]);
  expect(cluster.raft(1).state.commit).toBe(0);
});

test("5.3 a follower's commit index does not fall with a late message", () => {
  const cluster = alone();
  cluster.step(append(2, 1, [0, 0], [1, 1], 2));
  cluster.step(append(2, 1, [0, 0], [1], 1));
  expect(cluster.raft(1).state.commit).toBe(2);
});

test.each([
  // The voter's log, and the candidate's end of the log.
  [[1], [1, 1], true],
  [[1], [2, 1], true],
  [[1, 1], [1, 1], false],
  [[1], [1, 2], true],
  [[1], [2, 2], true],
  [[1, 1], [1, 2], true],
  [[2], [1, 1], false],
  [[2], [2, 1], false],
  [[1, 2], [9, 1], false],
])("5.4.1 a voter refuses a log older than its own: %j, asked by one that ends at %j, grants: %s", (log, end, granted) => {
  const cluster = alone(log);
  const [index = 0, term = 0] = end;
  cluster.step(vote(2, 3, index, term));
  expect(sent(cluster)).toMatchObject([{ kind: "vote_reply", term: 3, granted }]);
});

test("5.4.1 a replica without a committed entry cannot be elected", () => {
  const cluster = elected();
  cluster.propose(1, "a");
  cluster.stabilize([1, 2]);
  cluster.network.length = 0;
  cluster.crash(1);
  for (let i = 0; i < 5; i += 1) {
    lapse(cluster, 2);
    campaign(cluster, 3);
    cluster.stabilize();
    expect(cluster.raft(3).state.role).not.toBe("leader");
  }
});

test.each([
  [1, 0],
  [2, 0],
  [3, 3],
])("5.4.2 only entries of the leader's own term are committed by counting: a majority has up to %i, committed is %i", (match, commit) => {
  const cluster = alone([1, 2], { term: 2 });
  lead(cluster);
  cluster.propose(1, "a");
  cluster.step(accepted(2, 3, match));
  expect(cluster.raft(1).state.commit).toBe(commit);
});

test("5.5 a request that comes twice changes nothing the second time, and is answered alike", () => {
  const cluster = alone();
  for (const request of [vote(2, 1, 0, 0), append(2, 1, [0, 0], [1, 1], 1)]) {
    cluster.step(request);
    const [state, answers] = [cluster.raft(1).status(), sent(cluster)];
    cluster.step(request);
    expect([cluster.raft(1).status(), sent(cluster)]).toEqual([state, answers]);
  }
});

test("5.5 a leader repeats what was not answered, for ever", () => {
  const cluster = elected([1, 2, 3], { checkQuorum: false });
  cluster.propose(1, "a");
  for (let i = 0; i < 50; i += 1) {
    sent(cluster);
    cluster.tick(1, 3);
  }
  cluster.stabilize();
  expect(cluster.raft(2).state.log.entries.length).toBe(1);
});

test("7 a snapshot replaces a log that does not lead to it; what comes next follows it", () => {
  const cluster = alone([1, 1, 1]);
  cluster.node(1).arrived.set(5, entriesOf(1, [1, 2, 2, 2, 2]));
  cluster.step(snapshot(2, 3, 5, 2));
  expect(cluster.raft(1).status()).toMatchObject({ first: 6, last: 5, stable: 5, commit: 5, applied: 5 });
  expect(sent(cluster)).toMatchObject([{ accepted: true, match: 5 }]);
  cluster.step(append(2, 3, [5, 2], [3]));
  expect(cluster.node(1).disk.image).toMatchObject({ mark: { index: 5, term: 2 }, entries: entriesOf(6, [3]) });
});

test("7 a snapshot that the log leads to keeps the entries behind it", () => {
  const cluster = alone([1, 1, 2, 2]);
  cluster.step(snapshot(2, 2, 3, 2));
  expect(cluster.raft(1).status()).toMatchObject({ first: 1, last: 4, commit: 3, applied: 3 });
  expect(sent(cluster)).toMatchObject([{ accepted: true, match: 3 }]);
});

test("7 a follower is sent a snapshot when the leader no longer has what it needs", () => {
  const cluster = elected();
  cluster.cuts.add("1->3");
  cluster.propose(1, "a", "b");
  cluster.stabilize();
  cluster.compact(1, 2);
  cluster.cuts.clear();
  cluster.tick(1, 3);
  cluster.stabilize();
  expect(cluster.raft(3).status()).toMatchObject({ first: 3, last: 2, applied: 2 });
  expect(cluster.node(3).rows).toEqual(cluster.node(1).rows);
});
