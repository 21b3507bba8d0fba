import { Rng } from "../../src/base/rng.ts";
import { type Bytes, textBytes } from "../../src/check/byte-string.ts";
import type { KvRun, MemoryRun } from "../../src/lab/case.ts";
import type { ServerSizes } from "../../src/lab/group/sizes.ts";
import { Sides } from "../../src/lab/group/sides.ts";
import type { KvAsk, KvClient, KvReply, KvWorld, MemoryWorld } from "../../src/lab/kv/world.ts";
import { Driver } from "../../src/lab/sim/driver.ts";
import type { ServerState } from "../../src/lab/world.ts";
import { World } from "../../src/sim/world.ts";

/** What a key holds. */
interface Held {
  readonly value: string;
  readonly version: number;
}

/** Does what is asked with what is held: what a store is to tell, or undefined as long as it is to say nothing. */
export type Execute = (ask: KvAsk, held: Map<string, Held>) => KvReply | undefined;

/** What is wrong with a store; nothing at first. */
export interface Faults {
  /** In the place of what a store does, for one operation in so many. */
  readonly execute?: Execute;
  readonly every?: number;
  /** How long an operation takes, and how much longer than asked for one without an answer is tried. */
  readonly operationMs?: number;
  readonly lateMs?: number;
  /** Servers without a majority answer. */
  readonly answersAlone?: boolean;
  /** What was cut stays cut, clients too. */
  readonly neverHeals?: boolean;
  /** A leader that comes back leads again. */
  readonly returns?: boolean;
  /** The same server leads for ever. */
  readonly neverElects?: boolean;
  /** What is held is lost when all servers are ended. */
  readonly forgets?: boolean;
  readonly sizes?: Partial<ServerSizes>;
  readonly snapshotBytes?: number;
}

const electionMs = 400;
const pollMs = 10;

/** A store without servers, in virtual time: one map, and just as much of a group as cases look at. */
export class FakeStore implements KvWorld {
  readonly size: number;
  readonly rng: Rng = new Rng(1);
  readonly #world = new World(new Rng(1));
  readonly #driver = new Driver(this.#world);
  readonly #faults: Faults;
  readonly #compacts: boolean;
  readonly #held = new Map<string, Held>();
  readonly #alive: Set<number>;
  readonly #sides: Sides;
  #operations = 0;
  #leader = 0;
  #term = 1;

  constructor(run: KvRun, faults: Faults) {
    this.size = run.shape.servers;
    this.#compacts = run.shape.logBytesMax !== undefined;
    this.#faults = faults;
    this.#sides = new Sides(this.size);
    this.#alive = new Set(Array.from({ length: this.size }, (_, server) => server));
  }

  run(body: (world: KvWorld) => Promise<void>): Promise<void> {
    return this.#driver.run(() => body(this));
  }

