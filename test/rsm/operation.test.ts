import { describe, expect, test, vi } from "vitest";
import { AssertionError } from "../../src/base/assert.ts";
import { sessionOptions } from "../../src/rsm/caller/caller-options.ts";
import { ClientSession, type Ending, type Operation } from "../../src/rsm/caller/operation.ts";
import { decodeRequest, type Request } from "../../src/rsm/session/request.ts";
import { Sequence } from "../../src/rsm/caller/sequence.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { clientId } from "./session-rig.ts";

const command = Uint8Array.of(1, 2, 3);

/** A session whose shard 0 has learned that it is 1000. */
function session(mayDouble = true): ClientSession {
  const made = new ClientSession(clientId(1), { validMs: 100, mayDouble });
  made.operation(0, command).sequence.learnTime(1000, 0);
  return made;
}

function attempt(operation: Operation): Request {
  return decodeRequest(operation.attempt());
}

function bad(it: Operation): Ending {
  it.attempt();
  it.attempt();
  return { kind: "refused", refusal: refused("bad_request", "") };
}

function refusedOnce(it: Operation): Ending {
  it.attempt();
  it.attemptRefused();
  return { kind: "refused", refusal: refused("expired", "") };
}

function refusedLast(it: Operation): Ending {
  it.attempt();
  return refusedOnce(it);
}

function givenUp(it: Operation, attempts: number): Ending {
  for (let i = 0; i < attempts; i += 1) it.attempt();
  it.attemptRefused();
  return { kind: "given_up", why: "deadline", last: refused("overloaded", "") };
}

const waiter = (): { proceed: () => void; refuse: () => void } => ({ proceed: vi.fn<() => void>(), refuse: vi.fn<() => void>() });

describe("a request", () => {
  test("S1: is the same in every attempt, whatever time it is", () => {
    const operation = session().operation(0, command);
    const first = new Uint8Array(operation.attempt());
    operation.sequence.learnTime(5000, 0);
    expect(operation.attempt()).toEqual(first);
    expect(decodeRequest(first)).toEqual({ client: clientId(1), number: 1, shard: 0, floor: 1, validUntil: 1100, command });
  });

  test("S1: tells a newer floor, and nothing else, when it is renewed", () => {
    const made = session();
    const [one, two] = [made.operation(0, command), made.operation(0, command)];
    one.attempt();
    const before = attempt(two);
    one.conclude({ kind: "lost" });
    two.renewFloor();
    expect(before.floor).toBe(1);
    expect(attempt(two)).toEqual({ ...before, floor: 2 });
  });

  test("S6: has a floor that counts what is allocated and not answered, sent or not", () => {
    const made = session();
    const all = [made.operation(0, command), made.operation(0, command), made.operation(0, command)] as const;
    expect(all.map((operation) => attempt(operation).floor)).toEqual([1, 1, 1]);
    all[1].conclude({ kind: "lost" });
    expect(attempt(made.operation(0, command))).toMatchObject({ number: 4, floor: 1 });
    all[0].conclude({ kind: "lost" });
    expect(attempt(made.operation(0, command))).toMatchObject({ number: 5, floor: 3 });
  });

  test("has a sequence of its own on each shard", () => {
    const made = session();
    const other = made.operation(7, command);
    other.sequence.learnTime(50, 0);
    expect(attempt(other)).toMatchObject({ shard: 7, number: 1, validUntil: 150 });
    expect(attempt(made.operation(0, command))).toMatchObject({ shard: 0, number: 1 });
  });
});

