import { beforeEach, describe, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Entry } from "../../src/raft/types.ts";
import { DiskFailure } from "../../src/sim/disk-drive.ts";
import { Violation } from "../../src/sim/oracle/violation.ts";
import { broken, chainOf, entry, GlassGroup } from "./glass-group.ts";

/** A log of term 1, and what another leader would have put in its places. */
const log: readonly Entry[] = [entry(1, 1), entry(2, 1), entry(3, 1)];
const other: Entry = entry(3, 1, "another");

/** A checker that nobody has seen fail is not a checker: each test plants one wrong observation, and nothing else is wrong. */
let group: GlassGroup;

beforeEach(() => {
  group = new GlassGroup();
});

/** s0 leads term 2 with `log` everywhere, and one entry of its own that is durable at itself. */
function led(options: Parameters<GlassGroup["openAll"]>[2] = {}): Entry {
  group.openAll(1, log, options);
  group.elect(0, 2);
  const own = entry(4, 2);
  group.state(0).log.entries.push(own);
  group.look(0);
  group.store(0, [group.logRow([own], chainOf(log))]);
  group.state(0).log.stable = 4;
  group.look(0);
  return own;
}

/** The entry is on two disks, and s0 commits up to it. */
function committed(): Entry {
  const own = led();
  replicated(1, own);
  group.state(0).commit = 4;
  group.look(0);
  return own;
}

function replicated(at: number, own: Entry): void {
  group.state(at).log.entries.push(own);
  group.store(at, [group.logRow([own], chainOf(log))]);
  group.state(at).log.stable = own.index;
  group.look(at);
  group.acknowledge(at, 0, own.index);
}

test("nothing is broken by what is as it should be", () => {
  expect(
    broken(() => {
      const own = committed();
      for (const each of [...log, own]) group.oracle.applied(0, each);
      group.state(0).handedOut = group.state(0).applied = 4;
      group.store(0, [group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, own]) })]);
      group.look(0, 1, 2);
      group.oracle.finish();
    }),
  ).toBeUndefined();
});

describe("elections", () => {
  test("R1: two servers lead one term", () => {
    led();
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
    led();
    group.close(0);
    group.open(0, { term: 2, vote: replicaId(0) }, [...log, entry(4, 2)]);
    group.look(0);
    group.state(0).role = "leader";
    expect(broken(() => group.look(0))).toBe("R1");
  });

  test("R4: a new leader lacks what was committed before", () => {
    committed();
    group.storeVote(2, 3, 2);
    Object.assign(group.state(2), { term: 3, vote: 2, role: "candidate" });
    group.look(2);
    for (const to of [0, 1]) {
      group.send({ kind: "vote", from: replicaId(2), to: replicaId(to), term: 3, lastIndex: 3, lastTerm: 1 });
      // They vote although their logs are newer; the oracle is not shown how, or R13 would be first.
      group.oracle.ledger.voted(to, 3, 2);
    }
    group.state(2).role = "leader";
    expect(broken(() => group.look(2))).toBe("R4");
  });

  test("R7: a term falls, in memory, on disk, across a restart", () => {
    led();
    expect(broken(() => group.store(0, [group.hardRow(1, undefined)]))).toBe("R7");
    group.state(1).term = 1;
    expect(broken(() => group.look(1))).toBe("R7");
    group.close(2);
    group.open(2, { term: 1, vote: undefined }, log);
    expect(broken(() => group.look(2))).toBe("R7");
  });

  test("R8: a server votes twice in a term", () => {
    led();
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
    led();
    group.close(1);
    group.open(1, { term: 2, vote: undefined }, log);
    expect(broken(() => group.look(1))).toBe("R8");
  });

  test("R13: a vote for a log that is behind", () => {
    group.openAll(1, log);
    group.storeVote(0, 2, 0);
    Object.assign(group.state(0), { term: 2, vote: 0, role: "follower" });
    group.look(0);
    group.send({ kind: "vote", from: replicaId(0), to: replicaId(1), term: 2, lastIndex: 2, lastTerm: 1 });
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
});

describe("logs", () => {
  test("R2: a leader takes its own log back", () => {
    led();
    group.state(0).log.entries.pop();
    expect(broken(() => group.look(0))).toBe("R2");
  });

  test("R3: two logs hold one entry and differ before it", () => {
    led();
    group.state(2).log.entries.splice(0);
    group.close(2);
    group.open(2, { term: 2, vote: replicaId(0) }, [entry(1, 1), entry(2, 1, "another"), entry(3, 1)]);
    expect(broken(() => group.look(2))).toBe("R3");
    expect(broken(() => group.store(1, [group.noLogRow(1), group.logRow([...log.slice(0, 2), other])]))).toBe("R3");
  });

  test("R10: a hole, in memory and on disk, and an order that cannot be", () => {
    led();
    group.state(1).log.entries.push(entry(5, 2));
    expect(broken(() => group.look(1))).toBe("R10");
    expect(broken(() => group.store(2, [group.logRow([entry(5, 2)], chainOf(log))]))).toBe("R10");
    group.state(2).applied = 2;
    group.state(2).commit = 1;
    expect(broken(() => group.look(2))).toBe("R10");
  });

  test("R10: a durable state without the log that led to it", () => {
    committed();
    const row = group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, entry(4, 2)]) });
    expect(broken(() => group.store(2, [row]))).toBe("R10");
  });

  test("R19: terms fall along a log, or pass the current one", () => {
    led();
    group.state(1).log.entries.push(entry(4, 3));
    expect(broken(() => group.look(1))).toBe("R19");
    expect(broken(() => group.store(0, [group.logRow([entry(5, 1)], chainOf([...log, entry(4, 2)]))]))).toBe("R19");
  });

  test("R20: a log is cut although nothing contradicts it", () => {
    led();
    group.state(1).log.entries.pop();
    expect(broken(() => group.look(1))).toBe("R20");
    group.state(2).log.entries.splice(2, 1, entry(3, 1));
    expect(broken(() => group.look(2))).toBe("R20");
  });

  test("R20: an acknowledged entry is taken back in the same term", () => {
    led();
    group.send(group.reply(1, 0, 3));
    group.state(1).log.entries.splice(2, 1, entry(3, 2));
    expect(broken(() => group.look(1))).toBe("R20");
  });
});

