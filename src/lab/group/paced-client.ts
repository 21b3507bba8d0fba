import type { ClerkWorld, LabClient } from "./world.ts";

/** A client begins at most a hundred operations in a second: where nothing takes any time, none would pass otherwise. */
const paceMs = 10;

const defaultDeadlineMs = 60_000;

export interface ClerkOptions {
  /** The servers that it reaches; all of them by default. */
  readonly reach?: readonly number[];
  /** For how long it tries each operation. The MIT courses' clerks try for ever, and their tests end after 120 seconds. */
  readonly deadlineMs?: number;
}

/** How an operation went. */
export interface Attempted<Reply> {
  readonly call: number;
  readonly returned: number;
  readonly reply: Reply;
}

/** A client that does one operation after the other, and knows when. */
export class PacedClient<Ask, Reply> {
  readonly deadlineMs: number;
  readonly #world: Pick<ClerkWorld<Ask, Reply>, "now" | "sleep">;
  readonly #client: LabClient<Ask, Reply>;
  #nextMs = 0;

  constructor(world: ClerkWorld<Ask, Reply>, { reach, deadlineMs }: ClerkOptions) {
    this.#world = world;
    this.#client = world.newClient();
    if (reach !== undefined) this.#client.reach(reach);
    this.deadlineMs = deadlineMs ?? defaultDeadlineMs;
  }

  /** From now on it reaches all servers. */
  reachAll(): void {
    this.#client.reach();
  }

  async attempt(ask: Ask): Promise<Attempted<Reply>> {
    const waitMs = this.#nextMs - this.#world.now();
    if (waitMs > 0) await this.#world.sleep(waitMs);
    const call = this.#world.now();
    this.#nextMs = call + paceMs;
    const reply = await this.#client.ask(ask, this.deadlineMs);
    return { call, returned: this.#world.now(), reply };
  }
}
