import { describe, expect, test } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { decodeEntry, machineEntry } from "../../src/rsm/session/entry.ts";
import { ownTime, placeOf } from "./append-machine.ts";
import { ReplicaWorld } from "./replica-world.ts";
import { clientId, requestOf, SessionRig } from "./session-rig.ts";

/** Copies the session of a client on shard 0 to shard 1. */
const copies = (client: number): Uint8Array => concat([Uint8Array.of(0, 1), clientId(client)]);
const bothShards = new Map([
  [0, 0],
  [1, 0],
]);

test("an entry with a command of the machine's own is read as it was made", () => {
  const command = Uint8Array.of(1, 2, 3);
  expect(decodeEntry(machineEntry(77, command))).toEqual({ kind: "machine", stamp: 77, body: command });
});

describe("a command of the machine's own", () => {
  test("sees the sessions of the requests before it, also of the same batch", () => {
    const rig = new SessionRig({}, bothShards);
    rig.own(0, copies(1), requestOf({ token: 5 }));
    const again = rig.ask(0, { token: 5, shard: 1 });
    expect(placeOf(again as Uint8Array)).toBe(0);
    expect(rig.done(1)).toEqual([]);
  });

  test("is counted with the sessions that it makes", () => {
    const rig = new SessionRig({}, bothShards);
    rig.own(0, copies(1));
    expect(rig.sessions.count).toBe(0);
    rig.ask(0, { token: 1 });
    rig.own(0, copies(1));
    expect(rig.sessions.count).toBe(2);
    rig.expire(101, [{ shard: 1, client: clientId(1) }]);
    expect(rig.sessions.count).toBe(1);
  });

  test("is executed at the group's log time, which it moves as every entry does", () => {
    const rig = new SessionRig();
    rig.own(40, copies(1));
    expect(ownTime({ get: rig.read })).toBe(40);
    rig.own(30, copies(1));
    expect(ownTime({ get: rig.read })).toBe(40);
    expect(rig.sessions.time).toBe(40);
  });
});

describe("a replica", () => {
  test("logs a command of its machine's own if it leads, and all execute it", () => {
    const world = new ReplicaWorld().begin();
    const leader = world.elected();
    const others = [0, 1, 2].filter((at) => at !== leader);
    expect(others.map((at) => world.replica(at).proposeOwn(copies(9)))).toEqual([false, false]);
    expect(world.replica(leader).proposeOwn(copies(9))).toBe(true);
    world.until(() => world.isSettled, "everything is applied");
    const states = [0, 1, 2].map((at) => world.state(at));
    expect(states[0]?.some((row) => row.startsWith("6f "))).toBe(true);
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
  });

  test("says that it leads when it has applied the first entry of its term, and not when it has lost the lead", () => {
    const world = new ReplicaWorld();
    for (const at of [0, 1, 2]) world.start(at);
    world.until(() => world.leader !== undefined, "somebody leads");
    const early = world.leader as number;
    expect(world.replica(early).leading).toBeUndefined();
    const leader = world.elected();
    const { raft } = world.replica(leader).member;
    expect(world.replica(leader).leading).toBe(raft?.state.term);
    world.isolate(leader);
    world.until(() => world.leader !== leader && world.replica(leader).leading === undefined, "it hears that it has lost the lead");
    expect(world.replica(leader).leading).toBeUndefined();
  });

  test("shows its state as of one moment, until it is done with", () => {
    const world = new ReplicaWorld().begin();
    const replica = world.replica(world.elected());
    const seen: (number | undefined)[] = [];
    replica.look((view, done) => {
      replica.proposeOwn(copies(9));
      world.until(() => world.isSettled, "everything is applied");
      seen.push(ownTime(view));
      done();
    });
    replica.look((view, done) => {
      seen.push(ownTime(view));
      done();
    });
    expect(seen).toEqual([undefined, replica.time]);
  });
});
