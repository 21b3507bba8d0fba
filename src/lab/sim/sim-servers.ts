import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import type { GroupCluster } from "../../sim/group/group-cluster.ts";
import type { ServerGroup, ServerSizes } from "../shardkv/world.ts";
import type { ServerState } from "../world.ts";
import type { Cables } from "./cables.ts";
import type { Driver } from "./driver.ts";

/** How often one looks whether a server has read its disk. */
const pollMs = 1;

const noSizes: ServerSizes = { logBytes: 0, droppedTo: 0 };

/** The servers of one of a simulated world's groups. */
export class SimServers implements ServerGroup {
  readonly #cluster: GroupCluster<unknown>;
  readonly #driver: Driver;
  readonly #crashes: Rng;
  readonly #cables: Cables;
  /** What a dead server had when it died. */
  readonly #lastSizes: ServerSizes[];

  constructor(cluster: GroupCluster<unknown>, driver: Driver, cables: Cables, crashes: Rng) {
    this.#cluster = cluster;
    this.#driver = driver;
    this.#cables = cables;
    this.#crashes = crashes;
    this.#lastSizes = Array.from({ length: cluster.size }, () => noSizes);
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
    return Math.max(...this.#cluster.sim.servers.map(({ member }) => member?.status()?.applied ?? 0));
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  async state(server: number): Promise<ServerState | undefined> {
    const status = this.#cluster.sim.member(server)?.status();
    return status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" };
  }

  async crash(server: number): Promise<void> {
    if (!this.isAlive(server)) return;
    this.#lastSizes[server] = this.#sizesOf(server);
    this.#cluster.crash(server, { powerCut: this.#crashes.chance(0.5) });
  }

  async restart(server: number): Promise<void> {
    await this.crash(server);
    this.#cluster.start(server);
    while (this.#cluster.sim.member(server)?.phase === "opening") await this.sleep(pollMs);
  }

  isAlive(server: number): boolean {
    return this.#cluster.sim.server(server).process.alive;
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
    return this.#lastSizes.map((_, server) => this.#sizesOf(server));
  }

  snapshotSizes(): Promise<readonly number[]> {
    const sizes = this.#cluster.sim.servers.map(({ process, member }) =>
      this.#driver.until<number>((wake) => {
        const clock = process.env()?.clock;
        if (member === undefined || clock === undefined) wake(0);
        else clock.after(0, () => member.countSnapshotBytes(wake));
      }),
    );
    return Promise.all(sizes);
  }

  async heaps(): Promise<readonly number[]> {
    return this.#lastSizes.map(() => 0);
  }

  #id(server: number): ServerId {
    return this.#cluster.sim.server(server).id;
  }

  #sizesOf(server: number): ServerSizes {
    const member = this.#cluster.sim.member(server);
    if (member === undefined) return this.#lastSizes[server] ?? noSizes;
    return { logBytes: member.logBytes, droppedTo: (member.status()?.first ?? 1) - 1 };
  }
}
