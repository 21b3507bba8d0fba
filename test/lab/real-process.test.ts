import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChildEnd, ChildListener } from "../../src/lab/real/launch.ts";
import { type ChildSettings, type FromChild, noMeasures, type ToChild } from "../../src/lab/real/protocol.ts";
import { RealServer } from "../../src/lab/real/server.ts";
import { ServerProcess } from "../../src/lab/real/server-process.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settings: ChildSettings = {
  cluster: "toy",
  addresses: [{ host: "127.0.0.1", port: 7001 }],
  place: 0,
  data: "nowhere",
  create: true,
  program: { kind: "log", compactEvery: undefined },
  network: { unplugged: [], sides: [], model: undefined, longReordering: false },
  seed: 1,
  trace: false,
};
const bySignal: ChildEnd = { code: undefined, signal: "SIGKILL", lastWords: "" };
const byCode: ChildEnd = { code: 1, signal: undefined, lastWords: "a bug" };

/** Processes that a test speaks for. */
class Puppets {
  readonly heard: string[] = [];
  readonly requests: ToChild[] = [];
  readonly listeners: ChildListener[] = [];
  readonly hooks = {
    happened: ({ kind }: { kind: string }): void => void this.heard.push(kind),
    died: ({ code }: ChildEnd): void => void this.heard.push(`died with ${code}`),
    silent: (ms: number): void => void this.heard.push(`silent for ${ms}`),
  };
  readonly launch = (_: string, listener: ChildListener): { send: (message: ToChild) => void; kill: () => void } => {
    this.listeners.push(listener);
    return { send: (message) => void this.requests.push(message), kill: () => void this.heard.push("kill") };
  };

  get listener(): ChildListener {
    return this.listeners.at(-1) as ChildListener;
  }

  /** Whoever was killed: its successor's program is being loaded already. */
  get predecessor(): ChildListener {
    return this.listeners.at(-2) as ChildListener;
  }

  say(message: FromChild): void {
    this.listener.message(message);
  }

  reach(phase: "waiting" | "running", measures = noMeasures): void {
    this.say({ kind: "news", happenings: [{ kind: "phase", phase }], measures });
  }
}

function start(): [ServerProcess, Puppets] {
  const puppets = new Puppets();
  return [new ServerProcess(puppets.launch, "s0", puppets.hooks), puppets];
}

/** What `promise` has come to so far. */
async function now<T>(promise: Promise<T>): Promise<T | "pending"> {
  return Promise.race([promise, new Promise<"pending">((resolve) => process.nextTick(() => process.nextTick(resolve, "pending")))]);
}

test("a process is open when it has read its disk, and its phases are known", async () => {
  const [server, puppets] = start();
  expect([await now(server.opened), server.phase]).toEqual(["pending", "opening"]);
  puppets.reach("waiting");
  expect([await now(server.opened), server.phase]).toEqual([undefined, "waiting"]);
  puppets.reach("running", { requests: 4, bytes: 100, logBytes: 7, applied: 3, droppedTo: 1, cpuMs: 50 });
  expect([server.phase, server.measures.requests, puppets.heard]).toEqual(["running", 4, ["phase", "phase"]]);
});

test("answers come by number, in whatever order", async () => {
  const [server, puppets] = start();
  puppets.reach("waiting");
  const first = server.ask<"start">({ kind: "start", command: "x" });
  const second = server.ask<"state">({ kind: "state" });
  expect(puppets.requests).toEqual([
    { kind: "ask", number: 1, question: { kind: "start", command: "x" } },
    { kind: "ask", number: 2, question: { kind: "state" } },
  ]);
  puppets.say({ kind: "answer", number: 2, answer: { term: 5, isLeader: true } });
  puppets.say({ kind: "answer", number: 9, answer: undefined });
  expect([await now(first), await now(second)]).toEqual(["pending", { term: 5, isLeader: true }]);
  puppets.say({ kind: "answer", number: 1, answer: { index: 3, term: 5 } });
  expect(await first).toEqual({ index: 3, term: 5 });
  vi.advanceTimersByTime(60_000);
  expect(puppets.heard).toEqual(["phase"]);
});

