import { PassThrough, Writable } from "node:stream";
import { expect, test, vi } from "vitest";
import type { Client } from "../../../src/client/client.ts";
import { KvorumError } from "../../../src/client/errors.ts";
import { LineClient } from "../../../src/cli/madkv/line-client.ts";
import { LineProcess } from "../../../src/cli/madkv/line-process.ts";
import { streamInput, streamOutput } from "../../../src/real/line-streams.ts";

/** A store in memory, which fails when it is told to. */
class Store {
  readonly rows = new Map<string, string>();
  /** What the next calls reject with. */
  readonly troubles: KvorumError[] = [];
  /** Calls that are never answered. */
  isDeaf = false;

  get client(): Client {
    const set = async (key: string, value: string | undefined): Promise<string | undefined> => {
      await this.#turn();
      const old = this.rows.get(key);
      if (value === undefined) this.rows.delete(key);
      else this.rows.set(key, value);
      return old;
    };
    const scan = async function* (store: Store, start: string, end: string): AsyncGenerator<{ key: string; value: string }[]> {
      await store.#turn();
      const found = [...store.rows].filter(([key]) => key >= start && key <= end).toSorted(([a], [b]) => (a < b ? -1 : 1));
      for (const [key, value] of found) yield [{ key, value }];
    };
    return {
      put: async (key: string, value: string) => ({ existed: (await set(key, value)) !== undefined }),
      swap: async (key: string, value: string) => ({ old: await set(key, value) }),
      get: async (key: string) => {
        await this.#turn();
        return this.rows.get(key);
      },
      delete: async (key: string) => ({ existed: (await set(key, undefined)) !== undefined }),
      scan: ({ start, end }: { start: string; end: string }) => ({ pages: () => scan(this, start, end) }),
    } as unknown as Client;
  }

  async #turn(): Promise<void> {
    const trouble = this.troubles.shift();
    if (trouble !== undefined) throw trouble;
    if (this.isDeaf) await new Promise(() => {});
  }
}

interface Run {
  readonly input: PassThrough;
  readonly writes: string[];
  readonly complaints: string[];
  readonly code: Promise<number>;
}

function run(store: Store, deadlineMs?: number): Run {
  const [writes, complaints]: [string[], string[]] = [[], []];
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      writes.push(chunk.toString("latin1"));
      done();
    },
  });
  const input = new PassThrough();
  const complain = (sentence: string): void => void complaints.push(sentence);
  const process = new LineProcess(new LineClient(store.client, complain, deadlineMs), streamInput(input), streamOutput(output), complain);
  return { input, writes, complaints, code: process.run() };
}

test("answers every line in order, each in one write, and ends at STOP", async () => {
  const { input, writes, complaints, code } = run(new Store());
  input.write("PUT b 1\nPUT a 2\nSWAP a 3\nGET a\nGE");
  input.write("T c\n\nSCAN a b\nDELETE a\nDELETE a\nSTOP\nGET b\n");
  expect(await code).toBe(0);
  expect(writes).toEqual([
    "PUT b not_found\n",
    "PUT a not_found\n",
    "SWAP a 2\n",
    "GET a 3\n",
    "GET c null\n",
    "SCAN a b BEGIN\n  a 3\n  b 1\nSCAN END\n",
    "DELETE a found\n",
    "DELETE a not_found\n",
    "STOP\n",
  ]);
  expect(complaints).toEqual([]);
});

test("the end of the input ends it when all is answered, the last line too", async () => {
  const { input, writes, code } = run(new Store());
  input.end("PUT a 1\nGET a");
  expect(await code).toBe(0);
  expect(writes).toEqual(["PUT a not_found\n", "GET a 1\n"]);
  const empty = run(new Store());
  empty.input.end();
  expect(await empty.code).toBe(0);
});

test("malformed lines are complained of, and nothing is written for them", async () => {
  const { input, writes, complaints, code } = run(new Store());
  input.end("HELLO\nPUT a\nget a\nGET a\nSTOP\n");
  expect(await code).toBe(0);
  expect(writes).toEqual(["GET a null\n", "STOP\n"]);
  expect(complaints).toHaveLength(3);
});

test("every byte of a value comes back, as the byte that it was", async () => {
  const value = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1))
    .filter((character) => !/[ \t\r\n]/.test(character))
    .join("");
  const { input, writes, code } = run(new Store());
  input.end(Buffer.from(`PUT k ${value}\nGET k\nSTOP\n`, "latin1"));
  expect(await code).toBe(0);
  expect(writes[1]).toBe(`GET k ${value}\n`);
});

test("trouble is complained of, and the operation tried until it is done", async () => {
  const store = new Store();
  store.troubles.push(new KvorumError("overloaded", "Too much."), new KvorumError("unknown_outcome", "Nobody knows."));
  const { input, writes, complaints, code } = run(store);
  input.end("PUT a 1\nSTOP\n");
  expect(await code).toBe(0);
  expect(writes).toEqual(["PUT a not_found\n", "STOP\n"]);
  expect(complaints).toEqual(["PUT: Too much.", "PUT: Nobody knows."]);
});

test("what can never be done is complained of, and skipped", async () => {
  const store = new Store();
  store.troubles.push(new KvorumError("invalid", "The key is too long."));
  const { input, writes, complaints, code } = run(store);
  input.end("GET a\nGET b\nSTOP\n");
  expect(await code).toBe(0);
  expect([writes, complaints]).toEqual([["GET b null\n", "STOP\n"], ["GET: The key is too long."]]);
});

test("with a deadline what has no answer is complained of, and the next line is done", async () => {
  const store = new Store();
  store.troubles.push(new KvorumError("timeout", "Not in time."));
  const { input, writes, complaints, code } = run(store, 1000);
  input.end("GET a\nGET b\nSTOP\n");
  expect(await code).toBe(0);
  expect([writes, complaints]).toEqual([["GET b null\n", "STOP\n"], ["GET: Not in time."]]);
});

test("more lines than may wait are all answered", async () => {
  const { input, writes, code } = run(new Store());
  const lines = Array.from({ length: 5000 }, (_, at) => `PUT k${at} v\n`);
  for (const line of lines) input.write(line);
  input.end("STOP\n");
  expect(await code).toBe(0);
  expect(writes).toHaveLength(5001);
  expect(writes.at(-2)).toBe("PUT k4999 not_found\n");
});

test("who reads no more ends it", async () => {
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  const input = new PassThrough();
  const process = new LineProcess(
    new LineClient(new Store().client, () => {}, undefined),
    streamInput(input),
    streamOutput(output),
    () => {},
  );
  const code = process.run();
  input.write("GET a\n");
  expect(await code).toBe(1);
});

test("who has closed our input does not wait for ever for an answer", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const store = new Store();
    store.isDeaf = true;
    const { input, writes, complaints, code } = run(store);
    input.end("GET a\nSTOP\n");
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    vi.advanceTimersByTime(60_000);
    expect(await code).toBe(4);
    expect([writes, complaints]).toEqual([[], ["There was no answer in the 60 seconds since the input has ended."]]);
  } finally {
    vi.useRealTimers();
  }
});
