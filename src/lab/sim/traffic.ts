import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Network } from "../../sim/network/network.ts";
import type { SimProcess } from "../../sim/process.ts";
import { PacketCount } from "../packet-count.ts";

/** Counts what processes of a world say to each other. */
export class Traffic {
  readonly #network: Network;
  readonly #counts = new Map<ServerId, PacketCount>();

  constructor(network: Network) {
    this.#network = network;
    network.onSend((from, _, packet) => this.#of(from).sent(packet));
  }

  /** Everybody who sends anything is watched, and before that. */
  watch(process: SimProcess): void {
    const count = new PacketCount();
    this.#counts.set(process.id, count);
    this.#network.attach(process.id, {
      deliver: (from, packet) => {
        const taken = process.deliver(from, packet);
        if (taken) count.delivered(packet);
        return taken;
      },
    });
  }

  /** Forgets what was counted so far. */
  reset(): void {
    for (const count of this.#counts.values()) count.reset();
  }

  /** Requests sent by one process or by all. */
  requests(process?: ServerId): number {
    if (process !== undefined) return this.#of(process).requests;
    return this.#sum(({ requests }) => requests);
  }

  /** Of requests sent and replies delivered. */
  get bytes(): number {
    return this.#sum(({ bytes }) => bytes);
  }

  #sum(part: (count: PacketCount) => number): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + part(count), 0);
  }

  #of(process: ServerId): PacketCount {
    return present(this.#counts.get(process), `${process} is watched`);
  }
}
