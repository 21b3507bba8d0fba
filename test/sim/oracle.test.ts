import { beforeEach, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import type { Entry } from "../../src/raft/types.ts";
import { broken, chainOf, committed, entry, GlassGroup, led, log } from "./glass-group.ts";

/** What another leader would have put in the place of the last one of `log`. */
const other: Entry = entry(3, 1, "another");

/** A checker that nobody has seen fail is not a checker: each test plants one wrong observation, and nothing else is wrong. */
let group: GlassGroup;

beforeEach(() => {
  group = new GlassGroup();
});

test("nothing is broken by what is as it should be", () => {
  expect(
    broken(() => {
      const own = committed(group);
      for (const each of [...log, own]) group.oracle.applied(0, each);
      group.state(0).handedOut = group.state(0).applied = 4;
      group.store(0, [group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, own]) })]);
      group.look(0, 1, 2);
      group.oracle.finish();
    }),
  ).toBeUndefined();
});

// ---- elections

test("R1: two servers lead one term", () => {
  led(group);
  Object.assign(group.state(1), { role: "leader" });
  expect(broken(() => group.look(1))).toBe("R1");
});

test("R1: a leader without a quorum of durable votes", () => {
  group.openAll(1, log);
  group.storeVote(0, 2, 0);
  Object.assign(group.state(0), { term: 2, vote: 0, role: "leader" });
  expect(broken(() => group.look(0))).toBe("R1");
});

test("R1: a restarted server leads its old term again", () => {
  led(group);
  group.close(0);
  group.open(0, { term: 2, vote: replicaId(0) }, [...log, entry(4, 2)]);
  group.look(0);
  group.state(0).role = "leader";
  expect(broken(() => group.look(0))).toBe("R1");
});

test("R4: a new leader lacks what was committed before", () => {
  committed(group);
  group.storeVote(2, 3, 2);
  Object.assign(group.state(2), { term: 3, vote: 2, role: "candidate" });
  group.look(2);
  for (const to of [0, 1]) {
    group.send({ kind: "vote", from: replicaId(2), to: replicaId(to), term: 3, lastIndex: 3, lastTerm: 1, transfer: false });
    // They vote although their logs are newer; the oracle is not shown how, or R13 would be first.
    group.oracle.ledger.voted(to, 3, 2);
  }
  group.state(2).role = "leader";
  expect(broken(() => group.look(2))).toBe("R4");
});

test("R7: a term falls, in memory, on disk, across a restart", () => {
  led(group);
  expect(broken(() => group.store(0, [group.hardRow(1, undefined)]))).toBe("R7");
  group.state(1).term = 1;
  expect(broken(() => group.look(1))).toBe("R7");
  group.close(2);
  group.open(2, { term: 1, vote: undefined }, log);
  expect(broken(() => group.look(2))).toBe("R7");
});

test("R8: a server votes twice in a term", () => {
  led(group);
  expect(broken(() => group.send({ kind: "vote_reply", from: replicaId(1), to: replicaId(2), term: 2, granted: true }))).toBe("R8");
  group.state(1).vote = replicaId(2);
  expect(broken(() => group.look(1))).toBe("R8");
  expect(broken(() => group.store(2, [group.hardRow(2, 1)]))).toBe("R8");
});

test("R8: a vote is told before it is durable, in the rows or in the cell", () => {
  group.openAll(1, log);
  group.store(1, [group.hardRow(2, undefined)]);
  const reply = { kind: "vote_reply", from: replicaId(1), to: replicaId(0), term: 2, granted: true } as const;
  expect(broken(() => group.send(reply))).toBe("R8");
  group.store(2, [group.hardRow(2, 0)]);
  expect(broken(() => group.send({ ...reply, from: replicaId(2) }))).toBe("R8");
});

test("R8: a restarted server has forgotten its vote", () => {
  led(group);
  group.close(1);
  group.open(1, { term: 2, vote: undefined }, log);
  expect(broken(() => group.look(1))).toBe("R8");
});

test("R13: a vote for a log that is behind", () => {
  group.openAll(1, log);
  group.storeVote(0, 2, 0);
  Object.assign(group.state(0), { term: 2, vote: 0, role: "follower" });
  group.look(0);
  group.send({ kind: "vote", from: replicaId(0), to: replicaId(1), term: 2, lastIndex: 2, lastTerm: 1, transfer: false });
  Object.assign(group.state(1), { term: 2, vote: 0 });
  expect(broken(() => group.look(1))).toBe("R13");
});

