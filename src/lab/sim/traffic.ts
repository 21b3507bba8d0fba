import { present } from "../../base/assert.ts";
import type { SimCluster } from "../../sim/cluster.ts";
import { PacketCount } from "../packet-count.ts";

/** Counts what the servers of a cluster say to each other. */
export class Traffic {
  readonly #counts: readonly PacketCount[];

  constructor(cluster: SimCluster) {
    this.#counts = cluster.servers.map(() => new PacketCount());
    const counts = new Map(cluster.servers.map(({ id }, at) => [id, this.#of(at)]));
    cluster.network.onSend((from, _, packet) => present(counts.get(from), "who sends is a server").sent(packet));
    for (const [at, { id, process }] of cluster.servers.entries()) {
      const count = this.#of(at);
      cluster.network.attach(id, {
        deliver: (from, packet) => {
          const taken = process.deliver(from, packet);
          if (taken) count.delivered(packet);
          return taken;
        },
      });
    }
  }

  /** Forgets what was counted so far. */
  reset(): void {
    for (const count of this.#counts) count.reset();
  }

  /** Requests sent by one server or by all. */
  requests(server?: number): number {
    if (server !== undefined) return this.#of(server).requests;
    return this.#counts.reduce((sum, { requests }) => sum + requests, 0);
  }

  /** Of requests sent and replies delivered. */
  get bytes(): number {
    return this.#counts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #of(server: number): PacketCount {
    return present(this.#counts[server], `there is a server ${server}`);
  }
}
