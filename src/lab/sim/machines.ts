import type { Rng } from "../../base/rng.ts";
import type { SimCluster } from "../../sim/cluster.ts";
import type { ServerSizes } from "../group/sizes.ts";
import type { ServerState } from "../world.ts";
import type { Driver } from "./driver.ts";

/** How often one looks whether a server has read its disk. */
const pollMs = 1;

const noSizes: ServerSizes = { logBytes: 0, droppedTo: 0 };

/** The machines of a simulated group's servers: they are switched off and on, and asked what they hold. */
export class Machines {
  readonly #sim: SimCluster;
  readonly #driver: Driver;
  readonly #crashes: Rng;
  /** What a dead server had when it died. */
  readonly #lastSizes: ServerSizes[];

  /** `crashes` decides which deaths take what a disk's cache holds. */
  constructor(sim: SimCluster, driver: Driver, crashes: Rng) {
    this.#sim = sim;
    this.#driver = driver;
    this.#crashes = crashes;
    this.#lastSizes = Array.from({ length: sim.size }, () => noSizes);
  }

  /** The last entry that any of them has applied. */
  get applied(): number {
    return Math.max(...this.#sim.servers.map(({ member }) => member?.status()?.applied ?? 0));
  }

  /** By servers; the dead count with what they last had. */
  get sizes(): readonly ServerSizes[] {
    return this.#lastSizes.map((_, server) => this.#sizesOf(server));
  }

  state(server: number): ServerState | undefined {
    const status = this.#sim.member(server)?.status();
    return status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" };
  }

  isAlive(server: number): boolean {
    return this.#sim.server(server).process.alive;
  }

  crash(server: number): void {
    if (!this.isAlive(server)) return;
    this.#lastSizes[server] = this.#sizesOf(server);
    this.#sim.crash(server, { powerCut: this.#crashes.chance(0.5) });
  }

  /** Starts the server on its disk, after a crash if it lives. */
  start(server: number): void {
    this.crash(server);
    this.#sim.start(server);
  }

  /** As `start`, and waits until the server has read its disk. */
  async restart(server: number): Promise<void> {
    this.start(server);
    while (this.#sim.member(server)?.phase === "opening") await this.#driver.sleep(pollMs);
  }

  /** By servers: the bytes of the snapshot that it would send now; 0 of a dead one. */
  snapshotSizes(): Promise<readonly number[]> {
    const sizes = this.#sim.servers.map(({ process, member }) =>
      this.#driver.until<number>((wake) => {
        const clock = process.env()?.clock;
        if (member === undefined || clock === undefined) wake(0);
        else clock.after(0, () => member.countSnapshotBytes(wake));
      }),
    );
    return Promise.all(sizes);
  }

  #sizesOf(server: number): ServerSizes {
    const member = this.#sim.member(server);
    if (member === undefined) return this.#lastSizes[server] ?? noSizes;
    return { logBytes: member.logBytes, droppedTo: (member.status()?.first ?? 1) - 1 };
  }
}
