import { describe, expect, test } from "vitest";
import type { Request } from "../../src/rsm/session/request.ts";
import { sessionLimits } from "../../src/rsm/session/session-limits.ts";
import { lost } from "../../src/rsm/session/sessions.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { requestName, SessionLaw } from "../../src/sim/group/oracle/session-law.ts";
import { RowSet } from "../../src/sim/group/oracle/row-set.ts";
import { Violation } from "../../src/sim/oracle/violation.ts";

const client = new Uint8Array(16).fill(7);
const limits = sessionLimits({ resultsMax: 2, sessionsMax: 2 });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function request(number: number, changes: Partial<Request> = {}): Request {
  return { client, number, shard: 0, floor: 1, validUntil: 1000, command: bytes(`command ${number}`), ...changes };
}

/** The first request of a client. */
function ofClient(fill: number): Request {
  return request(1, { client: new Uint8Array(16).fill(fill) });
}

/** Executes a request, with what came of it. */
function execute(law: SessionLaw, index: number, asked: Request, result = bytes("result"), isRefusal = false): void {
  law.applied(index, asked, result, { result, isRefusal }, limits);
}

function brokenBy(act: () => void): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
  return undefined;
}

function lawWith(...done: Request[]): SessionLaw {
  const law = new SessionLaw(() => 0);
  for (const [at, asked] of done.entries()) execute(law, at + 1, asked);
  return law;
}

describe("the law of sessions", () => {
  test("allows what a group does: new commands, retries, refusals, and an end of sessions", () => {
    const law = lawWith(request(1), request(2, { floor: 2 }));
    law.applied(3, request(2, { floor: 2 }), bytes("result"), undefined, limits);
    law.applied(4, request(1), refused("session_stale", ""), undefined, limits);
    law.timeIs(1001);
    law.applied(5, request(3), refused("expired", ""), undefined, limits);
    law.dropped(6, client, 0);
    law.applied(7, request(2), refused("expired", ""), undefined, limits);
    expect(law.counts).toMatchObject({ executed: 2, repeated: 1, stale: 1, expired: 2, dropped: 1 });
  });

  test("C1: a command is executed once, also when its session is forgotten", () => {
    expect(brokenBy(() => execute(lawWith(request(1)), 2, request(1)))).toBe("C1");
    const law = lawWith(request(1));
    law.timeIs(1001);
    law.dropped(2, client, 0);
    expect(brokenBy(() => execute(law, 3, request(1, { validUntil: 2000 })))).toBe("C1");
  });

  test("C1: nothing is answered as done that is not", () => {
    expect(brokenBy(() => lawWith().applied(1, request(1), bytes("result"), undefined, limits))).toBe("C1");
    expect(brokenBy(() => lawWith().applied(1, request(1), lost, undefined, limits))).toBe("C1");
  });

  test("C2: a retry has the same result, and has one", () => {
    expect(brokenBy(() => lawWith(request(1)).applied(2, request(1), bytes("other"), undefined, limits))).toBe("C2");
    expect(brokenBy(() => lawWith(request(1)).applied(2, request(1), refused("expired", ""), undefined, limits))).toBe("C2");
    expect(brokenBy(() => lawWith(request(1)).applied(2, request(1), lost, undefined, limits))).toBeUndefined();
  });

  test("C4: what its client has given up is not executed", () => {
    expect(brokenBy(() => execute(lawWith(request(3, { floor: 3 })), 2, request(2)))).toBe("C4");
  });

  test("C5: nothing is executed after its time, and no session goes before that of its last command", () => {
    const late = lawWith();
    late.timeIs(1001);
    expect(brokenBy(() => execute(late, 1, request(1)))).toBe("C5");
    const law = lawWith(request(1, { validUntil: 500 }), request(2, { validUntil: 1000 }));
    law.timeIs(1000);
    expect(brokenBy(() => law.dropped(3, client, 0))).toBe("C5");
    law.timeIs(1001);
    expect(brokenBy(() => law.dropped(3, client, 0))).toBeUndefined();
  });

  test("C6: no two clients have one id, and none has two lives", () => {
    const law = lawWith();
    for (const number of [1, 2, 2]) law.asked(request(number), "a");
    law.asked(ofClient(8), "b");
    expect(brokenBy(() => law.asked(ofClient(8), "b-2"))).toBe("C6");
    expect(brokenBy(() => law.asked(request(3), "b"))).toBe("C6");
  });

  test("C8: what is said not to be executed is not, before or after; a command that changed nothing may be called refused", () => {
    const name = requestName(request(1));
    expect(brokenBy(() => lawWith(request(1)).refused(name, "c1"))).toBe("C8");
    const law = lawWith();
    law.refused(name, "c1");
    expect(brokenBy(() => execute(law, 1, request(1)))).toBe("C8");
    const declined = new SessionLaw(() => 0);
    execute(declined, 1, request(1), bytes("no"), true);
    expect(brokenBy(() => declined.refused(name, "c1"))).toBeUndefined();
  });

  test("C10: sessions and their results are bounded", () => {
    expect(brokenBy(() => lawWith(request(1), request(2), request(3)))).toBeUndefined();
    expect(brokenBy(() => lawWith(request(1), request(2), request(3), request(4)))).toBe("C10");
    expect(brokenBy(() => lawWith(ofClient(1), ofClient(2)))).toBeUndefined();
    expect(brokenBy(() => lawWith(ofClient(1), ofClient(2), ofClient(3)))).toBe("C10");
  });
});

describe("a set of rows", () => {
  test("has one hash for its rows, in whatever order they came and whatever was there before", () => {
    const one = new RowSet();
    one.put(bytes("a"), bytes("1"));
    one.put(bytes("b"), bytes("2"));
    const other = new RowSet();
    other.put(bytes("b"), bytes("3"));
    other.put(bytes("c"), bytes("4"));
    other.put(bytes("b"), bytes("2"));
    other.delete(bytes("c"));
    other.delete(bytes("never there"));
    expect(other.digest).not.toBe(one.digest);
    other.put(bytes("a"), bytes("1"));
    expect(other.digest).toBe(one.digest);
    expect(other.size).toBe(2);
    one.delete(bytes("a"));
    one.delete(bytes("b"));
    expect(one.digest).toBe(new RowSet().digest);
  });

  test("tells apart where a key ends and a value begins", () => {
    const one = new RowSet();
    one.put(bytes("ab"), bytes("c"));
    const other = new RowSet();
    other.put(bytes("a"), bytes("bc"));
    expect(one.digest).not.toBe(other.digest);
  });
});
