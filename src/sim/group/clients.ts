import { type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Env } from "../../env/env.ts";
import { violate, Violation } from "../oracle/violation.ts";
import type { Asker } from "../settle.ts";
import type { Universe } from "../universe.ts";
import { AskingClient, type Life, type LifeParts, type OnOperation, type OutcomeCounts } from "./asking-client.ts";
import type { SessionLaw } from "./oracle/session-law.ts";
import type { ClientsPlan } from "./plan.ts";
import { SimClient } from "./sim-client.ts";

export interface ClientsParts<Caller> {
  readonly universe: Universe;
  /** Whom they talk to. */
  readonly servers: readonly ServerId[];
  /** What they are called, before their numbers. */
  readonly name: string;
  readonly plan: ClientsPlan;
  /** Makes what a life asks with; `asking` says who hears of the operations that are made of what is asked for. */
  readonly begin: (asking: () => OnOperation | undefined) => (env: Env) => Caller;
  readonly newLife: (parts: LifeParts<Caller>) => Life;
  readonly law: SessionLaw;
  readonly rng: Rng;
}

/** How long a question may take when nothing goes wrong any more. */
const calmDeadlineMs = 3000;
const lookMs = 20;

/** All clients of one kind: they ask, die, pause and are cut off, until they are told to stop; then they demand answers. */
export class Clients<Caller> implements Asker {
  readonly counts: OutcomeCounts = { called: 0, result: 0, lost: 0, refused: 0, unknown: 0, reads: 0 };
  readonly #parts: ClientsParts<Caller>;
  readonly #clients: readonly AskingClient<Caller>[];
  readonly #strikes = new Map<string, number>();
  #active = false;
  /** What was written since everything was healed has had its effect. */
  #probed = false;

  constructor(parts: ClientsParts<Caller>) {
    this.#parts = parts;
    this.#clients = Array.from({ length: parts.plan.count }, (_, number) => this.#client(number));
  }

  /** How often clients have died, paused and been cut off. */
  get strikes(): ReadonlyMap<string, number> {
    return this.#strikes;
  }

  start(): void {
    const { plan, universe, servers } = this.#parts;
    const { network } = universe;
    this.#active = true;
    for (const [number, client] of this.#clients.entries()) {
      const rng = this.#parts.rng.fork(`acts ${number}`);
      for (const id of servers) {
        network.configureLink(client.sim.id, id, plan.link);
        network.configureLink(id, client.sim.id, plan.link);
      }
      this.#repeat(rng.fork("asks"), 1000 / plan.operationsPerS, () => {
        if (client.alive) client.ask();
      });
      this.#strike("client dies", rng, plan.crashEveryMs, () => this.#crash(client, rng));
      this.#strike("client pauses", rng, plan.pauseEveryMs, (forMs) => this.#pause(client, forMs));
      this.#strike("client is cut off", rng, plan.cutEveryMs, (forMs) => this.#cut(client, forMs));
    }
  }

  /** They ask for nothing more, and nothing happens to them; what they have asked for is still to end. */
  stop(): void {
    this.#active = false;
    for (const client of this.#clients) {
      client.sim.process.resume();
      if (!client.alive) client.start();
    }
  }

  proposeOne(): void {
    const { rng } = this.#parts;
    rng.pick(this.#clients).life.probe(rng, calmDeadlineMs, () => {
      this.#probed = true;
    });
  }

  pending(): string | undefined {
    for (const { pending } of this.#clients) if (pending !== undefined) return pending;
    return this.#probed ? undefined : "no client has had anything executed";
  }

  /** Somebody who knows of nothing reads everything. */
  readAll(): void {
    const { world } = this.#parts.universe;
    const last = this.#client(this.#clients.length);
    const reading = { done: false };
    last.life.readAll(calmDeadlineMs, () => {
      reading.done = true;
    });
    const end = world.now + 2 * calmDeadlineMs;
    do world.runFor(lookMs);
    while ((!reading.done || last.pending !== undefined) && world.now < end);
    if (last.pending !== undefined) violate("L2", last.pending);
    if (!reading.done) violate("L2", `not everything could be read within ${2 * calmDeadlineMs} ms`);
  }

  #client(number: number): AskingClient<Caller> {
    const { universe, name, plan, begin, newLife, law, rng } = this.#parts;
    const id = serverId(`${name}${number}`);
    const client: SimClient<Caller> = new SimClient<Caller>(universe, id, {
      begin: begin(() => asking.asking),
      onFailure: (error) => failed(id, error),
    });
    client.start();
    const asking: AskingClient<Caller> = new AskingClient<Caller>({
      world: universe.world,
      client,
      plan,
      rng: rng.fork(`client ${number}`),
      law,
      counts: this.counts,
      newLife,
    });
    return asking;
  }

  #repeat(rng: Rng, meanMs: number, act: () => void): void {
    this.#parts.universe.world.post(rng.exponential(meanMs), () => {
      if (!this.#active) return;
      act();
      this.#repeat(rng, meanMs, act);
    });
  }

  #strike(name: string, rng: Rng, meanMs: number | undefined, act: (forMs: number) => void): void {
    if (meanMs === undefined) return;
    const own = rng.fork(name);
    this.#repeat(own, meanMs, () => {
      this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + 1);
      act(own.exponential(meanMs));
    });
  }

  #crash(client: AskingClient<Caller>, rng: Rng): void {
    if (!client.alive) return;
    client.crash();
    this.#parts.universe.world.post(rng.exponential(this.#parts.plan.downMeanMs), () => {
      if (!client.alive) client.start();
    });
  }

  #pause(client: AskingClient<Caller>, forMs: number): void {
    client.sim.process.pause();
    this.#parts.universe.world.post(forMs, () => client.sim.process.resume());
  }

  #cut(client: AskingClient<Caller>, forMs: number): void {
    const { network, world } = this.#parts.universe;
    network.isolate(client.sim.id);
    world.post(forMs, () => network.rejoin(client.sim.id));
  }
}

function failed(id: ServerId, error: unknown): never {
  if (error instanceof Violation) throw error;
  violate("R28", `client ${id} has thrown: ${error instanceof Error ? error.message : String(error)}`, error);
}
