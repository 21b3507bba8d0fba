import type { Rng } from "../../base/rng.ts";
import { GroupCluster } from "../../sim/group/group-cluster.ts";
import type { GroupKind } from "../../sim/group/group-kind.ts";
import { clerkOptions, type Service } from "../group/service.ts";
import { mostOf, type ServerSizes } from "../group/sizes.ts";
import { Sides } from "../group/sides.ts";
import type { GroupShape, GroupWorld, LabClient } from "../group/world.ts";
import type { Figures, ServerState, TraceSink, Unreliability } from "../world.ts";
import { Driver } from "./driver.ts";
import { Machines } from "./machines.ts";
import { Traffic } from "./traffic.ts";
import { Unreliable } from "./unreliable.ts";

/** The simulated world of a group: as production runs it, clients included, each a process of its own. */
export class SimGroupWorld<Caller, Ask, Reply> implements GroupWorld<LabClient<Ask, Reply>> {
  readonly size: number;
  readonly rng: Rng;
  readonly #service: Service<Caller, Ask, Reply>;
  readonly #cluster: GroupCluster<Caller>;
  readonly #driver: Driver;
  readonly #traffic: Traffic;
  readonly #sides: Sides;
  readonly #machines: Machines;
  readonly #unreliable: Unreliable;
  #operations = 0;

  constructor(service: Service<Caller, Ask, Reply>, shape: GroupShape, rng: Rng, trace: TraceSink | undefined) {
    const { servers } = shape;
    this.#service = service;
    this.size = servers;
    this.rng = rng.fork("case");
    this.#sides = new Sides(servers);
    const kind: GroupKind<Caller> = {
      start: (env, identity) => service.start(env, identity, shape).replica,
      caller: (group, session) => service.caller(group, session),
    };
    this.#cluster = new GroupCluster(rng.fork("world"), kind, {
      size: servers,
      name: { group: service.group, creation: 1, servers: "s" },
      onFailure: (who, error) => this.#driver.abort(new Error(`${who} died: ${String(error)}`, { cause: error })),
      onTrace: (server, name, fields) => trace?.(this.now(), server, name, fields),
    });
    this.#driver = new Driver(this.#cluster.world);
    this.#traffic = new Traffic(this.#cluster.network);
    const { sim } = this.#cluster;
    this.#machines = new Machines(sim, this.#driver, rng.fork("crashes"));
    this.#unreliable = new Unreliable(
      sim,
      sim.servers.map(({ id }) => id),
      rng.fork("slices"),
    );
    for (const { process } of sim.servers) this.#traffic.watch(process);
  }

  /** Starts all servers, waits until they take part, and runs `body`. */
  async run(body: (world: this) => Promise<void>): Promise<void> {
    this.#cluster.startAll();
    this.#driver.bringUp(() => this.#cluster.sim.running);
    this.#traffic.reset();
    await this.#driver.run(() => body(this));
  }

  figures(): Figures {
    return {
      worldMs: this.now(),
      servers: this.size,
      rpcs: this.#traffic.requests(),
      bytes: this.#traffic.bytes,
      entries: this.#machines.applied,
      operations: this.#operations,
    };
  }

  now(): number {
    return this.#driver.now;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  newClient(): LabClient<Ask, Reply> {
    const client = this.#cluster.newClient({}, clerkOptions);
    this.#traffic.watch(client.process);
    const { network, sim } = this.#cluster;
    return {
      reach: (servers) => {
        for (const [at, { id }] of sim.servers.entries()) network.cut(client.id, id, servers?.includes(at) === false);
      },
      ask: (ask, deadlineMs) => {
        this.#operations += 1;
        return this.#driver.until((wake) => client.act((caller) => this.#service.ask(caller, ask, deadlineMs, wake)));
      },
    };
  }

  async state(server: number): Promise<ServerState | undefined> {
    return this.#machines.state(server);
  }

  async crash(server: number): Promise<void> {
    this.#machines.crash(server);
  }

  restart(server: number): Promise<void> {
    return this.#machines.restart(server);
  }

  isAlive(server: number): boolean {
    return this.#machines.isAlive(server);
  }

  async partition(sides: readonly (readonly number[])[]): Promise<void> {
    this.#sides.set(sides);
    const { network, sim } = this.#cluster;
    network.partition(this.#sides.groups.map((group) => group.map((server) => sim.server(server).id)));
  }

  isConnected(server: number): boolean {
    return this.#sides.isInMajority(server);
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#unreliable.set(model);
  }

  async sizes(): Promise<ServerSizes> {
    return mostOf(this.#machines.sizes);
  }

  async snapshotSize(): Promise<number> {
    return Math.max(...(await this.#machines.snapshotSizes()));
  }
}
