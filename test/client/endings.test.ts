import { beforeEach, describe, expect, test } from "vitest";
import { text } from "../../src/client/encoding.ts";
import type { KvorumError } from "../../src/client/errors.ts";
import { StoreWorld } from "./store.ts";

let world: StoreWorld;
beforeEach(() => {
  world = new StoreWorld();
});

/** What an error says to a program. */
const said = ({ code, outcome, retryable }: KvorumError): readonly unknown[] => [code, outcome, retryable];
const [definitely, unknown] = [["not_done", true] as const, ["unknown_outcome", "unknown", false] as const];

describe("an operation of which nothing was sent was definitely not done", () => {
  test("when its deadline passes", async () => {
    const client = world.client();
    world.killAll();
    const error = await world.failure(client.put("a", "b", { timeoutMs: 3000 }));
    expect(said(error)).toEqual(["timeout", ...definitely]);
    expect(error.message).toBe("The put was not done: its 3000 ms were over. Nobody is there.");
  });

  test("when it is aborted, before or after it began; the reason is the cause", async () => {
    const client = world.client();
    world.killAll();
    const [before, after] = [AbortSignal.abort("no reason"), new AbortController()];
    expect(await world.failure(client.put("a", "b", { signal: before }))).toMatchObject({ code: "aborted", cause: "no reason" });
    const call = client.put("a", "b", { signal: after.signal });
    const reason = new Error("changed my mind");
    after.abort(reason);
    const error = await world.failure(call);
    expect(said(error)).toEqual(["aborted", ...definitely]);
    expect([error.message, error.cause]).toEqual(["The put was not done: it was aborted.", reason]);
  });

  test("when the client is closed, before or after it began", async () => {
    const client = world.client();
    world.killAll();
    const call = client.put("a", "b");
    await client.close();
    await client.close();
    expect(said(await world.failure(call))).toEqual(["closed", ...definitely]);
    const error = await world.failure(client.get("a"));
    expect([error.code, error.message]).toEqual(["closed", "The get was not answered: the client was closed."]);
  });

  test("when it still waits for its turn", async () => {
    const { client } = world.made(text, { inFlightMax: 1 });
    await world.settled(client.put("a", "b"));
    world.killAll();
    const first = client.put("a", "c", { timeoutMs: 5000 });
    const controller = new AbortController();
    const waiting = [client.put("a", "d", { timeoutMs: 1000 }), client.put("a", "e", { signal: controller.signal }), client.put("a", "f")];
    const ends = waiting.map((call) => world.failure(call));
    expect(await ends[0]).toMatchObject({ code: "timeout", outcome: "not_done" });
    controller.abort();
    expect(await ends[1]).toMatchObject({ code: "aborted", outcome: "not_done" });
    await client.close();
    expect(await ends[2]).toMatchObject({ code: "closed", outcome: "not_done" });
    expect(said(await world.failure(first))).toEqual(unknown);
  });
});

describe("an operation that was sent and not answered may have been done, or may yet be", () => {
  beforeEach(async () => {
    await world.settled(world.client().put("a", "b"));
  });

  test("when its deadline passes", async () => {
    const client = world.client();
    await world.settled(client.append("a", "c"));
    world.killAll();
    const error = await world.failure(client.append("a", "d", { timeoutMs: 3000 }));
    expect(said(error)).toEqual(unknown);
    expect(error.message).toMatch(/^It is not known whether the append was done: its 3000 ms were over before an answer came\. Nobody/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("when it is aborted; the reason is the cause", async () => {
    const client = world.client();
    await world.settled(client.append("a", "c"));
    const controller = new AbortController();
    const call = client.append("a", "d", { signal: controller.signal });
    controller.abort("enough");
    const error = await world.failure(call);
    expect(said(error)).toEqual(unknown);
    expect(error.cause).toBe("enough");
  });

  test("when the client is closed", async () => {
    const client = world.client();
    await world.settled(client.append("a", "c"));
    const call = client.append("a", "d");
    await client.close();
    expect(said(await world.failure(call))).toEqual(unknown);
  });

  test("and a query that was not answered has done nothing", async () => {
    const client = world.client();
    await world.settled(client.get("a"));
    world.killAll();
    expect(said(await world.failure(client.get("a", { timeoutMs: 3000 })))).toEqual(["timeout", ...definitely]);
    expect(said(await world.failure((async () => client.scan({}, { timeoutMs: 10 }).pages()[Symbol.asyncIterator]().next())()))).toEqual([
      "timeout",
      ...definitely,
    ]);
    const [call, signal] = [new AbortController(), new AbortController()];
    const get = client.get("a", { signal: call.signal });
    call.abort();
    expect(said(await world.failure(get))).toEqual(["aborted", ...definitely]);
    const open = client.get("a", { signal: signal.signal });
    await client.close();
    expect(said(await world.failure(open))).toEqual(["closed", ...definitely]);
  });
});

test("without a deadline a call is tried until the group answers, and is done once", async () => {
  const client = world.client();
  await world.settled(client.append("a", "b"));
  world.killAll();
  const call = client.append("a", "c");
  world.cluster.run(120_000);
  world.cluster.startAll();
  expect(await world.settled(call)).toEqual({ old: "b", version: 2 });
  expect(await world.settled(client.get("a"))).toBe("bc");
});

test("the client's own deadline is that of calls that say nothing of it", async () => {
  const { client } = world.made(text, {}, 2000);
  world.killAll();
  expect(await world.failure(client.put("a", "b"))).toMatchObject({ message: expect.stringContaining("its 2000 ms were over") });
  expect(await world.failure(client.put("a", "b", { timeoutMs: 700 }))).toMatchObject({ message: expect.stringContaining("its 700 ms") });
});

test("a signal that outlives its calls is not held on to", async () => {
  const client = world.client();
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...words: Parameters<typeof add>) => {
    listeners += 1;
    add(...words);
  };
  signal.removeEventListener = (...words: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...words);
  };
  await world.settled(Promise.all([client.put("a", "b", { signal }), client.get("a", { signal })]));
  expect(listeners).toBe(0);
});
