import type { Rng } from "../../base/rng.ts";
import { background } from "../background.ts";
import { drawCommand } from "../checks.ts";
import { check } from "../failure.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import type { Clerk } from "../kv/clerk.ts";
import { checkGet, checkValue } from "../kv/steps.ts";
import type { Sharded } from "./sharded.ts";

/** So many keys: "0", "1", "2", ... The first ten are each in another shard. */
export function keysTo(count: number): string[] {
  return Array.from({ length: count }, (_, key) => String(key));
}

/** Tasks that go on until they are told to end. */
export interface Meanwhile {
  /** Waits for their ends. */
  stop(): Promise<void>;
}

/** Keys that nobody else changes, and what they hold. */
export class Contents {
  readonly keys: readonly string[];
  readonly #sharded: Sharded;
  readonly #options: ClerkOptions;
  readonly #clerk: Clerk;
  readonly #rng: Rng;
  readonly #values = new Map<string, string>();

  /** `options` are those of its clients. */
  constructor(sharded: Sharded, count: number, options: ClerkOptions = {}) {
    this.keys = keysTo(count);
    this.#sharded = sharded;
    this.#options = options;
    this.#clerk = sharded.newClerk(options);
    this.#rng = sharded.world.rng.fork("contents");
  }

  valueOf(key: string): string {
    return this.#values.get(key) ?? "";
  }

  /** Gives keys new values of so many letters. */
  async put(letters: number, keys: readonly string[] = this.keys): Promise<void> {
    for (const key of keys) {
      const value = drawCommand(this.#rng, letters);
      await this.#clerk.put(key, value);
      this.#values.set(key, value);
    }
  }

  /** Every key holds what it has to. */
  async check(keys: readonly string[] = this.keys): Promise<void> {
    for (const key of keys) await checkGet(this.#clerk, key, this.valueOf(key));
  }

  /** As `check`, and each gets so many letters more. */
  async checkAndAppend(letters: number, keys: readonly string[] = this.keys): Promise<void> {
    for (const key of keys) {
      await this.check([key]);
      await this.#append(this.#clerk, key, drawCommand(this.#rng, letters));
    }
  }

  /** Each key has a client that appends so many letters to it, again and again, and rests in between. */
  appendMeanwhile(letters: number, restMs: number): Meanwhile {
    const state = { goesOn: true };
    const tasks = this.keys.map((key) => background(this.#appendWhile(state, key, letters, restMs)));
    return {
      stop: async () => {
        state.goesOn = false;
        const counts = await Promise.all(tasks);
        for (const [at, count] of counts.entries()) check(count > 0, `nothing was appended to the key ${this.keys[at]} in all the time`);
      },
    };
  }

  async #appendWhile(state: { readonly goesOn: boolean }, key: string, letters: number, restMs: number): Promise<number> {
    const clerk = this.#sharded.newClerk(this.#options);
    const rng = this.#rng.fork(key);
    let count = 0;
    for (; state.goesOn; count += 1) {
      await this.#append(clerk, key, drawCommand(rng, letters));
      if (restMs > 0) await this.#sharded.world.sleep(restMs);
    }
    return count;
  }

  /** An append finds everything that was appended before, and each once. */
  async #append(clerk: Clerk, key: string, more: string): Promise<void> {
    const old = this.valueOf(key);
    checkValue(key, await clerk.append(key, more), old);
    this.#values.set(key, old + more);
  }
}

/** What keys hold at the beginning: groups have joined, one after the other, and each key has so many letters. */
export async function begun(sharded: Sharded, gids: readonly number[], count: number, letters: number): Promise<Contents> {
  for (const gid of gids) await sharded.join(gid);
  const contents = new Contents(sharded, count);
  await contents.put(letters);
  return contents;
}
