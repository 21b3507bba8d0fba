import { describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { Ending, Outcome } from "../../src/rsm/caller/operation.ts";
import { encodeAppend, encodeRead, placeOf, tokensOf } from "./append-machine.ts";
import { ReplicaWorld, type WorldClient } from "./replica-world.ts";

/** The shortest time in which an election by the clock is over, within which everything here happens. */
const electionMs = 300;

/** A client that asks for one thing after the other, without end. */
class Busy {
  /** When an answer came. */
  readonly answeredAt: number[] = [];
  readonly outcomes: Outcome[] = [];
  readonly places: number[] = [];
  readonly #world: ReplicaWorld;
  readonly #client: WorldClient;
  #token: number;

  constructor(world: ReplicaWorld, first: number) {
    this.#world = world;
    this.#client = world.client();
    this.#token = first;
    world.inClient(this.#client, () => this.#next());
  }

  #next(): void {
    const { caller, session } = this.#client;
    this.#token += 1;
    caller.execute(session.operation(0, encodeAppend({ token: this.#token, resultBytes: 0 })), Infinity, (outcome) => {
      this.answeredAt.push(this.#world.world.now);
      this.outcomes.push(outcome);
      if (outcome.kind === "result") this.places.push(placeOf(outcome.bytes));
      this.#next();
    });
  }
}

function crowd(world: ReplicaWorld, count: number): Busy[] {
  const clients = Array.from({ length: count }, (_, at) => new Busy(world, 1_000_000 * (at + 1)));
  world.until(() => clients.every(({ outcomes }) => outcomes.length > 3), "everybody has found the leader");
  return clients;
}

/** The longest time without an answer to anybody. */
function pauseMs(clients: readonly Busy[]): number {
  const times = clients.flatMap(({ answeredAt }) => answeredAt).toSorted((a, b) => a - b);
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] as number)));
}

/** Has that server drain, inside its own life; says when it is through. */
function drain(world: ReplicaWorld, at: number): { tookMs: number | undefined } {
  const result: { tookMs: number | undefined } = { tookMs: undefined };
  const began = world.world.now;
  world
    .server(at)
    .process.env()
    ?.clock.after(0, () => world.replica(at).drain(() => (result.tookMs = world.world.now - began)));
  return result;
}

/** As a supervisor restarts a server: it drains, ends, and comes back. */
function restart(world: ReplicaWorld, at: number): number {
  const drained = drain(world, at);
  world.until(() => drained.tookMs !== undefined, "it has drained");
  world.crash(at);
  world.run(50);
  world.start(at);
  world.until(() => world.replica(at).member.phase === "running", "it takes part again");
  return present(drained.tookMs, "it has drained");
}

describe("a rolling restart", () => {
  test("costs clients far less than an election, and nobody is refused for good; a crash costs an election", () => {
    const world = new ReplicaWorld().begin();
    const clients = crowd(world, 8);
    const took = [0, 1, 2, 0, 1, 2].map((at) => {
      const ms = restart(world, at);
      world.run(200);
      return ms;
    });
    const polite = pauseMs(clients);
    expect(polite).toBeLessThan(electionMs / 4);
    expect(Math.max(...took)).toBeLessThan(electionMs);
    world.crash(present(world.leader, "somebody leads"));
    world.run(2000);
    expect(pauseMs(clients)).toBeGreaterThan(electionMs);
    expect(new Set(clients.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind)))).toEqual(new Set(["result"]));
    // Nothing was done twice: whatever a client appends stands behind what it appended before.
    for (const { places } of clients) expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test("leaves nobody waiting for its silence: who knew it as the leader is told whom to ask", () => {
    const world = new ReplicaWorld().begin();
    const clients = crowd(world, 3);
    const leader = present(world.leader, "somebody leads");
    const drained = drain(world, leader);
    world.until(() => drained.tookMs !== undefined, "it has drained");
    expect(world.leader).not.toBe(leader);
    const before = clients.map(({ outcomes }) => outcomes.length);
    world.crash(leader);
    world.run(electionMs / 4);
    expect(clients.map(({ outcomes }, i) => outcomes.length > present(before[i], "it was there"))).toEqual([true, true, true]);
  });
});

