import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import type { GroupCluster } from "../../sim/group/group-cluster.ts";
import type { ServerSizes } from "../group/sizes.ts";
import type { ServerGroup } from "../shardkv/world.ts";
import type { ServerState } from "../world.ts";
import type { Cables } from "./cables.ts";
import type { Driver } from "./driver.ts";
import { Machines } from "./machines.ts";

/** The servers of one of a simulated world's groups. */
export class SimServers implements ServerGroup {
  readonly #cluster: GroupCluster<unknown>;
  readonly #driver: Driver;
  readonly #cables: Cables;
  readonly #machines: Machines;

  constructor(cluster: GroupCluster<unknown>, driver: Driver, cables: Cables, crashes: Rng) {
    this.#cluster = cluster;
    this.#driver = driver;
    this.#cables = cables;
    this.#machines = new Machines(cluster.sim, driver, crashes);
  }

  get name(): ShardGroup {
    const { name, servers } = this.#cluster.sim;
    return { gid: name.group, creation: name.creation, servers: servers.map(({ id }) => id) };
  }

  get places(): readonly number[] {
    return this.#cluster.sim.servers.map(({ id }) => this.#cables.placeOf(id));
  }

  get size(): number {
    return this.#cluster.size;
  }

  /** The last entry that any of them has applied. */
  get applied(): number {
    return this.#machines.applied;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
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

  async disconnect(server: number): Promise<void> {
    this.#cables.pull(this.#id(server));
  }

  async connect(server: number): Promise<void> {
    this.#cables.plugIn(this.#id(server));
  }

  isConnected(server: number): boolean {
    return !this.#cables.isPulled(this.#id(server));
  }

  async sizes(): Promise<readonly ServerSizes[]> {
    return this.#machines.sizes;
  }

  snapshotSizes(): Promise<readonly number[]> {
    return this.#machines.snapshotSizes();
  }

  async heaps(): Promise<readonly number[]> {
    return this.#cluster.sim.servers.map(() => 0);
  }

  #id(server: number): ServerId {
    return this.#cluster.sim.server(server).id;
  }
}
