import { beforeEach, expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import { DiskFailure } from "../../src/sim/disk/drive.ts";
import { Violation } from "../../src/sim/oracle/violation.ts";
import { broken, chainOf, committed, entry, GlassGroup, led, log } from "./glass-group.ts";

/** A checker that nobody has seen fail is not a checker: each test plants one wrong observation, and nothing else is wrong. */
let group: GlassGroup;

beforeEach(() => {
  group = new GlassGroup();
});

// ---- commits

test("R5: two servers commit, or apply, different entries", () => {
  committed(group);
  group.state(2).log.entries.push(entry(4, 2));
  group.look(2);
  expect(broken(() => group.oracle.applied(2, entry(1, 1, "another")))).toBe("R5");
  group.state(1).log.entries.push(entry(5, 2));
  expect(broken(() => group.oracle.applied(1, entry(2, 1)))).toBe("R5");
  const row = group.appliedRow({ index: 3, term: 1, chain: 12345 });
  expect(broken(() => group.store(1, [row]))).toBe("R5");
});

test("R5: a server commits a log that is not the committed one", () => {
  committed(group);
  Object.assign(group.state(2), { term: 3, vote: undefined });
  group.state(2).log.entries.push(entry(4, 3));
  group.look(2);
  group.state(2).commit = 4;
  expect(broken(() => group.look(2))).toBe("R5");
});

test("R6: a commit that no quorum of disks holds", () => {
  led(group);
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
  const own = committed(group);
  group.state(0).commit = 3;
  expect(broken(() => group.look(0))).toBe("R9");
  group.store(1, [group.appliedRow({ index: 4, term: 2, chain: chainOf([...log, own]) })]);
  expect(broken(() => group.store(1, [group.appliedRow({ index: 3, term: 1, chain: chainOf(log) })]))).toBe("R9");
  group.close(1);
  group.open(1, { term: 2, vote: replicaId(0) }, [...log, own], 2);
  expect(broken(() => group.look(1))).toBe("R9");
});

test("R12: a leader commits an older term's entry by counting (figure 8)", () => {
  led(group);
  group.state(0).commit = 3;
  expect(broken(() => group.look(0))).toBe("R12");
});

test("R16: a stale read, an early read, an id that is used again", () => {
  const own = committed(group);
  group.oracle.readBegan(0, 1);
  expect(broken(() => group.oracle.readReady(0, 1, 3))).toBe("R16");
  expect(broken(() => group.oracle.readBegan(0, 1))).toBe("R16");
  expect(broken(() => group.oracle.readReady(0, 99, own.index))).toBe("R16");
  expect(broken(() => group.oracle.readDropped(0, 1))).toBe("R16");
});

test("R16: a read before the leader has committed in its term", () => {
  led(group);
  group.oracle.readBegan(0, 1);
  expect(broken(() => group.oracle.readReady(0, 1, 0))).toBe("R16");
});

test("R23: a finished write makes an entry stable that was overwritten meanwhile", () => {
  led(group);
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

// ---- messages

test("R14: a match without an acknowledgement, or one that falls", () => {
  led(group);
  expect(broken(() => group.receive(group.reply(1, 0, 3), () => group.believe(0, 1, 3)))).toBe("R14");
  group.acknowledge(2, 0, 3);
  expect(broken(() => group.receive(group.reply(2, 0, 2), () => group.believe(0, 2, 2)))).toBe("R14");
});

test("R14: an answer of an older term counts", () => {
  led(group);
  expect(broken(() => group.receive(group.reply(1, 0, 3, 1), () => group.believe(0, 1, 3)))).toBe("R14");
});

test("R21: a follower commits what it has not verified", () => {
  const own = committed(group);
  const heartbeat = group.append(0, 2, own, [], 4);
  expect(broken(() => group.receive(heartbeat, () => (group.state(2).commit = 3)))).toBe("R21");
});

test("R21: a follower commits what it has verified", () => {
  committed(group);
  const heartbeat = group.append(0, 2, log[2], [], 4);
  expect(broken(() => group.receive(heartbeat, () => (group.state(2).commit = 3)))).toBeUndefined();
});

test("R22: a packet in another's name, from an emptied directory, or a pin that is replaced", () => {
  led(group);
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
  led(group);
  const append = group.append(0, 1, log[2], [entry(4, 2)], 0);
  expect(broken(() => group.receive(append, () => (group.state(1).term = 3), { incarnation: 55 }))).toBe("R22");
});

test("R23: an acknowledgement of entries that were overwritten since", () => {
  led(group);
  // s1 acknowledges its own entry 4 in the leader's term; at the leader another one stands there.
  group.oracle.servers[1]?.acks.set(4, 12345);
  expect(broken(() => group.receive(group.reply(1, 0, 4), () => group.believe(0, 1, 4)))).toBe("R14");
  Object.assign(group.oracle.servers[1] ?? {}, { ackTerm: 2 });
  expect(broken(() => group.receive(group.reply(1, 0, 4), () => group.believe(0, 1, 4)))).toBe("R23");
});

test("R24: more under way, or at once, than is allowed", () => {
  const own = led(group, { inFlightMax: 1, appendEntriesMax: 2, uncommittedBytesMax: 10 });
  const progress = group.state(0).progress.get(replicaId(1));
  progress?.inFlight.push({ last: 3, bytes: 1 }, { last: 4, bytes: 1 });
  expect(broken(() => group.send(group.append(0, 1, own, [], 0)))).toBe("R24");
  expect(broken(() => group.send(group.append(0, 2, undefined, log, 0)))).toBe("R24");
  Object.assign(group.state(0), { uncommittedBytes: 60 });
  group.state(0).log.entries.push(entry(5, 2));
  expect(broken(() => group.look(0))).toBe("R24");
});

test("R26: a message says more than the disk holds", () => {
  led(group);
  expect(broken(() => group.send(group.reply(1, 0, 4)))).toBe("R26");
  Object.assign(group.state(1), { term: 3, vote: undefined });
  group.look(1);
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBe("R26");
});

test("R26: what is acknowledged, or counted by a leader, is not on note", () => {
  const own = led(group);
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBe("R26");
  group.note(1, 2);
  expect(broken(() => group.send(group.reply(1, 0, 2)))).toBeUndefined();
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBe("R26");
  group.note(1, 3, 1);
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBeUndefined();
  const next = entry(5, 2);
  group.state(0).log.entries.push(next);
  group.look(0);
  group.store(0, [group.logRow([next], chainOf([...log, own]))]);
  group.state(0).log.stable = 5;
  expect(broken(() => group.look(0))).toBe("R26");
});

test("R26: a note of an older term does not bind a log that was taken back since", () => {
  led(group);
  group.note(1, 3, 1);
  group.store(1, [group.hardRow(2, 0, 2)]);
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBe("R26");
  group.note(1, 3, 2);
  expect(broken(() => group.send(group.reply(1, 0, 3)))).toBeUndefined();
});

test("R26: what was acknowledged is gone from the disk, or after a restart", () => {
  led(group);
  group.note(1, 3);
  group.note(2, 3);
  group.send(group.reply(1, 0, 3));
  expect(broken(() => group.store(1, [group.noLogRow(1), group.logRow(log.slice(0, 2))]))).toBe("R26");
  group.send(group.reply(2, 0, 3));
  group.close(2);
  group.open(2, { term: 2, vote: replicaId(0) }, log.slice(0, 2));
  expect(broken(() => group.look(2))).toBe("R26");
});

// ---- whole states

test("R11: a snapshot, or a mark, of what was never committed", () => {
  committed(group);
  expect(broken(() => group.send(group.snapshot(0, 2, { index: 4, term: 2, chain: 12345 })))).toBe("R11");
  const mark = { index: 5, term: 2, chain: 1, membership: membership(group.members) };
  Object.assign(group.state(2).log, { mark, entries: [], stable: 0 });
  Object.assign(group.state(2), { commit: 5, handedOut: 5, applied: 5 });
  expect(broken(() => group.look(2))).toBe("R11");
});

test("R11: a state in which a command is another", () => {
  const own = committed(group);
  const commands = [...log, own].map(({ data }) => data);
  expect(broken(() => group.oracle.restored(2, 4, (index) => commands[index - 1] as Uint8Array))).toBeUndefined();
  commands[1] = entry(2, 1, "another").data;
  expect(broken(() => group.oracle.restored(2, 4, (index) => commands[index - 1] as Uint8Array))).toBe("R11");
});

test("R11: a mark that takes a matching suffix with it", () => {
  committed(group);
  const state = group.state(0);
  const mark = { index: 3, term: 1, chain: chainOf(log), membership: membership(group.members) };
  Object.assign(state, { handedOut: 4, applied: 4, role: "follower" });
  group.look(0);
  Object.assign(state.log, { mark, entries: [] });
  expect(broken(() => group.look(0))).toBe("R11");
});

test("R26: a disk that would not open, or to less than was said", () => {
  led(group);
  group.note(1, 3);
  group.send(group.reply(1, 0, 3));
  expect(broken(() => group.oracle.finish())).toBeUndefined();
  group.rot(1, [group.noLogRow(1)]);
  expect(broken(() => group.oracle.finish())).toBe("R26");
  group.rot(1, [group.logRow(log), { op: "put", key: group.hardRow(1, undefined).key, value: new Uint8Array(1) }]);
  expect(broken(() => group.oracle.finish())).toBe("R26");
});

test("R28: a server throws, or sends what nobody can read", () => {
  led(group);
  expect(broken(() => group.oracle.failed(1, new Error("a bug")))).toBe("R28");
  expect(broken(() => group.oracle.failed(2, new DiskFailure("a disk")))).toBeUndefined();
  expect(broken(() => group.oracle.sent(0, 1, new Uint8Array([1, 2, 3])))).toBe("R28");
});

test("a violation says which promise, and what happened", () => {
  const violation = new Violation("R6", "s0 commits 4");
  expect([violation.invariant, violation.message, violation.name]).toEqual(["R6", "s0 commits 4", "Violation"]);
});