test("a process that does not answer for 10 seconds is silent", async () => {
  const [server, puppets] = start();
  void server.ask<"state">({ kind: "state" });
  vi.advanceTimersByTime(9_999);
  expect(puppets.heard).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(puppets.heard).toEqual(["silent for 10000"]);
});

test("an end that nobody ordered is told once, and whoever waits gets nothing", async () => {
  const [server, puppets] = start();
  puppets.reach("waiting");
  const asked = server.ask<"state">({ kind: "state" });
  puppets.listener.ended(byCode);
  expect([await asked, await server.ask<"state">({ kind: "state" }), await server.ended]).toEqual([undefined, undefined, byCode]);
  expect(puppets.heard).toEqual(["phase", "died with 1"]);
});

test("a process that never opens says why to whoever has started it, and to nobody else", async () => {
  const [server, puppets] = start();
  puppets.listener.ended(byCode);
  expect(await server.opened).toEqual(byCode);
  expect(puppets.heard).toEqual([]);
});

test("an ordered end is waited for, and not told", async () => {
  const [server, puppets] = start();
  puppets.reach("waiting");
  const killed = server.kill();
  expect([await now(killed), puppets.heard]).toEqual(["pending", ["phase", "kill"]]);
  puppets.listener.ended(bySignal);
  await killed;
  expect(puppets.heard).toEqual(["phase", "kill"]);
});

test("a server's measures add up over its lives; the log is that of the last one", async () => {
  const puppets = new Puppets();
  const server = new RealServer(puppets.launch, "s0", puppets.hooks);
  expect([server.isAlive, server.measures]).toEqual([false, noMeasures]);
  for (const life of [1, 2]) {
    const opened = server.start(settings);
    expect([server.isAlive, server.isOpen, server.isRunning]).toEqual([true, false, false]);
    expect(await server.ask<"state">({ kind: "state" })).toBeUndefined();
    puppets.reach("running", {
      requests: 10 * life,
      bytes: 100 * life,
      logBytes: 7 * life,
      applied: 3 * life,
      droppedTo: life,
      cpuMs: life,
    });
    expect([await opened, server.isOpen, server.isRunning]).toEqual([undefined, true, true]);
    const killed = server.kill();
    expect([server.isAlive, server.isOpen]).toEqual([false, false]);
    puppets.predecessor.ended(bySignal);
    await killed;
  }
  await server.kill();
  expect(server.measures).toEqual({ requests: 30, bytes: 300, logBytes: 14, applied: 6, droppedTo: 2, cpuMs: 3 });
});

test("a server that is ended while it starts owes nobody an explanation", async () => {
  const puppets = new Puppets();
  const server = new RealServer(puppets.launch, "s0", puppets.hooks);
  const opened = server.start(settings);
  const killed = server.kill();
  puppets.predecessor.ended(bySignal);
  expect([await opened, await killed, puppets.heard]).toEqual([undefined, undefined, ["kill"]]);
});

test("what is told to a server that is starting is not waited for", async () => {
  const puppets = new Puppets();
  const server = new RealServer(puppets.launch, "s0", puppets.hooks);
  const { network } = settings;
  await server.tell<"network">({ kind: "network", network });
  void server.start(settings);
  await server.tell<"network">({ kind: "network", network });
  puppets.say({ kind: "answer", number: 1, answer: undefined });
  puppets.reach("running");
  const told = server.tell<"network">({ kind: "network", network });
  expect([await now(told), puppets.requests.map(({ kind }) => kind)]).toEqual(["pending", ["begin", "ask", "ask"]]);
  puppets.say({ kind: "answer", number: 2, answer: undefined });
  expect(await now(told)).toBeUndefined();
});
