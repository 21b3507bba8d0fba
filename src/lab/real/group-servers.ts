import { present } from "../../base/assert.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import { serverAt } from "../../real/address.ts";
import type { ServerSizes } from "../group/sizes.ts";
import type { ServerGroup } from "../shardkv/world.ts";
import type { ServerState } from "../world.ts";
import type { RealServers } from "./servers.ts";

/** The servers of one of a world's groups: processes at some of its places. */
export class GroupServers implements ServerGroup {
  readonly places: readonly number[];
  readonly #servers: RealServers;
  readonly #named: Pick<ShardGroup, "gid" | "creation">;

  constructor(servers: RealServers, named: Pick<ShardGroup, "gid" | "creation">, places: readonly number[]) {
    this.#servers = servers;
    this.#named = named;
    this.places = places;
  }

  get name(): ShardGroup {
    const { addresses } = this.#servers;
    return { ...this.#named, servers: this.places.map((place) => serverAt(present(addresses[place], "a server has an address"))) };
  }

  get size(): number {
    return this.places.length;
  }

  sleep(ms: number): Promise<void> {
    return this.#servers.sleep(ms);
  }

  state(server: number): Promise<ServerState | undefined> {
    return this.#servers.state(this.#place(server));
  }

  crash(server: number): Promise<void> {
    return this.#servers.crash(this.#place(server));
  }

  restart(server: number): Promise<void> {
    return this.#servers.restart(this.#place(server));
  }

  isAlive(server: number): boolean {
    return this.#servers.isAlive(this.#place(server));
  }

  disconnect(server: number): Promise<void> {
    return this.#cut(server, true);
  }

  connect(server: number): Promise<void> {
    return this.#cut(server, false);
  }

  isConnected(server: number): boolean {
    return (this.#servers.network.sides[this.#place(server)] ?? together) === together;
  }

  async sizes(): Promise<readonly ServerSizes[]> {
    await Promise.all(this.places.map((place) => this.#servers.ask<"measure">(place, { kind: "measure" })));
    return this.places.map((place) => present(this.#servers.measures[place], "every server is measured"));
  }

  async snapshotSizes(): Promise<readonly number[]> {
    return Promise.all(this.places.map(async (place) => (await this.#servers.ask<"snapshot_size">(place, { kind: "snapshot_size" })) ?? 0));
  }

  async heaps(): Promise<readonly number[]> {
    return Promise.all(this.places.map(async (place) => (await this.#servers.ask<"heap">(place, { kind: "heap" })) ?? 0));
  }

  /** A server without its cable is on a side of its own; all others are together. */
  #cut(server: number, isCut: boolean): Promise<void> {
    const own = this.#place(server);
    const { addresses, network } = this.#servers;
    const sides = addresses.map((_, place) => (place === own ? (isCut ? 1 + own : together) : (network.sides[place] ?? together)));
    return this.#servers.setNetwork({ sides });
  }

  #place(server: number): number {
    return present(this.places[server], `there is a server ${server}`);
  }
}

/** The side of all who are connected. */
const together = 0;