describe("a replica that drains", () => {
  test("answers what it had taken in, and refuses the rest definitely, with a hint", () => {
    const world = new ReplicaWorld({ disk: { syncMinMs: 30, syncMaxMs: 30 } }).begin();
    const leader = present(world.leader, "somebody leads");
    const client = world.client({ mayDouble: false });
    const outcomes: Outcome[] = [];
    const endings: Ending[] = [];
    const append = (token: number): void => {
      const operation = client.session.operation(0, encodeAppend({ token, resultBytes: 0 }));
      client.caller.execute(operation, Infinity, (outcome) => outcomes.push(outcome));
    };
    world.inClient(client, () => append(1));
    world.until(() => outcomes.length === 1, "the client knows who leads");
    world.inClient(client, () => append(2));
    world.run(5);
    expect(world.replica(leader).load.requests).toBe(1);
    world.inClient(client, () => client.caller.query(encodeRead({ shard: 0, pageRows: 0 }), 10_000, (ending) => endings.push(ending)));
    world.run(1.6);
    expect(world.replica(leader).load.queries).toBe(1);
    const drained = drain(world, leader);
    world.run(1);
    world.inClient(client, () => append(3));
    world.until(() => drained.tookMs !== undefined, "it has drained");
    world.run(500);
    expect(world.said.filter(({ name }) => name === "raft: gives its place to another")).toHaveLength(1);
    expect(outcomes.map((outcome) => (outcome.kind === "result" ? placeOf(outcome.bytes) : outcome.kind))).toEqual([0, 1, 2]);
    expect(endings.map((ending) => (ending.kind === "result" ? tokensOf(ending.bytes).length : ending))).toEqual([expect.any(Number)]);
    expect(world.replica(leader).load).toEqual({ requests: 0, requestBytes: 0, queries: 0 });
  });

  test("is through at once where it does not lead", () => {
    const world = new ReplicaWorld().begin();
    const drained = drain(world, (present(world.leader, "somebody leads") + 1) % 3);
    world.run(10);
    expect(drained.tookMs).toBeLessThan(10);
  });

  test("is through at once where it is alone", () => {
    const world = new ReplicaWorld({ size: 1 }).begin();
    const drained = drain(world, 0);
    world.run(10);
    expect(drained.tookMs).toBeLessThan(10);
  });

  test("takes nothing in, also where nobody else could", () => {
    const world = new ReplicaWorld({ size: 1 }).begin();
    const client = world.client({ mayDouble: false });
    const [outcomes, endings]: [Outcome[], Ending[]] = [[], []];
    const append = (token: number, ms: number): void => {
      const operation = client.session.operation(0, encodeAppend({ token, resultBytes: 0 }));
      client.caller.execute(operation, ms, (outcome) => outcomes.push(outcome));
    };
    world.inClient(client, () => append(1, Infinity));
    world.until(() => outcomes.length === 1, "the client knows the group");
    drain(world, 0);
    world.run(10);
    world.inClient(client, () => append(2, 200));
    world.inClient(client, () => client.caller.query(encodeRead({ shard: 0, pageRows: 0 }), 200, (ending) => endings.push(ending)));
    world.run(500);
    expect(outcomes[1]).toMatchObject({ kind: "refused", why: "not_leader" });
    expect(endings).toMatchObject([{ kind: "given_up", last: { why: "not_leader" } }]);
  });

  test("is through at once before it takes part", () => {
    const world = new ReplicaWorld();
    world.start(0);
    const drained = drain(world, 0);
    world.run(10);
    expect(drained.tookMs).toBeLessThan(10);
  });
});

describe("a leader that drains", () => {
  test("asks the next one where the first does not take over", () => {
    const world = new ReplicaWorld({ size: 3 }).begin();
    const leader = present(world.leader, "somebody leads");
    const [first, second] = [0, 1, 2].filter((at) => at !== leader) as [number, number];
    // It answers heartbeats, and can give no vote, not even to itself.
    world.run(500);
    world.server(first).process.disk.drive.hang();
    const drained = drain(world, leader);
    world.until(() => drained.tookMs !== undefined, "it has drained");
    expect(world.leader).toBe(second);
    expect(drained.tookMs).toBeLessThan(3 * electionMs);
  });

  test("ends without a successor where nobody is left, in less time than it may take", () => {
    const world = new ReplicaWorld().begin();
    const leader = present(world.leader, "somebody leads");
    for (const at of [0, 1, 2]) if (at !== leader) world.crash(at);
    const drained = drain(world, leader);
    world.until(() => drained.tookMs !== undefined, "it has drained");
    expect(drained.tookMs).toBeLessThan(2000);
  });

  test("does not wait for ever for what cannot be answered", () => {
    const world = new ReplicaWorld({ replica: { drainMs: 700, member: { raft: { checkQuorum: false } } } }).begin();
    const leader = present(world.leader, "somebody leads");
    crowd(world, 2);
    for (const at of [0, 1, 2]) if (at !== leader) world.crash(at);
    world.run(50);
    const drained = drain(world, leader);
    world.run(800);
    expect(drained.tookMs).toBeGreaterThanOrEqual(700);
  });

  test("gives the leadership away again when it is elected meanwhile", () => {
    const world = new ReplicaWorld({ replica: { lingerMs: 5000, drainMs: 20_000 } }).begin();
    const leader = present(world.leader, "somebody leads");
    drain(world, leader);
    world.until(() => world.leader !== undefined && world.leader !== leader, "another one leads");
    const next = present(world.leader, "another one leads");
    world
      .server(next)
      .process.env()
      ?.clock.after(0, () => world.replica(next).member.transfer(world.replica(leader).member.identity.replica));
    world.run(1000);
    expect(
      world.said.filter(({ who, name }) => who === `s${leader}` && name === "raft: campaigns because its leader asks for it"),
    ).toHaveLength(1);
    expect(world.leader).not.toBe(leader);
  });
});