describe("commits", () => {
  test("R5: two servers commit, or apply, different entries", () => {
    committed();
    group.state(2).log.entries.push(entry(4, 2));
    group.look(2);
    expect(broken(() => group.oracle.applied(2, entry(1, 1, "another")))).toBe("R5");
    group.state(1).log.entries.push(entry(5, 2));
    expect(broken(() => group.oracle.applied(1, entry(2, 1)))).toBe("R5");
    const row = group.appliedRow({ index: 3, term: 1, chain: 12345 });
    expect(broken(() => group.store(1, [row]))).toBe("R5");
  });

  test("R5: a server commits a log that is not the committed one", () => {
    committed();
    Object.assign(group.state(2), { term: 3, vote: undefined });
    group.state(2).log.entries.push(entry(4, 3));
    group.look(2);
    group.state(2).commit = 4;
    expect(broken(() => group.look(2))).toBe("R5");
  });

  test("R6: a commit that no quorum of disks holds, now or in the end", () => {
    led();
    group.state(0).commit = 4;
    expect(broken(() => group.look(0))).toBe("R6");
  });

  test("R6: one voter counts itself before its own write is done", () => {
    group = new GlassGroup(1);
    group.openAll(1, []);
    group.elect(0, 2);
    group.state(0).log.entries.push(entry(1, 2));
    group.state(0).commit = 1;
    expect(broken(() => group.look(0))).toBe("R6");
  });

  test("R9: a commit index falls, or a state goes back", () => {
    const own = committed();
    group.state(0).commit = 3;
    expect(broken(() => group.look(0))).toBe("R9");
    group.store(1, [group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, own]) })]);
    expect(broken(() => group.store(1, [group.appliedRow({ index: 3, term: 1, chain: chainOf(log) })]))).toBe("R9");
    group.close(1);
    group.open(1, { term: 2, vote: replicaId(0) }, [...log, own], 2);
    expect(broken(() => group.look(1))).toBe("R9");
  });

  test("R12: a leader commits an older term's entry by counting (figure 8)", () => {
    led();
    group.state(0).commit = 3;
    expect(broken(() => group.look(0))).toBe("R12");
  });

  test("R16: a stale read, an early read, an id that is used again", () => {
    const own = committed();
    group.oracle.readBegan(0, 1);
    expect(broken(() => group.oracle.readReady(0, 1, 3))).toBe("R16");
    expect(broken(() => group.oracle.readBegan(0, 1))).toBe("R16");
    expect(broken(() => group.oracle.readReady(0, 99, own.index))).toBe("R16");
    expect(broken(() => group.oracle.readDropped(0, 1))).toBe("R16");
  });

  test("R16: a read before the leader has committed in its term", () => {
    led();
    group.oracle.readBegan(0, 1);
    expect(broken(() => group.oracle.readReady(0, 1, 0))).toBe("R16");
  });

  test("R23: a finished write makes an entry stable that was overwritten meanwhile", () => {
    led();
    // Entry 4 of term 2 is on the disk, and another one is in memory.
    group.close(0);
    const state = group.open(0, { term: 2, vote: replicaId(0) }, log);
    group.store(0, [group.hardRow(3, undefined)]);
    Object.assign(state, { term: 3, vote: undefined });
    state.log.entries.push(entry(4, 3));
    state.log.stable = 3;
    group.look(0);
    state.log.stable = 4;
    expect(broken(() => group.look(0))).toBe("R23");
  });
});

