import type { Rng } from "../../base/rng.ts";
import { clerkOptions, type Service } from "../group/service.ts";
import { mostOf, type ServerSizes } from "../group/sizes.ts";
import { Sides } from "../group/sides.ts";
import type { GroupShape, GroupWorld, LabClient } from "../group/world.ts";
import type { Figures, ServerState, Unreliability } from "../world.ts";
import { RealClients } from "./clients.ts";
import type { RealSetting } from "./setting.ts";
import { RealServers } from "./servers.ts";

/** A group whose servers are processes. Its clients are in the runner's process, each with connections of its own. */
export class RealGroupWorld<Caller, Ask, Reply> implements GroupWorld<LabClient<Ask, Reply>> {
  readonly size: number;
  readonly rng: Rng;
  readonly servers: RealServers;
  readonly #service: Service<Caller, Ask, Reply>;
  readonly #clients: RealClients;
  readonly #sides: Sides;

  constructor(service: Service<Caller, Ask, Reply>, { servers: size, logBytesMax }: GroupShape, rng: Rng, setting: RealSetting) {
    this.#service = service;
    this.size = size;
    this.rng = rng.fork("case");
    this.#sides = new Sides(size);
    this.servers = new RealServers({
      ...setting,
      size,
      program: () => ({ kind: service.name, logBytesMax, valueBytesMax: undefined }),
      rng: rng.fork("networks"),
    });
    const { servers } = this;
    this.#clients = new RealClients({ servers, rng: rng.fork("clients"), valueBytesMax: undefined });
  }

  run(body: (world: this) => Promise<void>): Promise<void> {
    return this.servers.run(() => body(this));
  }

  figures(): Figures {
    return this.#clients.figures();
  }

  end(): Promise<void> {
    this.#clients.close();
    return this.servers.end();
  }

  now(): number {
    return this.servers.now();
  }

  sleep(ms: number): Promise<void> {
    return this.servers.sleep(ms);
  }

  newClient(): LabClient<Ask, Reply> {
    const place = this.#clients.newPlace(this.#service.group, clerkOptions);
    const caller = place.newCaller((group, session) => this.#service.caller(group, session));
    return {
      ask: (ask, deadlineMs) => this.#clients.operate((done) => this.#service.ask(caller, ask, deadlineMs, done)),
      reach: (servers) => place.reach(servers),
    };
  }

  state(server: number): Promise<ServerState | undefined> {
    return this.servers.state(server);
  }

  crash(server: number): Promise<void> {
    return this.servers.crash(server);
  }

  restart(server: number): Promise<void> {
    return this.servers.restart(server);
  }

  isAlive(server: number): boolean {
    return this.servers.isAlive(server);
  }

  async partition(sides: readonly (readonly number[])[]): Promise<void> {
    this.#sides.set(sides);
    await this.servers.setNetwork({ sides: this.#sides.numbers });
  }

  isConnected(server: number): boolean {
    return this.#sides.isInMajority(server);
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#clients.setUnreliable(model);
    await this.servers.setNetwork({ model });
  }

  async sizes(): Promise<ServerSizes> {
    return mostOf(await this.servers.measure());
  }

  async snapshotSize(): Promise<number> {
    const places = Array.from({ length: this.size }, (_, place) => place);
    const sizes = await Promise.all(places.map((place) => this.servers.ask<"snapshot_size">(place, { kind: "snapshot_size" })));
    return Math.max(...sizes.map((size) => size ?? 0));
  }
}
