import { expect, test } from "vitest";
import type { Case, KvRun, MemoryRun } from "../../src/lab/case.ts";
import { kvraftSuite } from "../../src/lab/kvraft/suite.ts";
import type { KvAsk } from "../../src/lab/kv/world.ts";
import { kvsrvSuite } from "../../src/lab/kvsrv/suite.ts";
import { bytesOf, execute, type Execute, type Faults, type MemoryFaults, memoryOutcomeOn, outcomeOn } from "./fake-store.ts";

/** "kvraft 7" */
function named(name: string): Case {
  const [suite, number] = name.split(" ");
  const { cases } = suite === "kvsrv" ? kvsrvSuite : kvraftSuite;
  const found = cases.find((each) => each.number === Number(number));
  if (found === undefined) throw new Error("there is such a case");
  return found;
}

const all = [kvsrvSuite, kvraftSuite].flatMap(({ name, cases }) => cases.map(({ number }) => `${name} ${number}`));
const isOfStore = (name: string): boolean => named(name).runs.every(({ on }) => on === "store");
const ofStores = all.filter(isOfStore);
const ofMemory = all.filter((name) => !isOfStore(name));

async function outcome(name: string, faults: Faults): Promise<string> {
  for (const run of named(name).runs as readonly KvRun[]) {
    const reason = await outcomeOn(run, faults);
    if (reason !== "passed") return reason;
  }
  return "passed";
}

test.each(ofStores)("%s passes on a map that does one thing after the other", async (name) => {
  expect(await outcome(name, {})).toBe("passed");
});

const done = { kind: "done", told: {} } as const;

/** Says that a write was done, and does not do it. */
const loses: Execute = (ask, held) => (ask.op === "get" ? execute(ask, held) : execute(ask, new Map(held)));
/** Does a write twice. */
const doubles: Execute = (ask, held) => {
  const reply = execute(ask, held);
  if (ask.op === "append") execute(ask, held);
  return reply;
};
/** Reads what somebody has put together, and nobody put there. */
const misreads: Execute = (ask, held) => (ask.op === "get" ? { kind: "done", told: { value: bytesOf("?") } } : execute(ask, held));
/** An append finds itself. */
const findsItself: Execute = (ask, held) => {
  const reply = execute(ask, held);
  if (ask.op !== "append") return reply;
  return { kind: "done", told: { value: bytesOf(held.get(ask.key)?.value ?? "") } };
};
/** Puts what is appended in front, and tells nothing of it. */
const prepends: Execute = (ask, held) => {
  if (ask.op !== "append") return execute(ask, held);
  const { value, version } = held.get(ask.key) ?? { value: "", version: 0 };
  held.set(ask.key, { value: ask.value + value, version: version + 1 });
  return { kind: "done", told: { value: bytesOf(value) } };
};
const refuses: Execute = () => ({ kind: "refused", detail: "overloaded: no" });
const says: Execute = () => undefined;
/** A get reads what was there before the last write, without a version that gives it away. */
function stale(): Execute {
  const before = new Map<string, string | undefined>();
  return (ask, held) => {
    if (ask.op === "get") return { kind: "done", told: { value: bytesOf(before.get(ask.key) ?? "") } };
    before.set(ask.key, held.get(ask.key)?.value);
    execute(ask, held);
    return done;
  };
}

const mixed = [11, 13, 14, 17, 18, 19, 20, 21, 22, 23, 28, 29, 30, 31, 32].map((number) => `kvraft ${number}`);
const anyKey = ["kvraft 24", "kvraft 33"];
const grouped = [1, 2, 3, 6, 34].map((number) => `kvraft ${number}`);
const withSnapshots = [1, 2, 3, 6, 9, 10, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34].map((number) => `kvraft ${number}`);
const withoutSnapshots = [11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24].map((number) => `kvraft ${number}`);
const ownKeys = ["kvsrv 1", "kvsrv 2", "kvsrv 3", ...mixed];

interface Planted {
  readonly bug: string;
  readonly faults: () => Faults;
  readonly cases: readonly string[];
  readonly reason: RegExp;
}