describe("messages", () => {
  test("R14: a match without an acknowledgement, or one that falls", () => {
    led();
    expect(broken(() => group.receive(group.reply(1, 0, 3), () => group.believe(0, 1, 3)))).toBe("R14");
    group.acknowledge(2, 0, 3);
    expect(broken(() => group.receive(group.reply(2, 0, 2), () => group.believe(0, 2, 2)))).toBe("R14");
  });

  test("R14: an answer of an older term counts", () => {
    led();
    expect(broken(() => group.receive(group.reply(1, 0, 3, 1), () => group.believe(0, 1, 3)))).toBe("R14");
  });

  test("R21: a follower commits what it has not verified", () => {
    const own = committed();
    const heartbeat = group.append(0, 2, own, [], 4);
    expect(broken(() => group.receive(heartbeat, () => (group.state(2).commit = 3)))).toBe("R21");
  });

  test("R21: a follower commits what it has verified", () => {
    committed();
    const heartbeat = group.append(0, 2, log[2], [], 4);
    expect(broken(() => group.receive(heartbeat, () => (group.state(2).commit = 3)))).toBeUndefined();
  });

  test("R22: a packet in another's name, from an emptied directory, or a pin that is replaced", () => {
    led();
    const reply = group.reply(1, 0, 3);
    expect(broken(() => group.send(reply, { creation: 8 }))).toBe("R22");
    expect(broken(() => group.send(reply, { incarnation: 55 }))).toBe("R22");
    group.emptyDirectory(1, 55);
    expect(broken(() => group.send({ ...reply, term: 0 }, { incarnation: 55 }))).toBe("R22");
    expect(broken(() => group.store(2, [group.pinRow(1, 55)]))).toBe("R22");
  });

  test("R22: a replica takes part before all others have pinned it", () => {
    group.openAll(0, []);
    group.emptyDirectory(1, 55);
    expect(broken(() => group.send(group.reply(1, 0, 0), { incarnation: 55 }))).toBe("R22");
  });

  test("R22: somebody listens to a directory that he does not know", () => {
    led();
    const append = group.append(0, 1, log[2], [entry(4, 2)], 0);
    expect(broken(() => group.receive(append, () => (group.state(1).term = 3), { incarnation: 55 }))).toBe("R22");
  });

  test("R23: an acknowledgement of entries that were overwritten since", () => {
    led();
    // s1 acknowledges its own entry 4 in the leader's term; at the leader another one stands there.
    group.oracle.servers[1]?.acks.set(4, 12345);
    expect(broken(() => group.receive(group.reply(1, 0, 4), () => group.believe(0, 1, 4)))).toBe("R14");
    Object.assign(group.oracle.servers[1] ?? {}, { ackTerm: 2 });
    expect(broken(() => group.receive(group.reply(1, 0, 4), () => group.believe(0, 1, 4)))).toBe("R23");
  });

  test("R24: more under way, or at once, than is allowed", () => {
    const own = led({ inFlightMax: 1, appendEntriesMax: 2, uncommittedBytesMax: 10 });
    const progress = group.state(0).progress.get(replicaId(1));
    progress?.inFlight.push({ last: 3, bytes: 1 }, { last: 4, bytes: 1 });
    expect(broken(() => group.send(group.append(0, 1, own, [], 0)))).toBe("R24");
    expect(broken(() => group.send(group.append(0, 2, undefined, log, 0)))).toBe("R24");
    Object.assign(group.state(0), { uncommittedBytes: 60 });
    group.state(0).log.entries.push(entry(5, 2));
    expect(broken(() => group.look(0))).toBe("R24");
  });

  test("R26: a message says more than the disk holds", () => {
    led();
    expect(broken(() => group.send(group.reply(1, 0, 4)))).toBe("R26");
    Object.assign(group.state(1), { term: 3, vote: undefined });
    group.look(1);
    expect(broken(() => group.send(group.reply(1, 0, 3)))).toBe("R26");
  });

  test("R26: what was acknowledged is gone from the disk, or after a restart", () => {
    led();
    group.send(group.reply(1, 0, 3));
    expect(broken(() => group.store(1, [group.noLogRow(1), group.logRow(log.slice(0, 2))]))).toBe("R26");
    group.send(group.reply(2, 0, 3));
    group.close(2);
    group.open(2, { term: 2, vote: replicaId(0) }, log.slice(0, 2));
    expect(broken(() => group.look(2))).toBe("R26");
  });
});

