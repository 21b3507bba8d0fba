import type { ServerId } from "../../base/ids.ts";
import type { Network } from "../../sim/network/network.ts";

/** The cables between the servers of a simulated world. Clients are outside: they reach every server. */
export class Cables {
  readonly #network: Network;
  readonly #servers: readonly ServerId[];
  readonly #pulled = new Set<ServerId>();

  constructor(network: Network, servers: readonly ServerId[]) {
    this.#network = network;
    this.#servers = servers;
  }

  placeOf(server: ServerId): number {
    return this.#servers.indexOf(server);
  }

  /** Cuts a server off from all others. */
  pull(server: ServerId): void {
    this.#pulled.add(server);
    this.#change();
  }

  plugIn(server: ServerId): void {
    this.#pulled.delete(server);
    this.#change();
  }

  isPulled(server: ServerId): boolean {
    return this.#pulled.has(server);
  }

  #change(): void {
    const rest = this.#servers.filter((server) => !this.#pulled.has(server));
    this.#network.partition([rest, ...[...this.#pulled].map((server) => [server])]);
  }
}