const planted: readonly Planted[] = [
  {
    bug: "a write that was answered is lost",
    faults: () => ({ execute: loses, every: 17 }),
    cases: [...ownKeys, ...grouped, "kvsrv 4", "kvraft 12", "kvraft 15", "kvraft 27", "kvraft 10", "kvraft 26"],
    reason: /holds .* and not|found .* and not|is missing|did not find its last one|not linearizable/,
  },
  {
    bug: "every write is lost",
    faults: () => ({ execute: loses }),
    cases: ["kvraft 5", "kvraft 7", "kvraft 8", "kvraft 9", "kvraft 16", "kvraft 25"],
    reason: /holds .* and not/,
  },
  {
    bug: "an append is done twice",
    faults: () => ({ execute: doubles, every: 17 }),
    cases: [...ownKeys, "kvsrv 4", "kvraft 12", "kvraft 15", "kvraft 27"],
    reason: /holds .* and not|found .* and not|stands there twice|found itself/,
  },
  {
    bug: "an append is put in front",
    faults: () => ({ execute: prepends }),
    cases: ["kvsrv 4", "kvraft 12", "kvraft 15", "kvraft 27"],
    reason: /after what stands behind it/,
  },
  {
    bug: "an append finds itself",
    faults: () => ({ execute: findsItself }),
    cases: [...ownKeys, "kvsrv 4", "kvraft 15"],
    reason: /found .*, and not|found itself/,
  },
  {
    bug: "a get reads what nobody has written",
    faults: () => ({ execute: misreads, every: 101 }),
    cases: anyKey,
    reason: /^what the clerks saw is not linearizable$/,
  },
  {
    bug: "a get reads what was there before the last write",
    faults: () => ({ execute: stale() }),
    cases: [...anyKey, ...ownKeys, ...grouped, "kvraft 5", "kvraft 16"],
    reason: /^what the clerks saw is not linearizable$|and not/,
  },
  {
    bug: "operations are refused",
    faults: () => ({ execute: refuses, every: 5 }),
    cases: ofStores.filter((name) => name !== "kvraft 4"),
    reason: /^clerk \d+: .* of the key ".*" was refused \(overloaded: no\)$/,
  },
  {
    bug: "operations are not answered",
    faults: () => ({ execute: says, every: 5 }),
    cases: ["kvraft 7", "kvraft 8", "kvraft 13", "kvsrv 1"],
    reason: /had no answer within (10|60) seconds/,
  },
  {
    bug: "servers without a majority answer",
    faults: () => ({ answersAlone: true }),
    cases: ["kvraft 4", "kvraft 16"],
    reason: /was done without a majority|has ended in a minority/,
  },
  {
    bug: "an operation is given up late",
    faults: () => ({ lateMs: 1_500 }),
    cases: ["kvraft 4"],
    reason: /was given up after 11.5\d+ seconds/,
  },
  {
    bug: "what was cut stays cut",
    faults: () => ({ neverHeals: true }),
    cases: ["kvraft 16"],
    reason: /the minority's put has not ended within 3 seconds/,
  },
  {
    bug: "nobody else is elected",
    faults: () => ({ neverElects: true }),
    cases: ["kvraft 5"],
    reason: /no server leads after 5 seconds/,
  },
  {
    bug: "a leader that comes back leads again",
    faults: () => ({ returns: true }),
    cases: ["kvraft 5"],
    reason: /server 0 leads, and not server 1 as before/,
  },
  {
    bug: "what is held does not outlive the servers",
    faults: () => ({ forgets: true }),
    cases: [19, 20, 21, 22, 23, 24, 28, 29, 31, 32, 33].map((number) => `kvraft ${number}`),
    reason: /holds nothing, and not|found nothing|is missing in nothing|not linearizable/,
  },
  {
    bug: "operations take 150 ms",
    faults: () => ({ operationMs: 150 }),
    cases: ["kvraft 1", "kvraft 2", "kvraft 3", "kvraft 6"],
    reason: /work has not ended within 3 seconds/,
  },
  {
    bug: "operations take 2.1 seconds",
    faults: () => ({ operationMs: 2_100 }),
    cases: ["kvraft 8"],
    reason: /the clients' work has not ended within 10 seconds/,
  },
  {
    bug: "operations take 11 seconds",
    faults: () => ({ operationMs: 11_000 }),
    cases: ["kvraft 7", "kvraft 34"],
    reason: /work has not ended within (10|300) seconds/,
  },
  {
    bug: "operations take 34 ms",
    faults: () => ({ operationMs: 34 }),
    cases: ["kvraft 12", "kvraft 27", "kvraft 26"],
    reason: /an operation took 34.0 ms on average, more than 33.3|it took 27.2\d* seconds, more than 20/,
  },
  {
    bug: "a log is too long",
    faults: () => ({ sizes: { logBytes: 8_001 } }),
    cases: withSnapshots,
    reason: /a server has a log of 8001 bytes, more than 8000/,
  },
  {
    bug: "no log is ever dropped",
    faults: () => ({ sizes: { droppedTo: 0 } }),
    cases: withSnapshots,
    reason: /no server has ever dropped anything of its log/,
  },
  {
    bug: "a log is dropped that should not be",
    faults: () => ({ sizes: { droppedTo: 3 } }),
    cases: [...withoutSnapshots, "kvsrv 1", "kvsrv 2", "kvsrv 3"],
    reason: /a server has dropped its log up to entry 3, which nobody has asked for/,
  },
  { bug: "a snapshot is too large", faults: () => ({ snapshotBytes: 501 }), cases: ["kvraft 26"], reason: /has 501 bytes, more than 500/ },
  {
    bug: "a snapshot is too large",
    faults: () => ({ snapshotBytes: 8_001 }),
    cases: ["kvraft 10"],
    reason: /has 8001 bytes, more than 8000/,
  },
];