test("R13: a vote for one who has not asked", () => {
  group.openAll(1, log);
  Object.assign(group.state(1), { term: 2, vote: 0 });
  expect(broken(() => group.look(1))).toBe("R13");
});

test("R18: a pre-vote moves the term, or restarts the timer", () => {
  group.openAll(1, log);
  const request = { kind: "pre_vote", from: replicaId(0), to: replicaId(1), term: 2, lastIndex: 3, lastTerm: 1 } as const;
  group.state(1).electionElapsed = 5;
  expect(broken(() => group.receive(request, () => (group.state(1).electionElapsed = 0)))).toBe("R18");
  expect(broken(() => group.receive(request, () => (group.state(1).term = 2)))).toBe("R18");
  Object.assign(group.state(2), { term: 2, role: "pre_candidate" });
  expect(broken(() => group.look(2))).toBe("R18");
});

test("R25: a leader takes proposals while it gives its place away", () => {
  led(group);
  group.state(0).transfer = { to: replicaId(1), ticks: 0, told: false };
  group.look(0);
  group.state(0).log.entries.push(entry(5, 2));
  expect(broken(() => group.look(0))).toBe("R25");
});

test("R25: who is told to campaign lacks something, or nobody has it yet", () => {
  committed(group);
  const told = { kind: "timeout_now", from: replicaId(0), term: 2 } as const;
  expect(broken(() => group.send({ ...told, to: replicaId(1) }))).toBeUndefined();
  expect(broken(() => group.send({ ...told, to: replicaId(2) }))).toBe("R25");
  group.state(0).log.entries.push(entry(5, 2));
  group.look(0);
  expect(broken(() => group.send({ ...told, to: replicaId(1) }))).toBe("R25");
});

test("R25: somebody campaigns in the name of a leader that has not told it to", () => {
  group.openAll(1, log);
  group.storeVote(0, 2, 0);
  Object.assign(group.state(0), { term: 2, vote: 0, role: "candidate" });
  group.look(0);
  const asked = { kind: "vote", from: replicaId(0), to: replicaId(1), term: 2, lastIndex: 3, lastTerm: 1 } as const;
  expect(broken(() => group.send({ ...asked, transfer: false }))).toBeUndefined();
  expect(broken(() => group.send({ ...asked, transfer: true }))).toBe("R25");
});

// ---- logs

test("R2: a leader takes its own log back", () => {
  led(group);
  group.state(0).log.entries.pop();
  expect(broken(() => group.look(0))).toBe("R2");
});

test("R3: two logs hold one entry and differ before it", () => {
  led(group);
  group.state(2).log.entries.splice(0);
  group.close(2);
  group.open(2, { term: 2, vote: replicaId(0) }, [entry(1, 1), entry(2, 1, "another"), entry(3, 1)]);
  expect(broken(() => group.look(2))).toBe("R3");
  expect(broken(() => group.store(1, [group.noLogRow(1), group.logRow([...log.slice(0, 2), other])]))).toBe("R3");
});

test("R10: a hole, in memory and on disk, and an order that cannot be", () => {
  led(group);
  group.state(1).log.entries.push(entry(5, 2));
  expect(broken(() => group.look(1))).toBe("R10");
  expect(broken(() => group.store(2, [group.logRow([entry(5, 2)], chainOf(log))]))).toBe("R10");
  group.state(2).applied = 2;
  group.state(2).commit = 1;
  expect(broken(() => group.look(2))).toBe("R10");
});

test("R10: a durable state without the log that led to it", () => {
  committed(group);
  const row = group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, entry(4, 2)]) });
  expect(broken(() => group.store(2, [row]))).toBe("R10");
});

test("R19: terms fall along a log, or pass the current one", () => {
  led(group);
  group.state(1).log.entries.push(entry(4, 3));
  expect(broken(() => group.look(1))).toBe("R19");
  expect(broken(() => group.store(0, [group.logRow([entry(5, 1)], chainOf([...log, entry(4, 2)]))]))).toBe("R19");
});

test("R20: a log is cut although nothing contradicts it", () => {
  led(group);
  group.state(1).log.entries.pop();
  expect(broken(() => group.look(1))).toBe("R20");
  group.state(2).log.entries.splice(2, 1, entry(3, 1));
  expect(broken(() => group.look(2))).toBe("R20");
});

test("R20: an acknowledged entry is taken back in the same term", () => {
  led(group);
  group.note(1, 3);
  group.send(group.reply(1, 0, 3));
  group.state(1).log.entries.splice(2, 1, entry(3, 2));
  expect(broken(() => group.look(1))).toBe("R20");
});
