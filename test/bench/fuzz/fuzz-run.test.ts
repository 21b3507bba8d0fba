import { expect, test } from "vitest";
import { FuzzRun, type FuzzResult } from "../../../src/bench/fuzz/fuzz-run.ts";
import type { FuzzPlan } from "../../../src/bench/fuzz/workload.ts";
import { type ToyAnswer, toyCrowd } from "../line/toy-crowd.ts";
import { toyBugs, ToyStore } from "../line/toy-store.ts";

const plan: FuzzPlan = { clients: 5, keys: 5, operations: 400, conflict: true, seed: 7 };

function fuzz(answer: ToyAnswer, changed: Partial<FuzzPlan> = {}): Promise<FuzzResult> {
  const settings = { ...plan, ...changed };
  return new FuzzRun(settings, toyCrowd(settings.clients, answer), () => {}).run();
}

function toy(store: ToyStore): ToyAnswer {
  return (line) => store.handle(line);
}

test("a store that does what it should passes, and every operation is counted", async () => {
  const { failures, checked, history, counts, keys, longest } = await fuzz(toy(new ToyStore()));
  expect(failures).toEqual([]);
  expect(checked.verdict).toBe("linearizable");
  expect(history.operations).toHaveLength(2000);
  expect(Object.values(counts).reduce((sum, each) => sum + each)).toBe(2000);
  expect(keys).toHaveLength(5);
  expect(longest?.ms).toBeGreaterThan(0);
});

test("operations overlap, and keys are shared", async () => {
  const { history } = await fuzz(toy(new ToyStore()));
  const [first, second] = history.operations;
  expect(second?.call).toBeLessThan(first?.returned ?? 0);
  const keys = new Set(history.operations.flatMap(({ command }) => ("key" in command ? [command.key] : [])));
  expect([...keys].toSorted()).toEqual(["key00000", "key00001", "key00002", "key00003", "key00004"]);
});

test("without conflict each client has keys of its own", async () => {
  const { checked, history } = await fuzz(toy(new ToyStore()), { conflict: false });
  expect(checked.verdict).toBe("linearizable");
  const owners = new Map<string, Set<string>>();
  for (const { client, command } of history.operations)
    if ("key" in command) owners.set(command.key, (owners.get(command.key) ?? new Set()).add(client));
  expect(owners.size).toBe(25);
  expect([...owners.values()].every((clients) => clients.size === 1)).toBe(true);
});

test.each(toyBugs)("it is found when %s", async (bug) => {
  const { failures, checked } = await fuzz(toy(new ToyStore(bug)));
  expect(failures).toEqual([]);
  expect(checked.verdict).toBe("not linearizable");
});

test("what an earlier run has left is found", async () => {
  const store = new ToyStore();
  store.handle("PUT key00000 old");
  expect((await fuzz(toy(store))).checked.verdict).toBe("not linearizable");
});

test.each([
  ["GET key00001 a b\n", "three words were to come"],
  ["Connected to 127.0.0.1\n", 'was asked, and "Connected to 127.0.0.1" came'],
  ["GET key00001 a\nGET key00001 a\n", "a second one did"],
])("an answer that is none ends it: %j", async (answer, why) => {
  const store = new ToyStore();
  let operations = 0;
  const { failures, history } = await fuzz((line) => {
    operations += 1;
    return line.startsWith("GET key00001") && operations > 200 ? answer : store.handle(line);
  });
  expect(failures).toEqual([expect.stringContaining(why)]);
  expect(history.operations.length).toBeLessThan(2000);
});

/** What one of the clients asks first. */
async function linesOf(seed: number): Promise<string[]> {
  const asked: string[] = [];
  const store = new ToyStore();
  const answer: ToyAnswer = (line, client) => {
    if (client === 3) asked.push(line);
    return store.handle(line);
  };
  await fuzz(answer, { seed });
  return asked.slice(0, 300);
}

test("the same seed asks the same", async () => {
  const first = await linesOf(7);
  expect(await linesOf(7)).toEqual(first);
  expect(await linesOf(8)).not.toEqual(first);
});
