import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/rsm/client-wire.ts";
import { ClientSession, type Outcome } from "../../src/rsm/caller/operation.ts";
import { decodeRequest, type Request } from "../../src/rsm/session/request.ts";
import { encodeShardTimes } from "../../src/rsm/shard-times.ts";
import { refused, type Shard } from "../../src/rsm/state/state-machine.ts";
import { ClientRig } from "./client-rig.ts";
import { clientId } from "./session-rig.ts";

const command = Uint8Array.of(1);
const elsewhere: Answer = { kind: "refused", refusal: refused("wrong_group", "elsewhere") };

function execute(rig: ClientRig, made: ClientSession, shard: Shard = 0, deadlineMs = Infinity): Outcome[] {
  const outcomes: Outcome[] = [];
  rig.caller.execute(made.operation(shard, command), deadlineMs, (outcome) => outcomes.push(outcome));
  return outcomes;
}

/** The times of shards from 0 on. */
function times(...all: (number | undefined)[]): Answer {
  return { kind: "result", bytes: encodeShardTimes({ first: 0, times: all }) };
}

/** The shards whose times were asked for, in turn. */
function asked(rig: ClientRig): Shard[] {
  return rig.attempts.flatMap(({ call }) => (call.kind === "time" ? [call.shard] : []));
}

/** What was sent to be executed: each request's shard, number and validity. */
function requests(rig: ClientRig): Pick<Request, "shard" | "number" | "validUntil">[] {
  return rig.attempts
    .flatMap(({ call }) => (call.kind === "request" ? [decodeRequest(call.bytes)] : []))
    .map(({ shard, number, validUntil }) => ({ shard, number, validUntil }));
}

function session(): ClientSession {
  return new ClientSession(clientId(1), { validMs: 100 });
}

describe("S7: the first operation", () => {
  test("on a shard asks for its time, once for all that wait", () => {
    const rig = new ClientRig();
    const made = session();
    for (let i = 0; i < 3; i += 1) execute(rig, made);
    rig.run(0);
    expect([asked(rig), requests(rig)]).toEqual([[0], []]);
    rig.answer(rig.last, times(5000));
    rig.run(0);
    expect(requests(rig)).toEqual([1, 2, 3].map((number) => ({ shard: 0, number, validUntil: 5100 })));
  });

  test("of many shards asks once for those that are told of together, and each has its own time", () => {
    const rig = new ClientRig();
    const made = session();
    for (const shard of [2, 0, 1, 300]) execute(rig, made, shard);
    rig.run(0);
    expect(asked(rig)).toEqual([2, 300]);
    rig.answer(rig.attempts[0] as (typeof rig.attempts)[0], times(5000, 7000, 6000));
    rig.run(0);
    expect(requests(rig)).toEqual([
      { shard: 0, number: 1, validUntil: 5100 },
      { shard: 1, number: 1, validUntil: 7100 },
      { shard: 2, number: 1, validUntil: 6100 },
    ]);
  });

  test("on a shard of which was told already asks for nothing", () => {
    const rig = new ClientRig();
    const made = session();
    execute(rig, made, 0);
    rig.run(0);
    rig.answer(rig.last, times(5000, 7000));
    execute(rig, made, 1);
    rig.run(0);
    expect([asked(rig), requests(rig)]).toEqual([[0], [0, 1].map((shard) => ({ shard, number: 1, validUntil: 5100 + 2000 * shard }))]);
  });

  test("on a shard of which was told too long ago asks again", () => {
    const rig = new ClientRig();
    const made = session();
    execute(rig, made, 0);
    rig.run(0);
    rig.answer(rig.last, times(5000, 7000));
    rig.run(30);
    execute(rig, made, 1);
    rig.run(0);
    expect(asked(rig)).toEqual([0, 1]);
  });
});

describe("what is not told", () => {
  test("is asked for by itself: a neighbour says nothing of a shard that it does not serve", () => {
    const rig = new ClientRig();
    const made = session();
    const [first, second] = [execute(rig, made, 0), execute(rig, made, 1)];
    rig.run(0);
    rig.answer(rig.last, times(5000, undefined, 6000));
    rig.run(0);
    expect([asked(rig), requests(rig)]).toEqual([[0, 1], [{ shard: 0, number: 1, validUntil: 5100 }]]);
    rig.answer(rig.attempts.find(({ call }) => call.kind === "time" && call.shard === 1) as never, elsewhere);
    expect([first, second]).toEqual([[], [{ kind: "refused", why: "wrong_group", detail: "elsewhere" }]]);
  });

  test("because the group refuses one shard is asked for by the others", () => {
    const rig = new ClientRig();
    const made = session();
    const all = [execute(rig, made, 0), execute(rig, made, 0), execute(rig, made, 1)];
    rig.run(0);
    rig.answer(rig.last, elsewhere);
    rig.run(0);
    const no = { kind: "refused", why: "wrong_group", detail: "elsewhere" };
    expect([all, asked(rig)]).toEqual([
      [[no], [no], []],
      [0, 1],
    ]);
  });

  test("because the answer cannot be read is not asked for again and again", () => {
    const rig = new ClientRig();
    const outcomes = execute(rig, session());
    rig.run(0);
    rig.answer(rig.last, { kind: "result", bytes: command });
    rig.run(1000);
    expect(asked(rig)).toEqual([0]);
    expect(outcomes).toMatchObject([{ kind: "refused", why: "bad_request" }]);
  });

  test("by one group does not keep another one from telling", () => {
    const [dead, alive] = [new ClientRig(), new ClientRig()];
    const made = session();
    execute(dead, made, 0);
    execute(alive, made, 1);
    dead.run(0);
    alive.run(0);
    alive.answer(alive.last, times(undefined, 7000));
    alive.run(0);
    expect([asked(dead), asked(alive), requests(alive)]).toEqual([[0], [1], [{ shard: 1, number: 1, validUntil: 7100 }]]);
  });
});

test("nobody who gave up meanwhile is sent, and an operation that was never sent is definitely not done", () => {
  const rig = new ClientRig();
  const outcomes = execute(rig, session(), 0, 50);
  rig.run(60);
  expect(outcomes).toEqual([{ kind: "refused", why: "never_sent", detail: "deadline" }]);
  rig.answer(rig.last, times(5000));
  rig.run(10);
  expect(requests(rig)).toEqual([]);
});
