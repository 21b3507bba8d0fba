import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { bytes, text } from "../../src/client/encoding.ts";
import { StoreWorld } from "./store.ts";

const world = new StoreWorld();

describe("operations", () => {
  test("get: the value, or undefined for an absent key; an empty value is a value, and the empty key a key", async () => {
    const client = world.client();
    expect(await world.settled(client.get("get"))).toBeUndefined();
    await world.settled(client.put("get", "ü"));
    expect(await world.settled(client.get("get"))).toBe("ü");
    await world.settled(client.put("", ""));
    expect(await world.settled(client.get(""))).toBe("");
    expect(await world.settled(client.delete(""))).toEqual({ existed: true });
  });

  test("getWithVersion: an absent key is at version 0", async () => {
    const client = world.client();
    expect(await world.settled(client.getWithVersion("versioned"))).toEqual({ value: undefined, version: 0 });
    await world.settled(client.put("versioned", "a"));
    expect(await world.settled(client.getWithVersion("versioned"))).toEqual({ value: "a", version: 1 });
  });

  test("put: whether the key existed, and its version", async () => {
    const client = world.client();
    expect(await world.settled(client.put("put", "a"))).toEqual({ existed: false, version: 1 });
    expect(await world.settled(client.put("put", "b"))).toEqual({ existed: true, version: 2 });
  });

  test("append and swap: the value before", async () => {
    const client = world.client();
    expect(await world.settled(client.append("old", "a"))).toEqual({ old: undefined, version: 1 });
    expect(await world.settled(client.append("old", "b"))).toEqual({ old: "a", version: 2 });
    expect(await world.settled(client.swap("old", "c"))).toEqual({ old: "ab", version: 3 });
    expect(await world.settled(client.swap("other", "d"))).toMatchObject({ old: undefined });
  });

  test("delete: whether the key existed", async () => {
    const client = world.client();
    await world.settled(client.put("delete", "a"));
    expect(await world.settled(client.delete("delete"))).toEqual({ existed: true });
    expect(await world.settled(client.delete("delete"))).toEqual({ existed: false });
  });

  test("cas: from absent, from a value, to absent; and what was there instead", async () => {
    const client = world.client();
    expect(await world.settled(client.cas("cas", undefined, "a"))).toEqual({ done: true, version: 1 });
    expect(await world.settled(client.cas("cas", undefined, "b"))).toEqual({ done: false, version: 1, current: "a" });
    expect(await world.settled(client.cas("cas", "a", "b"))).toEqual({ done: true, version: 2 });
    expect(await world.settled(client.cas("cas", "b", undefined))).toEqual({ done: true, version: 0 });
    expect(await world.settled(client.cas("cas", "b", "c"))).toEqual({ done: false, version: 0, current: undefined });
  });

  test("putVersion: version 0 creates, and a version is never twice", async () => {
    const client = world.client();
    expect(await world.settled(client.putVersion("version", 0, "a"))).toEqual({ done: true, version: 1 });
    expect(await world.settled(client.putVersion("version", 0, "b"))).toEqual({ done: false, version: 1 });
    expect(await world.settled(client.putVersion("version", 1, "b"))).toEqual({ done: true, version: 2 });
    await world.settled(client.delete("version"));
    expect(await world.settled(client.putVersion("version", 0, "c"))).toEqual({ done: true, version: 3 });
  });

  test("bytes: as they are, and the caller's own", async () => {
    const { client } = world.made(bytes);
    const value = Uint8Array.of(0xff, 0);
    const put = client.put(Uint8Array.of(0xfe), value);
    value.fill(7);
    await world.settled(put);
    const got = await world.settled(client.get(Uint8Array.of(0xfe)));
    expect(got).toEqual(Uint8Array.of(0xff, 0));
    expect(got?.buffer.byteLength).toBe(2);
  });
});

test("a large call is not overtaken by small ones that there would be room for", async () => {
  const { client } = world.made(text, { inFlightMax: 7, inFlightBytesMax: 40 });
  const ends: string[] = [];
  const put = (key: string, length: number): Promise<unknown> => client.put(key, "x".repeat(length)).then(() => ends.push(key));
  await world.settled(Promise.all([put("first", 20), put("large", 39), ...["s1", "s2", "s3"].map((key) => put(key, 1))]));
  expect(ends.slice(0, 2)).toEqual(["first", "large"]);
});

