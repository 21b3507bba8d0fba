import { Rng } from "../../src/base/rng.ts";
import { AppliedLog } from "../../src/lab/applied.ts";
import type { ClusterShape, Committed, Figures, LabWorld, Outcome, Remains, ServerState, Started } from "../../src/lab/world.ts";
import type { WorldKind } from "../../src/lab/world-kind.ts";

/** A world without servers: a test says what each of them would. Sleeping only moves the time, and runs what was planned for it. */
export class FakeWorld implements LabWorld {
  readonly size: number;
  readonly rng: Rng = new Rng(1);
  readonly applied: AppliedLog;
  readonly states: (ServerState | undefined)[];
  readonly alive: Set<number> = new Set();
  readonly connected: Set<number> = new Set();
  /** Every command that was offered, with the server and the time. */
  readonly offers: { readonly server: number; readonly command: string; readonly ms: number }[] = [];
  /** What a server does with a command that it is offered. */
  take: (server: number, command: string) => Started | undefined = () => undefined;
  figures: Partial<Figures> = {};
  #now = 0;
  #plans: { readonly ms: number; readonly run: () => void }[] = [];

  constructor(size: number) {
    this.size = size;
    this.applied = new AppliedLog(size, (reason) => {
      throw new Error(reason);
    });
    this.states = Array.from({ length: size }, () => ({ term: 1, isLeader: false }));
    for (let server = 0; server < size; server += 1) {
      this.alive.add(server);
      this.connected.add(server);
    }
  }

  /** Makes these servers lead in these terms, and nobody else. */
  lead(leaders: Readonly<Record<number, number>>): this {
    for (let server = 0; server < this.size; server += 1) {
      const term = leaders[server];
      this.states[server] = { term: term ?? 1, isLeader: term !== undefined };
    }
    return this;
  }

  at(ms: number, run: () => void): this {
    this.#plans.push({ ms, run });
    return this;
  }

  /** Has `servers` apply `command` at `index`. */
  apply(index: number, command: string, servers: readonly number[]): void {
    for (const server of servers) this.applied.applied(server, index, command);
  }

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#plans.filter((plan) => plan.ms <= this.#now);
    this.#plans = this.#plans.filter((plan) => plan.ms > this.#now);
    for (const plan of due) plan.run();
  }

  async start(server: number, command: string): Promise<Started | undefined> {
    this.offers.push({ server, command, ms: this.#now });
    return this.take(server, command);
  }

  async state(server: number): Promise<ServerState | undefined> {
    return this.states[server];
  }

  async crash(server: number): Promise<void> {
    this.alive.delete(server);
  }

  async restart(server: number): Promise<void> {
    this.alive.add(server);
  }

  isAlive(server: number): boolean {
    return this.alive.has(server);
  }

  async disconnect(server: number): Promise<void> {
    this.connected.delete(server);
  }

  async connect(server: number): Promise<void> {
    this.connected.add(server);
  }

  isConnected(server: number): boolean {
    return this.connected.has(server);
  }

  async setUnreliable(): Promise<void> {
    throw new Error("a fake network has no models");
  }

  async setLongReordering(): Promise<void> {
    throw new Error("a fake network has no models");
  }

  committed(index: number): Committed {
    return this.applied.committed(index);
  }

  async logSize(): Promise<number> {
    return 0;
  }

  async rpcs(): Promise<number> {
    return this.figures.rpcs ?? 0;
  }

  async bytes(): Promise<number> {
    return this.figures.bytes ?? 0;
  }
}

/** Runs cases on fake worlds. */
export class FakeKind implements WorldKind {
  readonly name = "fake";
  readonly isRealTime: boolean;
  /** Of its runs one after the other, how long a server stood still; 0 for those behind. */
  readonly stallsMs: number[];
  /** What failed runs have left behind. */
  readonly remains: Set<string> = new Set();
  /** What the runner asked for. */
  readonly shapes: ClusterShape[] = [];
  /** Of each world: the first draw of its chance. */
  readonly draws: number[] = [];

  constructor(real?: { readonly stallsMs?: readonly number[] }) {
    this.isRealTime = real !== undefined;
    this.stallsMs = [...(real?.stallsMs ?? [])];
  }

  async run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome> {
    this.shapes.push(shape);
    this.draws.push(rng.u32());
    const world = new FakeWorld(shape.servers);
    let outcome = { failed: false, failure: undefined as unknown };
    try {
      await body(world);
    } catch (failure) {
      outcome = { failed: true, failure };
    }
    const figures = { worldMs: world.now(), servers: shape.servers, rpcs: 7, bytes: 1000, entries: 3 };
    const ms = this.stallsMs.shift() ?? 0;
    const stalls =
      ms === 0
        ? []
        : [
            { who: "the runner", ms: 151 },
            { who: "server 2", ms },
          ];
    const remains = outcome.failed && this.isRealTime ? this.#remain(`folder-${this.draws.length}`) : undefined;
    return { figures, ...outcome, stalls, remains, childrenCpuMs: 0 };
  }

  runStore(): Promise<Outcome> {
    throw new Error("a fake kind has no stores");
  }

  runMaster(): Promise<Outcome> {
    throw new Error("a fake kind has no shardmasters");
  }

  runSharded(): Promise<Outcome> {
    throw new Error("a fake kind has no clusters");
  }

  runProcess(): Promise<Outcome> {
    throw new Error("a fake kind has no processes");
  }

  #remain(folder: string): Remains {
    this.remains.add(folder);
    return { folder, remove: () => void this.remains.delete(folder) };
  }
}
