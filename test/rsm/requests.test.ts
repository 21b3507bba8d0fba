import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { type Call, decodeAnswers, packetKind } from "../../src/rsm/client-wire.ts";
import { encodeAppend } from "./append-machine.ts";
import { append, cutOff, ended, place, read, ready } from "./made.ts";
import { ReplicaWorld } from "./replica-world.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("more than there is room for", () => {
  test("is refused at once, and nothing is left of it when it is over", () => {
    const world = new ReplicaWorld({ replica: { proposalsMax: 50, readsMax: 40 } }).begin();
    const client = world.client({ windowMax: 10_000 }, { callsMax: 10_000, restMs: 200, restMaxMs: 1000 });
    ended(world, [append(world, client, 1)]);
    const leader = world.replica(world.elected());
    let overloaded = 0;
    let most = { requests: 0, queries: 0 };
    world.network.onSend((_, __, packet) => {
      if (packetKind(packet) !== "answers") return;
      for (const { answer } of decodeAnswers(packet).answers)
        if (answer.kind === "refused" && answer.refusal.why === "overloaded") overloaded += 1;
      const { requests, queries } = leader.load;
      most = { requests: Math.max(most.requests, requests), queries: Math.max(most.queries, queries) };
    });
    const appends = Array.from({ length: 500 }, (_, i) => append(world, client, 10 + i));
    const reads = Array.from({ length: 500 }, () => read(world, client, 0, Infinity));
    world.run(1);
    world.until(() => appends.every((made) => made.ended !== undefined), "all are done", 120_000);
    world.until(() => reads.every((made) => made.ended !== undefined), "all are read", 120_000);
    expect(overloaded).toBeGreaterThan(800);
    expect(most.requests).toBeLessThanOrEqual(50);
    expect(most.queries).toBeLessThanOrEqual(40);
    expect(new Set(appends.map(place)).size).toBe(500);
    world.until(() => world.isSettled, "all is written");
    expect([leader.load, client.caller.pending]).toEqual([{ requests: 0, requestBytes: 0, queries: 0 }, 0]);
  });

  test("is counted in bytes too", () => {
    const world = new ReplicaWorld({ replica: { proposalBytesMax: 300 } }).begin();
    const client = world.client({}, { restMs: 100 });
    ended(world, [append(world, client, 1)]);
    const old = world.elected();
    cutOff(world, old);
    for (let i = 0; i < 20; i += 1) append(world, client, 2 + i, 300);
    world.run(100);
    const { requests, requestBytes } = world.replica(old).load;
    expect([requests < 20, requestBytes < 400]).toEqual([true, true]);
  });
});

describe("many clients", () => {
  test("have their turns in the log, however much one of them asks", () => {
    const world = new ReplicaWorld({ replica: { loggedMax: 4 } }).begin();
    const [greedy, modest] = [world.client({ windowMax: 1000 }), world.client()];
    ended(world, [append(world, greedy, 1), append(world, modest, 2)]);
    const many = Array.from({ length: 400 }, (_, i) => append(world, greedy, 10 + i));
    const one = append(world, modest, 3);
    world.until(() => one.ended !== undefined, "the modest one is served");
    expect(many.filter((made) => made.ended !== undefined).length).toBeLessThan(50);
    world.until(() => many.every((made) => made.ended !== undefined), "all are served", 60_000);
    expect(new Set(many.map(place)).size).toBe(400);
    expect(world.replica(world.elected()).load.requests).toBe(0);
  });

  test("who asks for little waits for few large requests, however many ask for much", () => {
    const world = new ReplicaWorld({ replica: { loggedBytesMax: 100_000 } }).begin();
    const large = Array.from({ length: 8 }, () => world.client());
    const modest = world.client();
    ended(world, [...large.map((client, i) => append(world, client, i)), append(world, modest, 9)]);
    const much = large.flatMap((client, i) => [0, 1, 2].map((j) => append(world, client, 10 + 3 * i + j, Infinity, 0, 60_000)));
    const done = (): number => much.filter((made) => made.ended !== undefined).length;
    for (let i = 0; i < 5; i += 1) {
      const before = done();
      const one = append(world, modest, 100 + i);
      world.until(() => one.ended !== undefined, "the modest one is served");
      // Those whose answers are on their way, and those that are in the log before it or come there meanwhile: not one of each client.
      expect(done() - before).toBeLessThanOrEqual(4);
    }
    expect(done()).toBeLessThan(much.length);
    world.until(() => done() === much.length, "all are served", 60_000);
  });
});

describe("what is not in the log yet", () => {
  test("S9: what waits before the log when its leader steps down was certainly not done", () => {
    const world = new ReplicaWorld({ replica: { loggedMax: 2 } }).begin();
    const client = ready(world);
    const old = world.elected();
    const answers: string[] = [];
    world.network.onSend((_, __, packet) => {
      if (packetKind(packet) !== "answers") return;
      for (const { answer } of decodeAnswers(packet).answers) answers.push(answer.kind === "refused" ? answer.refusal.why : answer.kind);
    });
    cutOff(world, old);
    const made = [2, 3, 4, 5, 6].map((token) => append(world, client, token));
    world.run(100);
    expect([answers, world.replica(old).load.requests]).toEqual([[], 5]);
    ended(world, made);
    expect(answers.slice(0, 5)).toEqual(["unknown", "unknown", "not_leader", "not_leader", "not_leader"]);
    expect([new Set(made.map(place)).size, world.replica(old).load.requests]).toEqual([5, 0]);
  });

  test("who asks for too much, or much of who does not lead, is to rest", () => {
    const world = new ReplicaWorld({ replica: { proposalsMax: 4, refusedBytesMax: 1000, restMs: 77 } }).begin();
    const client = ready(world);
    const leader = world.elected();
    const rested: string[] = [];
    for (const { process } of world.servers) {
      const { transport } = present(process.env(), "it lives");
      transport.rest = (from, ms) => void rested.push(`${process.id} ${from} ${ms}`);
    }
    const call = (id: number, resultBytes: number): Call => {
      const bytes = client.session.operation(0, encodeAppend({ token: 100 + id, resultBytes })).attempt();
      return { kind: "request", id, bytes };
    };
    const receive = (server: number, calls: readonly Call[]): void => {
      const clock = present(world.server(server).process.env(), "it lives").clock;
      clock.after(0, () => world.replica(server).receive(client.process.id, calls));
      world.run(1);
    };
    const follower = (leader + 1) % 3;
    receive(leader, [call(1, 0), call(2, 0)]);
    receive(follower, [call(3, 0)]);
    expect(rested).toEqual([]);
    receive(
      follower,
      Array.from({ length: 40 }, (_, i) => call(10 + i, 0)),
    );
    receive(leader, [call(60, 0), call(61, 0), call(62, 0)]);
    expect(rested).toEqual([follower, leader].map((at) => `${world.server(at).id} ${client.process.id} 77`));
  });
});