describe("whole states", () => {
  test("R11: a snapshot, or a mark, of what was never committed", () => {
    committed();
    expect(broken(() => group.send(group.snapshot(0, 2, { index: 4, term: 2, chain: 12345 })))).toBe("R11");
    const mark = { index: 5, term: 2, chain: 1, membership: membership(group.members) };
    Object.assign(group.state(2).log, { mark, entries: [], stable: 0 });
    Object.assign(group.state(2), { commit: 5, handedOut: 5, applied: 5 });
    expect(broken(() => group.look(2))).toBe("R11");
  });

  test("R11: a state in which a command is another", () => {
    const own = committed();
    const commands = [...log, own].map(({ data }) => data);
    expect(broken(() => group.oracle.restored(2, 4, (index) => commands[index - 1] as Uint8Array))).toBeUndefined();
    commands[1] = entry(2, 1, "another").data;
    expect(broken(() => group.oracle.restored(2, 4, (index) => commands[index - 1] as Uint8Array))).toBe("R11");
  });

  test("R11: a mark that takes a matching suffix with it", () => {
    committed();
    const state = group.state(0);
    const mark = { index: 3, term: 1, chain: chainOf(log), membership: membership(group.members) };
    Object.assign(state, { handedOut: 4, applied: 4, role: "follower" });
    group.look(0);
    Object.assign(state.log, { mark, entries: [] });
    expect(broken(() => group.look(0))).toBe("R11");
  });

  test("R26: a disk that would not open, or to less than was said", () => {
    led();
    group.send(group.reply(1, 0, 3));
    expect(broken(() => group.oracle.finish())).toBeUndefined();
    group.rot(1, [group.noLogRow(1)]);
    expect(broken(() => group.oracle.finish())).toBe("R26");
    group.rot(1, [group.logRow(log), { op: "put", key: group.hardRow(1, undefined).key, value: new Uint8Array(1) }]);
    expect(broken(() => group.oracle.finish())).toBe("R26");
  });

  test("R28: a server throws, or sends what nobody can read", () => {
    led();
    expect(broken(() => group.oracle.failed(1, new Error("a bug")))).toBe("R28");
    expect(broken(() => group.oracle.failed(2, new DiskFailure("a disk")))).toBeUndefined();
    expect(broken(() => group.oracle.sent(0, 1, new Uint8Array([1, 2, 3])))).toBe("R28");
  });

  test("a violation says which promise, and what happened", () => {
    const violation = new Violation("R6", "s0 commits 4");
    expect([violation.invariant, violation.message, violation.name]).toEqual(["R6", "s0 commits 4", "Violation"]);
  });
});