  now(): number {
    return this.#world.now;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  newClient(): KvClient {
    let reached: readonly number[] | undefined;
    return {
      ask: async (ask, deadlineMs) => {
        const deadline = this.now() + deadlineMs;
        await this.sleep(this.#faults.operationMs ?? 3);
        while (!this.#answers(reached)) {
          if (this.now() >= deadline) {
            await this.sleep(this.#faults.lateMs ?? 0);
            return { kind: "unknown", detail: "" };
          }
          await this.sleep(pollMs);
        }
        return this.#execute(ask) ?? { kind: "unknown", detail: "" };
      },
      reach: (servers) => {
        if (servers !== undefined || this.#faults.neverHeals !== true) reached = servers;
      },
    };
  }

  async state(server: number): Promise<ServerState | undefined> {
    if (!this.isAlive(server)) return undefined;
    return { term: this.#term, isLeader: server === this.#leader };
  }

  async crash(server: number): Promise<void> {
    this.#alive.delete(server);
    if (this.#faults.forgets === true && this.#alive.size === 0) this.#held.clear();
  }

  async restart(server: number): Promise<void> {
    this.#alive.add(server);
  }

  isAlive(server: number): boolean {
    return this.#alive.has(server);
  }

  async partition(sides: readonly (readonly number[])[]): Promise<void> {
    if (this.#faults.neverHeals === true && sides[0]?.length === this.size) return;
    this.#sides.set(sides);
    this.#world.post(electionMs, () => this.#elect());
  }

  isConnected(server: number): boolean {
    return this.#sides.isInMajority(server);
  }

  async setUnreliable(): Promise<void> {
    // Nothing here depends on the network.
  }

  async sizes(): Promise<ServerSizes> {
    return { logBytes: 700, droppedTo: this.#compacts ? 7 : 0, ...this.#faults.sizes };
  }

  async snapshotSize(): Promise<number> {
    return this.#faults.snapshotBytes ?? 400;
  }

  #answers(reached: readonly number[] | undefined): boolean {
    if (this.#faults.answersAlone === true) return true;
    const reachable = reached ?? [...this.#alive];
    const majority = [...this.#alive].filter((server) => this.isConnected(server));
    return 2 * majority.length > this.size && majority.some((server) => reachable.includes(server));
  }

  #elect(): void {
    const { returns, neverElects } = this.#faults;
    if (neverElects === true) return;
    const fit = [...this.#alive].filter((server) => this.isConnected(server));
    const wanted = returns === true ? fit[0] : fit.includes(this.#leader) ? this.#leader : fit[0];
    if (wanted === undefined || wanted === this.#leader) return;
    this.#leader = wanted;
    this.#term += 1;
  }

  #execute(ask: KvAsk): KvReply | undefined {
    this.#operations += 1;
    const { execute: wrong, every = 1 } = this.#faults;
    return wrong !== undefined && this.#operations % every === 0 ? wrong(ask, this.#held) : execute(ask, this.#held);
  }
}

/** What a store does. */
export const execute = (ask: KvAsk, held: Map<string, Held>): KvReply => {
  const { value, version } = held.get(ask.key) ?? { value: null, version: 0 };
  const bytes = value as Bytes | null;
  if (ask.op === "get") return { kind: "done", told: { value: bytes, version } };
  const after = ask.op === "put" ? ask.value : (value ?? "") + ask.value;
  held.set(ask.key, { value: after, version: version + 1 });
  const told = { version: version + 1 };
  return { kind: "done", told: ask.op === "put" ? { ...told, existed: value !== null } : { ...told, value: bytes } };
};

/** What comes of a run on a store with these faults: "passed", or the reason of its failure. */
export async function outcomeOn(run: KvRun, faults: Faults): Promise<string> {
  const world = new FakeStore(run, faults);
  try {
    await world.run((store) => run.run(store));
  } catch (error) {
    return (error as Error).message;
  }
  return run.limitMs !== undefined && world.now() > run.limitMs ? "it took too long" : "passed";
}

/** What is wrong with a server whose memory is measured. */
export interface MemoryFaults {
  /** Bytes that the server keeps of each operation. */
  readonly kept?: (ask: KvAsk) => number;
  readonly execute?: Execute;
}

/** A server that says of its memory whatever it likes. */
export async function memoryOutcomeOn(run: MemoryRun, { kept, execute: wrong = execute }: MemoryFaults): Promise<string> {
  const held = new Map<string, Held>();
  let bytes = 50_000_000;
  const world: MemoryWorld = {
    sleep: async () => {},
    newClient: () => ({
      ask: async (ask) => {
        bytes += kept?.(ask) ?? 0;
        return wrong(ask, held) ?? { kind: "unknown", detail: "" };
      },
    }),
    setUnreliable: async () => {},
    heap: async () => bytes,
  };
  try {
    await run.run(world);
    return "passed";
  } catch (error) {
    return (error as Error).message;
  }
}

/** A text as the checker holds it. */
export const bytesOf: (text: string) => Bytes = textBytes;