test("many calls at once: each is done once, in turns of what the group is asked", async () => {
  const { client, process } = world.made(text, { inFlightMax: 7, inFlightBytesMax: 40 });
  const calls = Array.from({ length: 200 }, (_, i) => client.append(`many ${i % 5}`, "x"));
  await world.settled(Promise.all(calls));
  const values = await world.settled(Promise.all([0, 1, 2, 3, 4].map((i) => client.get(`many ${i}`))));
  expect(values).toEqual(Array.from({ length: 5 }, () => "x".repeat(40)));
  expect(process.alive).toBe(true);
});

test("one call more than a client may have is refused, at once and for good", async () => {
  const { client } = world.made(text, { callsMax: 2 });
  const calls = [client.put("full", "a"), client.put("full", "b")];
  expect(await world.failure(client.put("full", "c"))).toMatchObject({ code: "overloaded", outcome: "not_done", retryable: true });
  await world.settled(Promise.all(calls));
  expect(await world.settled(client.get("full"))).toMatch(/^[ab]$/);
});

test("a client is busy while calls are under way", async () => {
  const { client, busy } = world.made(text);
  await world.settled(Promise.all([client.get("a"), client.get("b")]));
  await world.settled(client.get("c"));
  expect(busy).toEqual([true, false, true, false]);
});

describe("text that is none", () => {
  test("a stored value that is not UTF-8 is an error, and what was asked for was done", async () => {
    const [client, raw] = [world.client(), world.made(bytes).client];
    await world.settled(raw.put(utf8("raw"), Uint8Array.of(0xff)));
    expect(await world.failure(client.get("raw"))).toMatchObject({ code: "not_text", outcome: "done", cause: expect.any(TypeError) });
    expect(await world.failure(client.swap("raw", "text"))).toMatchObject({ code: "not_text", outcome: "done" });
    expect(await world.settled(client.get("raw"))).toBe("text");
  });
});

describe("refused with a sentence that says what is allowed, and nothing is done", () => {
  const { client } = world.made(text);
  const raw = world.made(bytes).client;
  const long = "x".repeat(5000);
  test.each<[string, () => Promise<unknown>]>([
    ["A key of 5000 bytes was given; 4096 are allowed.", () => client.get(long)],
    ["A key of 5000 bytes was given; 4096 are allowed.", () => client.delete(long)],
    ["A value of 1048577 bytes was given; 1048576 are allowed.", () => client.put("a", "x".repeat(1048577))],
    ["A value of 1048577 bytes was given; 1048576 are allowed.", () => client.cas("a", "x".repeat(1048577), "b")],
    ["A key was given as 7; this client's keys and values are text.", () => client.get(7 as never)],
    ["A key was given as undefined; this client's keys and values are text.", () => client.get(undefined as never)],
    ["A value was given as bytes; this client's keys and values are text.", () => client.put("a", utf8("b") as never)],
    ["A value was given as null; this client's keys and values are text.", () => client.cas("a", null as never, "b")],
    ["A key was given as the text 'a'; this client's keys and values are bytes (Uint8Array).", () => raw.get("a" as never)],
    ["A key was given as text with half a character (a lone surrogate) in it; UTF-8 has none.", () => client.get("\ud800")],
    ["A version was given as -1; it is a whole number, 0 or more.", () => client.putVersion("a", -1, "b")],
    ["A version was given as 1.5; it is a whole number, 0 or more.", () => client.putVersion("a", 1.5, "b")],
    ["A version was given as NaN; it is a whole number, 0 or more.", () => client.putVersion("a", Number.NaN, "b")],
    ["A version was given as the text '1'; it is a whole number, 0 or more.", () => client.putVersion("a", "1" as never, "b")],
    ["A timeoutMs was given as 0; it is a number of milliseconds above 0.", () => client.get("a", { timeoutMs: 0 })],
    [
      "A timeoutMs was given as the text '1s'; it is a number of milliseconds above 0.",
      () => client.get("a", { timeoutMs: "1s" as never }),
    ],
    ["A signal was given as an object; it is an AbortSignal.", () => client.get("a", { signal: {} as never })],
    ["The options of a call were given as 5; an object is allowed.", () => client.get("a", 5 as never)],
  ])("%s", async (sentence, call) => {
    const error = await world.failure(call());
    expect(error).toMatchObject({ code: "invalid", message: sentence, outcome: "not_done", retryable: false });
    expect(await world.settled(client.get("a"))).toBeUndefined();
  });

  test("an append that makes a value too long", async () => {
    const small = new StoreWorld({ valueBytesMax: 3 });
    const own = small.client();
    await small.settled(own.put("a", "ab"));
    const error = await small.failure(own.append("a", "cd"));
    expect(error.code).toBe("invalid");
    expect(error.message).toBe("An append of 2 bytes was given, which makes a value of 4 bytes; 3 are allowed.");
    expect(await small.settled(own.get("a"))).toBe("ab");
  });
});
