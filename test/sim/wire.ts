import { serverId, type ServerId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import type { LinkSettings } from "../../src/sim/network/link.ts";
import { Network, type NetworkOptions } from "../../src/sim/network/network.ts";
import { World } from "../../src/sim/world.ts";

interface Arrival {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly time: number;
  readonly packet: Uint8Array;
}

/** A network with listening servers and a record of what arrives. */
export class Wire {
  readonly world: World = new World(new Rng(7));
  readonly network: Network;
  readonly ids: readonly ServerId[];
  arrivals: Arrival[] = [];

  constructor(names: string, link: Partial<LinkSettings> = {}, options: Partial<NetworkOptions> = {}) {
    this.network = new Network(this.world, { link, ...options });
    this.ids = names.split("").map(serverId);
    for (const to of this.ids) {
      this.network.attach(to, {
        deliver: (from, packet) => {
          this.arrivals.push({ from, to, time: this.world.now, packet });
          return true;
        },
      });
    }
  }

  send(from: string, to: string, ...bytes: number[]): void {
    this.network.send(serverId(from), serverId(to), Uint8Array.from(bytes));
  }

  /** What arrives within `ms`, in order. */
  run(ms = 20): Arrival[] {
    this.arrivals = [];
    this.world.runFor(ms);
    return this.arrivals;
  }

  /** Which servers get a packet that every server sends to every other, as "a>b" and so on. */
  reached(): string {
    for (const from of this.ids) for (const to of this.ids) if (from !== to) this.send(from, to, 1);
    return this.run()
      .map(({ from, to }) => `${from}>${to}`)
      .toSorted()
      .join(" ");
  }
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