describe("S9: what its client is told", () => {
  const answers: [string, boolean, (operation: Operation) => Ending, object][] = [
    ["a result is one", true, () => ({ kind: "result", bytes: command }), { kind: "result", bytes: command }],
    ["a result that is lost was done", true, () => ({ kind: "lost" }), { kind: "lost" }],
    [
      "never sent is definite",
      true,
      () => ({ kind: "given_up", why: "deadline", last: undefined }),
      { kind: "refused", why: "never_sent" },
    ],
    [
      "a refusal before the first attempt is definite",
      true,
      () => ({ kind: "refused", refusal: refused("wrong_group", "") }),
      { why: "wrong_group" },
    ],
    [
      "bytes that no group would take are refused for ever, whatever else was answered",
      true,
      (it) => bad(it),
      { kind: "refused", why: "bad_request" },
    ],
    [
      "one refusal of one attempt is definite where nothing is doubled",
      false,
      (it) => refusedOnce(it),
      { kind: "refused", why: "expired" },
    ],
    ["and unknown where a copy may arrive", true, (it) => refusedOnce(it), { kind: "unknown" }],
    ["the last refusal says nothing of an attempt that was not answered", false, (it) => refusedLast(it), { kind: "unknown" }],
    ["given up, with all attempts refused", false, (it) => givenUp(it, 1), { kind: "refused", why: "overloaded" }],
    ["given up, with one that is not", false, (it) => givenUp(it, 2), { kind: "unknown" }],
  ];
  test.each(answers)("%s", (_, mayDouble, end, outcome) => {
    const operation = session(mayDouble).operation(0, command);
    expect(operation.conclude(end(operation))).toMatchObject(outcome);
  });

  test("an operation ends once", () => {
    const operation = session().operation(0, command);
    operation.conclude({ kind: "lost" });
    expect(() => operation.conclude({ kind: "lost" })).toThrow(AssertionError);
  });
});

describe("a sequence", () => {
  const options = sessionOptions({ validMs: 100, windowMax: 2 });

  test("S2: validity never falls, though a leader may say an earlier time than another", () => {
    const sequence = new Sequence(clientId(1), 0, options);
    sequence.learnTime(1000, 0);
    expect(sequence.allocate()).toEqual({ number: 1, validUntil: 1100 });
    sequence.learnTime(900, 1);
    expect(sequence.allocate()).toEqual({ number: 2, validUntil: 1100 });
  });

  test("S7: no number is allocated before the time is known, and an old time is learned anew", () => {
    const sequence = new Sequence(clientId(1), 0, options);
    expect(sequence.needsTime(0)).toBe(true);
    expect(() => sequence.allocate()).toThrow(AssertionError);
    sequence.learnTime(1000, 0);
    expect([sequence.needsTime(25), sequence.needsTime(26)]).toEqual([false, true]);
  });

  test("has so many numbers in use, and those that wait go on in their order when one ends", () => {
    const sequence = new Sequence(clientId(1), 0, options);
    sequence.learnTime(0, 0);
    sequence.allocate();
    sequence.allocate();
    expect(sequence.isFull).toBe(true);
    const [first, second] = [waiter(), waiter()];
    first.proceed = vi.fn<() => void>(() => void sequence.allocate());
    sequence.wait(first);
    sequence.wait(second);
    // The window is counted from the floor on.
    sequence.end(2);
    expect([first.proceed, second.proceed].map((proceed) => vi.mocked(proceed).mock.calls.length)).toEqual([0, 0]);
    sequence.end(1);
    expect(sequence.floor).toBe(3);
    expect([first.proceed, second.proceed].map((proceed) => vi.mocked(proceed).mock.calls.length)).toEqual([1, 1]);
  });

  test("whoever leaves hears nothing, and a refusal is for all who wait", () => {
    const sequence = new Sequence(clientId(1), 0, options);
    const [gone, here] = [waiter(), waiter()];
    sequence.wait(gone);
    sequence.wait(here);
    sequence.leave(gone);
    sequence.refuseWaiters(refused("wrong_group", ""));
    expect([vi.mocked(gone.refuse).mock.calls.length, vi.mocked(here.refuse).mock.calls.length, sequence.hasWaiters]).toEqual([
      0,
      1,
      false,
    ]);
  });

  test("a number ends once, and only one that was allocated", () => {
    const sequence = new Sequence(clientId(1), 0, options);
    sequence.learnTime(0, 0);
    sequence.allocate();
    expect(() => sequence.end(2)).toThrow(AssertionError);
    sequence.end(1);
    expect(() => sequence.end(1)).toThrow(AssertionError);
  });
});
