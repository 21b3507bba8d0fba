import type { Client } from "../../../src/client/client.ts";

/** What is written to, by numbers from 0 on. */
export interface WrittenKeys {
  readonly count: number;
  key(number: number): string;
  value(number: number): string;
  /** A put has come to that version. */
  acknowledged(number: number, version: number): void;
}

/** What writers have come to. */
export interface Written {
  readonly operations: number;
  readonly perSecond: number;
}

/** Puts that end otherwise than with a result, each in a sentence. */
export type Failures = string[];

/** A closed loop: so many puts are under way at any time, on keys that `next` gives until it has none. */
export async function writeAll(
  client: Client,
  keys: WrittenKeys,
  { inFlight, failures }: { readonly inFlight: number; readonly failures: Failures },
  next: () => number | undefined,
): Promise<Written> {
  const begin = performance.now();
  let operations = 0;
  const writer = async (): Promise<void> => {
    for (let number = next(); number !== undefined; number = next()) {
      // oxlint-disable-next-line no-await-in-loop
      await write(client, keys, number, failures);
      operations += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  return { operations, perSecond: (operations * 1000) / (performance.now() - begin) };
}

/** One put, whose version is noted. */
async function write(client: Client, keys: WrittenKeys, number: number, failures: Failures): Promise<void> {
  try {
    const { version } = await client.put(keys.key(number), keys.value(number));
    keys.acknowledged(number, version);
  } catch (error) {
    failures.push(String(error));
  }
}

/** How often the open loop looks what is due. */
const lookMs = 2;

/**
 * An open loop: so many puts in a second, on keys by chance, whether or not earlier ones are answered. What each takes is counted from
 * when it was to begin, so that a store that stands still is not spared the writes of that time.
 */
export class OpenLoop {
  readonly #client: Client;
  readonly #keys: WrittenKeys;
  readonly #failures: Failures;
  readonly #everyMs: number;
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  /** By their numbers: when each was to begin follows from that. */
  readonly #tookMs: number[] = [];
  #issued = 0;
  readonly #open = new Set<Promise<void>>();

  constructor(client: Client, keys: WrittenKeys, perSecond: number, failures: Failures) {
    this.#client = client;
    this.#keys = keys;
    this.#failures = failures;
    this.#everyMs = 1000 / perSecond;
    this.#timer = setInterval(() => this.#issue(), lookMs);
  }

  /** Waits for what is under way, and begins nothing more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  /** What the puts took that were to begin between two times; those that have not ended took until now. */
  tookMs(from: number, to: number): number[] {
    const first = Math.max(0, Math.ceil((from - this.#begun) / this.#everyMs));
    const behind = Math.min(this.#issued, Math.ceil((to - this.#begun) / this.#everyMs));
    const now = performance.now();
    return Array.from({ length: Math.max(0, behind - first) }, (_, at) => this.#tookMs[first + at] ?? now - this.#intended(first + at));
  }

  #intended(number: number): number {
    return this.#begun + number * this.#everyMs;
  }

  #issue(): void {
    const now = performance.now();
    for (; this.#intended(this.#issued) <= now; this.#issued += 1) {
      const number = this.#issued;
      const key = Math.floor(Math.random() * this.#keys.count);
      const done = write(this.#client, this.#keys, key, this.#failures).then(() => {
        this.#tookMs[number] = performance.now() - this.#intended(number);
        this.#open.delete(done);
      });
      this.#open.add(done);
    }
  }
}