test.each(planted.flatMap((each) => each.cases.map((name) => [each.bug, name, each] as const)))("%s: %s sees it", async (_, name, each) => {
  expect(await outcome(name, each.faults())).toMatch(each.reason);
});

async function memoryOutcome(name: string, faults: MemoryFaults): Promise<string> {
  const [run] = named(name).runs as readonly MemoryRun[];
  return run === undefined ? "no run" : memoryOutcomeOn(run, faults);
}

test.each(ofMemory)("%s passes on a server that keeps nothing", async (name) => {
  expect(await memoryOutcome(name, {})).toBe("passed");
});

const bytesIn = (ask: KvAsk): number => (ask.op === "get" ? 0 : ask.value.length);

test.each([
  ["kvsrv 5", (ask: KvAsk) => 1.1 * bytesIn(ask), /more than before, and not less than 10485760$/],
  ["kvsrv 6", bytesIn, /^the server holds 10485760 bytes more than before, and not less than 10485760$/],
  ["kvsrv 7", (ask: KvAsk) => 1.6 * bytesIn(ask), /^the server holds 33554432 bytes more than before, more than 31457280$/],
  ["kvsrv 8", () => 201, /^the server holds 20100000 bytes more than before, more than 20000000$/],
  ["kvsrv 9", () => 10, /^the server holds 1000000 bytes more than before, and not less than 1000000$/],
  ["kvsrv 10", (ask: KvAsk) => 3 * bytesIn(ask), /^the server holds 3000000 bytes more than before, and not less than 3000000$/],
] as const)("%s sees a server that keeps too much", async (name, kept, reason) => {
  expect(await memoryOutcome(name, { kept })).toMatch(reason);
});

test.each(["kvsrv 5", "kvsrv 7", "kvsrv 10"])("%s sees a value that is not the right one", async (name) => {
  expect(await memoryOutcome(name, { execute: misreads })).toMatch(/^a get read 1 bytes, and not the \d+ that were (put|appended)$/);
});

const refusesLater: Execute = (ask, held) => (ask.key === "warm" ? execute(ask, held) : { kind: "refused", detail: "no" });

test.each(ofMemory)("%s sees an operation that is not done", async (name) => {
  expect(await memoryOutcome(name, { execute: refusesLater })).toMatch(/^a (get|put|append) of the key "k" was not done: refused, no$/);
});

test("every case has been seen to fail", () => {
  const seen = new Set(planted.flatMap(({ cases }) => cases));
  expect(seen).toEqual(new Set(ofStores));
});
