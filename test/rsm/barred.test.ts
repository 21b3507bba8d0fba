import { describe, expect, test } from "vitest";
import { serverId } from "../../src/base/ids.ts";
import { LeaderSearch } from "../../src/rsm/caller/leader-search.ts";
import { ClientSession, type Ending, type Outcome } from "../../src/rsm/caller/operation.ts";
import { ClientRig } from "./client-rig.ts";
import { clientId } from "./session-rig.ts";

const command = Uint8Array.of(1);
const sentence = (): string => "Nobody speaks with you.";

function ask(rig: ClientRig): Ending[] {
  const endings: Ending[] = [];
  rig.caller.query(command, Infinity, (ending) => endings.push(ending));
  return endings;
}

/** An operation that has its number. */
function execute(rig: ClientRig): Outcome[] {
  const session = new ClientSession(clientId(1));
  session.operation(0, command).sequence.learnTime(1000, 0);
  const outcomes: Outcome[] = [];
  rig.caller.execute(session.operation(0, command), Infinity, (outcome) => outcomes.push(outcome));
  return outcomes;
}

/** The server of the newest attempt refuses to speak. */
function bar(rig: ClientRig): void {
  rig.run(0);
  rig.caller.barred(rig.servers[rig.last.server] as never, sentence);
  rig.run(0);
}

describe("a server that does not speak with this client", () => {
  test("is asked no more, and what waits for it is asked of another one at once", () => {
    const rig = new ClientRig();
    ask(rig);
    bar(rig);
    bar(rig);
    const [first, second, third] = rig.attempts.map(({ server }) => server);
    expect([rig.attempts.length, new Set([first, second, third]).size, rig.clock.now()]).toEqual([3, 3, 0]);
    rig.run(20_000);
    expect(new Set(rig.attempts.slice(2).map(({ server }) => server))).toEqual(new Set([third]));
  });

  test("is not sent what this turn still has for it", () => {
    const rig = new ClientRig();
    ask(rig);
    for (const server of rig.servers.slice(0, 2)) rig.caller.barred(server, sentence);
    rig.run(0);
    expect(rig.attempts.map(({ server }) => server)).toEqual([2]);
  });

  test("is asked again when it speaks", () => {
    const rig = new ClientRig();
    for (const server of rig.servers.slice(0, 2)) rig.caller.barred(server, sentence);
    rig.caller.welcomed(rig.servers[0] as never);
    ask(rig);
    rig.run(20_000);
    expect(new Set(rig.attempts.map(({ server }) => server))).toEqual(new Set([0, 2]));
  });

  test("is nobody's business if it is no server of the group", () => {
    const rig = new ClientRig();
    const endings = ask(rig);
    for (let i = 0; i < 3; i += 1) rig.caller.barred(serverId("stranger"), sentence);
    expect(endings).toEqual([]);
  });
});

describe("when no server speaks with this client", () => {
  test("every call ends at once, and nothing was done: nothing was ever sent", () => {
    const rig = new ClientRig();
    const [asked, executed] = [ask(rig), execute(rig)];
    for (let i = 0; i < 3; i += 1) bar(rig);
    expect(asked).toEqual([{ kind: "barred", detail: "Nobody speaks with you.", unsent: true }]);
    expect(executed).toEqual([{ kind: "refused", why: "never_sent", detail: "Nobody speaks with you." }]);
    expect([rig.caller.pending, rig.clock.now()]).toEqual([0, 0]);
  });

  test("a call that is made when another one ends is asked for", () => {
    const rig = new ClientRig();
    const again: Ending[][] = [];
    rig.caller.query(command, Infinity, () => again.push(ask(rig)));
    for (let i = 0; i < 3; i += 1) bar(rig);
    expect([again, rig.caller.pending, rig.attempts.length]).toEqual([[[]], 1, 4]);
  });

  test("and one has spoken with it before, it is not known what became of its calls", () => {
    const rig = new ClientRig();
    rig.caller.welcomed(rig.servers[1] as never);
    const executed = execute(rig);
    for (let i = 0; i < 3; i += 1) bar(rig);
    expect(executed).toEqual([{ kind: "unknown", detail: "Nobody speaks with you." }]);
  });

  test("and only a stranger has spoken with it, nothing was ever sent to the group", () => {
    const rig = new ClientRig();
    rig.caller.welcomed(serverId("stranger"));
    const executed = execute(rig);
    for (let i = 0; i < 3; i += 1) bar(rig);
    expect(executed).toEqual([{ kind: "refused", why: "never_sent", detail: "Nobody speaks with you." }]);
  });

  test("what waits for its number was never sent, whoever has spoken", () => {
    const rig = new ClientRig();
    rig.caller.welcomed(rig.servers[1] as never);
    const outcomes: Outcome[] = [];
    const operation = new ClientSession(clientId(1)).operation(0, command);
    rig.caller.execute(operation, Infinity, (outcome) => outcomes.push(outcome));
    for (let i = 0; i < 3; i += 1) bar(rig);
    expect(outcomes).toEqual([{ kind: "refused", why: "never_sent", detail: "Nobody speaks with you." }]);
  });

  test("the next call asks all of them anew: somebody may have mended them", () => {
    const rig = new ClientRig();
    ask(rig);
    for (let i = 0; i < 3; i += 1) bar(rig);
    const endings = ask(rig);
    bar(rig);
    bar(rig);
    expect(endings).toEqual([]);
    expect(new Set(rig.attempts.slice(3).map(({ server }) => server)).size).toBe(3);
    bar(rig);
    expect(endings).toHaveLength(1);
  });
});

test("who is said to lead is asked, whatever he said before", () => {
  const search = new LeaderSearch(3, 0);
  search.barred(2);
  expect([search.refused(0, "2"), search.choose()]).toEqual([true, 2]);
});
