import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../src/real/connect.ts";

const lookMs = 20;

/** What something took, and from when on. */
interface Took {
  readonly client: number;
  readonly from: number;
  readonly ms: number;
}

/** Clients who ask for one thing after the other, and pause in between. */
export class Regulars {
  readonly #took: Took[] = [];
  readonly failures: string[] = [];
  readonly #running: Promise<void>[];
  #over = false;

  constructor(addresses: readonly string[], { count, pauseMs }: { readonly count: number; readonly pauseMs: number }) {
    this.#running = Array.from({ length: count }, (_, number) => this.#run(addresses, number, pauseMs));
  }

  /** What operations took that were begun between two times; one that has not ended is not among them. */
  tookMs(from: number, to: number): number[] {
    return this.#took.filter((took) => took.from >= from && took.from < to).map(({ ms }) => ms);
  }

  /** Waits until everybody has been served once more, from beginning to end. */
  async served(): Promise<void> {
    const now = performance.now();
    const isServed = (client: number): boolean => this.#took.some((took) => took.client === client && took.from >= now);
    while (!this.#running.every((_, client) => isServed(client))) {
      // oxlint-disable-next-line no-await-in-loop
      await sleep(lookMs);
    }
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#running);
  }

  async #run(addresses: readonly string[], number: number, pauseMs: number): Promise<void> {
    const client = connect({ group: addresses });
    for (let i = 0; !this.#over; i += 1) {
      const from = performance.now();
      const key = `regular ${number} ${i % 50}`;
      // oxlint-disable no-await-in-loop -- one after the other
      await (i % 2 === 0 ? client.put(key, "x".repeat(100)) : client.get(key)).catch((error: unknown) => this.failures.push(String(error)));
      this.#took.push({ client: number, from, ms: performance.now() - from });
      await sleep(pauseMs);
      // oxlint-enable no-await-in-loop
    }
    await client.close();
  }
}
