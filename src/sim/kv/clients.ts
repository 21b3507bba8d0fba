import { groupId, type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { KvOptions } from "../../shardkv/options.ts";
import { SimClient } from "../group/sim-client.ts";
import { violate, Violation } from "../oracle/violation.ts";
import type { Asker } from "../settle.ts";
import type { WatchedCluster } from "../watched-cluster.ts";
import { AskingClient, type OutcomeCounts } from "./client.ts";
import { keyNames } from "./draw.ts";
import { Recording } from "./history.ts";
import type { SessionLaw } from "./oracle/session-law.ts";
import type { ClientsPlan } from "./plan.ts";

export interface ClientsParts {
  readonly cluster: WatchedCluster;
  readonly plan: ClientsPlan;
  readonly kv: KvOptions;
  readonly law: SessionLaw;
  readonly rng: Rng;
}

/** How long a question may take when nothing goes wrong any more. */
const calmDeadlineMs = 3000;
const lookMs = 20;

/** All clients of a group: they ask, die, pause and are cut off, until they are told to stop; then they demand answers. */
export class Clients implements Asker {
  readonly recording: Recording = new Recording();
  readonly counts: OutcomeCounts = { called: 0, result: 0, lost: 0, refused: 0, unknown: 0, reads: 0, done: 0, pages: 0 };
  readonly #parts: ClientsParts;
  readonly #clients: readonly AskingClient[];
  readonly #strikes = new Map<string, number>();
  #active = false;
  /** What was written since everything was healed has had its effect. */
  #probed = false;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
    this.#clients = Array.from({ length: parts.plan.count }, (_, number) => this.#client(number));
  }

  /** How often clients have died, paused and been cut off. */
  get strikes(): ReadonlyMap<string, number> {
    return this.#strikes;
  }

  start(): void {
    const { plan, cluster } = this.#parts;
    this.#active = true;
    const { network, servers } = cluster.sim;
    for (const [number, client] of this.#clients.entries()) {
      const rng = this.#parts.rng.fork(`acts ${number}`);
      for (const { id } of servers) {
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
    const { rng, plan } = this.#parts;
    rng.pick(this.#clients).probe(rng.pick(keyNames(plan)), calmDeadlineMs, () => {
      this.#probed = true;
    });
  }

  pending(): string | undefined {
    for (const { pending } of this.#clients) if (pending !== undefined) return pending;
    return this.#probed ? undefined : "no client has had anything executed";
  }

  /** Somebody who knows of nothing reads every key. */
  readAll(): void {
    const { cluster, plan } = this.#parts;
    const last = this.#client(this.#clients.length);
    const before = this.counts.reads;
    const { world } = cluster.sim;
    for (const key of keyNames(plan)) last.read(key, calmDeadlineMs);
    const end = world.now + 2 * calmDeadlineMs;
    do world.runFor(lookMs);
    while (last.pending !== undefined && world.now < end);
    if (last.pending !== undefined) violate("L2", last.pending);
    const answered = this.counts.reads - before;
    if (answered < plan.keys) violate("L2", `${plan.keys - answered} of ${plan.keys} reads had no answer within ${calmDeadlineMs} ms`);
  }

  #client(number: number): AskingClient {
    const { cluster, plan, kv, law, rng } = this.#parts;
    const { world, network, servers } = cluster.sim;
    const id = serverId(`c${number}`);
    const client = new SimClient(world, network, id, {
      called: { group: groupId(1), servers: servers.map((server) => server.id) },
      kv,
      session: plan.session,
      caller: plan.caller,
      onFailure: (error) => failed(id, error),
      onOperation: (operation) => asking.operation(operation),
    });
    client.start();
    const asking = new AskingClient({
      world,
      client,
      plan,
      rng: rng.fork(`client ${number}`),
      recording: this.recording,
      law,
      counts: this.counts,
    });
    return asking;
  }

  #repeat(rng: Rng, meanMs: number, act: () => void): void {
    this.#parts.cluster.sim.world.post(rng.exponential(meanMs), () => {
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

  #crash(client: AskingClient, rng: Rng): void {
    if (!client.alive) return;
    client.crash();
    this.#parts.cluster.sim.world.post(rng.exponential(this.#parts.plan.downMeanMs), () => {
      if (!client.alive) client.start();
    });
  }

  #pause(client: AskingClient, forMs: number): void {
    client.sim.process.pause();
    this.#parts.cluster.sim.world.post(forMs, () => client.sim.process.resume());
  }

  #cut(client: AskingClient, forMs: number): void {
    const { network, world } = this.#parts.cluster.sim;
    network.isolate(client.sim.id);
    world.post(forMs, () => network.rejoin(client.sim.id));
  }
}

function failed(id: ServerId, error: unknown): never {
  if (error instanceof Violation) throw error;
  violate("R28", `client ${id} has thrown: ${error instanceof Error ? error.message : String(error)}`, error);
}
