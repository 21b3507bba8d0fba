import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { type Call, decodeAnswers, decodeCalls, packetKind } from "../../src/rsm/client-wire.ts";
import { type Outcome } from "../../src/rsm/caller/operation.ts";
import { decodeRequest } from "../../src/rsm/session/request.ts";
import { encodeAppend } from "./append-machine.ts";
import { append, cutOff, ended, type Made, place, read, ready, tokens } from "./made.ts";
import { ReplicaWorld } from "./replica-world.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("a group with sessions", () => {
  test("executes what clients ask for, and answers what they read", () => {
    const world = new ReplicaWorld().begin();
    const client = world.client();
    const first = append(world, client, 1);
    ended(world, [first]);
    const more = [2, 3, 4].map((token) => append(world, client, token));
    ended(world, more);
    expect([first, ...more].map(place)).toEqual([0, 1, 2, 3]);
    const reads = [read(world, client), read(world, client, 2)];
    ended(world, reads);
    expect(reads.map(tokens)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  test("answers a turn with one packet for each client, and asks one round for its reads", () => {
    const world = new ReplicaWorld({ network: { link: { baseMinMs: 1, baseMaxMs: 1 } } }).begin();
    const client = ready(world);
    const leader = world.replica(world.elected());
    const packets = { calls: 0, answers: [] as number[] };
    world.network.onSend((_, __, packet) => {
      if (packetKind(packet) === "calls") packets.calls += decodeCalls(packet).calls.length;
      if (packetKind(packet) === "answers") packets.answers.push(decodeAnswers(packet).answers.length);
    });
    const rounds = present(leader.member.raft, "it runs").state.round;
    const reads = Array.from({ length: 20 }, () => read(world, client));
    ended(world, reads);
    expect(packets).toEqual({ calls: 20, answers: [20] });
    expect(present(leader.member.raft, "it runs").state.round).toBe(rounds + 1);
    const appends = Array.from({ length: 20 }, (_, i) => append(world, client, 100 + i));
    ended(world, appends);
    expect(packets).toEqual({ calls: 40, answers: [20, 20] });
  });
});

describe("a request", () => {
  test("of which several attempts wait is one entry, and all are answered", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    const leader = world.elected();
    const answers: number[] = [];
    world.network.onSend((_, __, packet) => {
      if (packetKind(packet) === "answers")
        for (const { id, answer } of decodeAnswers(packet).answers) if (answer.kind === "result") answers.push(id);
    });
    const operation = client.session.operation(0, encodeAppend({ token: 2, resultBytes: 0 }));
    const bytes = operation.attempt();
    const calls = [1, 2, 3].map((id): Call => ({ kind: "request", id, bytes }));
    const { commit } = present(world.replica(leader).member.raft, "it runs").state;
    world
      .server(leader)
      .process.env()
      ?.clock.after(0, () => world.replica(leader).receive(client.process.id, calls));
    world.until(() => answers.length === 3, "all are answered");
    expect(answers).toEqual([1, 2, 3]);
    expect(present(world.replica(leader).member.raft, "it runs").state.commit).toBe(commit + 1);
    expect(world.replica(leader).load.requests).toBe(0);
  });

  test("that no machine knows is refused at once, and leaves nothing in the log", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    const leader = present(world.replica(world.elected()).member.raft, "it runs");
    const { commit } = leader.state;
    const made: Made<Outcome> = { ended: undefined };
    world.inClient(client, () => {
      client.caller.execute(client.session.operation(0, new Uint8Array(3)), Infinity, (outcome) => {
        made.ended = outcome;
      });
    });
    ended(world, [made]);
    expect([made.ended, leader.state.commit]).toEqual([
      { kind: "refused", why: "bad_request", detail: "an append has 12 bytes or more" },
      commit,
    ]);
  });
});

describe("a leader that is cut off", () => {
  test("answers no read, and drops those that wait when it steps down", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    const old = world.elected();
    cutOff(world, old);
    const asked = read(world, client);
    world.run(100);
    expect([asked.ended, world.replica(old).load.queries]).toEqual([undefined, 1]);
    ended(world, [asked]);
    expect([tokens(asked), world.replica(old).load.queries]).toEqual([[1], 0]);
  });

  test("S9: says unknown of what is in its log, and the client has it executed once by the next", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    const old = world.elected();
    const answers: string[] = [];
    world.network.onSend((_, to, packet) => {
      if (packetKind(packet) === "answers" && to === client.process.id)
        for (const { answer } of decodeAnswers(packet).answers) answers.push(answer.kind);
    });
    cutOff(world, old);
    const made = append(world, client, 2);
    world.run(100);
    expect([made.ended, answers, world.replica(old).load.requests]).toEqual([undefined, [], 1]);
    ended(world, [made]);
    expect([answers[0], place(made), world.replica(old).load]).toEqual(["unknown", 1, { requests: 0, requestBytes: 0, queries: 0 }]);
  });

  test("S9: a client that gives up then does not know whether it was done", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    const old = world.elected();
    cutOff(world, old);
    const made = append(world, client, 2, 100);
    ended(world, [made]);
    expect(made.ended).toMatchObject({ kind: "unknown" });
  });
});

describe("a new leader", () => {
  test("serves no read before it has committed in its own term", () => {
    const world = new ReplicaWorld().begin();
    const client = world.client();
    ended(world, [append(world, client, 1)]);
    const old = world.elected();
    const [one, other] = world.servers.map((_, at) => at).filter((at) => at !== old) as [number, number];
    world.crash(old);
    world.until(() => world.leader !== undefined, "another leads");
    const leader = world.leader === one ? one : other;
    // Its follower dies: its first entry waits, and so does everything that is asked.
    world.crash(leader === one ? other : one);
    const asked = read(world, client, 0, Infinity);
    world.run(3000);
    expect(asked.ended).toBeUndefined();
    world.start(old);
    ended(world, [asked]);
    expect(tokens(asked)).toEqual([1]);
  });

  test("S7: tells the time of each shard with one answer, as the shard itself has it", () => {
    const world = new ReplicaWorld({
      shards: new Map([
        [0, 0],
        [3, 7_000_000],
      ]),
    }).begin();
    const client = world.client();
    const asked = new Set<number>();
    const valid = new Map<number, number>();
    world.network.onSend((_, __, packet) => {
      if (packetKind(packet) !== "calls") return;
      for (const call of decodeCalls(packet).calls) {
        if (call.kind === "time") asked.add(call.shard);
        if (call.kind !== "request") continue;
        const { shard, validUntil } = decodeRequest(call.bytes);
        valid.set(shard, validUntil);
      }
    });
    const made = [0, 3].map((shard) => append(world, client, shard + 1, Infinity, shard));
    ended(world, made);
    expect([made.map(place), [...asked]]).toEqual([[0, 0], [0]]);
    expect(present(valid.get(3), "") - present(valid.get(0), "")).toBe(7_000_000);
  });

  test("goes on with the log time that it finds, and with its own clock", () => {
    const world = new ReplicaWorld().begin();
    const client = ready(world);
    world.run(5000);
    ended(world, [append(world, client, 2)]);
    const before = world.replica(world.elected()).time;
    expect(before).toBeGreaterThan(4000);
    world.crash(world.elected());
    world.elected();
    world.run(1000);
    const again = world.client();
    ended(world, [append(world, again, 3)]);
    const after = world.replica(world.elected()).time;
    expect(after).toBeGreaterThan(before);
    // While nobody led, no time has passed.
    expect(after).toBeLessThan(before + 3000);
  });
});

describe("sessions that are over", () => {
  test("C10: are dropped, and not before", () => {
    const world = new ReplicaWorld({ replica: { expireMs: 100, expirePageMs: 10 } }).begin();
    const clients = [world.client({ validMs: 2000 }), world.client({ validMs: 60_000 })];
    ended(
      world,
      clients.map((client, i) => append(world, client, 1 + i)),
    );
    const leader = world.replica(world.elected());
    world.run(1500);
    expect(leader.sessions).toBe(2);
    world.until(() => leader.sessions === 1, "one is dropped");
    expect(leader.time).toBeGreaterThan(2000);
    world.run(3000);
    expect(leader.sessions).toBe(1);
    ended(world, [append(world, present(clients[1], "the other"), 3)]);
  });

  test("are dropped page by page, whoever leads", () => {
    const world = new ReplicaWorld({ replica: { expireMs: 50, expirePageMs: 5 } }).begin();
    ended(
      world,
      Array.from({ length: 30 }, (_, i) => append(world, world.client({ validMs: 1000 }), 1 + i)),
    );
    world.crash(world.elected());
    world.elected();
    world.until(() => world.replica(world.elected()).sessions === 0, "all are dropped");
    expect(world.said.filter(({ name }) => name.includes("thrown"))).toEqual([]);
  });
});

describe("a snapshot", () => {
  test("brings sessions and derived rows: who was away has the same rows as the others", () => {
    const world = new ReplicaWorld({ replica: { member: { logBytesMax: 500, logTailBytes: 0, snapshotChunkBytesMax: 300 } } }).begin();
    const client = world.client();
    ended(world, [append(world, client, 1)]);
    const away = (world.elected() + 1) % 3;
    world.crash(away, true);
    for (let i = 0; i < 10; i += 1) ended(world, [append(world, client, 10 + i), append(world, world.client(), 100 + i)]);
    world.start(away);
    world.until(() => world.isSettled, "all are the same");
    // What it replaced is deleted some time.
    world.run(1000);
    expect(world.said.filter(({ name }) => name === "snapshot: sent")).not.toEqual([]);
    const states = [0, 1, 2].map((at) => world.state(at));
    expect(states[away]).toEqual(states[(away + 1) % 3]);
    expect(states[away]).toEqual(states[(away + 2) % 3]);
    expect(world.replica(away).sessions).toBe(11);
    expect(states[away]?.length).toBe(1 + 1 + 21 + 21 + 11);
  });
});
