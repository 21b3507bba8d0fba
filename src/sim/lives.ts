import type { Rng } from "../base/rng.ts";
import type { WatchedCluster } from "./watched-cluster.ts";

export interface LivesPlan {
  /** The mean time a server stays dead. */
  readonly downMeanMs: number;
  /** How many of them come back at once instead. */
  readonly atOnce: number;
}

/** Ends lives and begins new ones. A server that has died comes back after a while, whoever ended it. */
export class Lives {
  readonly #cluster: WatchedCluster;
  readonly #plan: LivesPlan;
  readonly #rng: Rng;
  /** Servers whose directory is not what their group knows: they may stay out for ever. */
  readonly #lost = new Set<number>();
  /** Servers that no power cut strikes any more. */
  readonly #powered = new Set<number>();
  /** The restart that is due, so that an older one does not come on top. */
  readonly #due: number[];
  #calm = false;
  #restarts = 0;

  constructor(cluster: WatchedCluster, plan: LivesPlan, rng: Rng) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#rng = rng;
    this.#due = cluster.sim.servers.map(() => 0);
  }

  get restarts(): number {
    return this.#restarts;
  }

  isLost(at: number): boolean {
    return this.#lost.has(at);
  }

  /** Whether one more directory may be taken away: the others must be a majority. */
  mayLose(at: number): boolean {
    return this.#lost.has(at) || 2 * (this.#lost.size + 1) < this.#cluster.sim.size;
  }

  lose(at: number): void {
    this.#lost.add(at);
  }

  /** Lets the server die from now on only in ways that leave what its machine's memory held. */
  keepPowered(at: number): void {
    this.#powered.add(at);
  }

  /** Kills a server and has it come back; `downMs` when it matters how soon. */
  crash(at: number, powerCut: boolean, downMs?: number): void {
    this.#cluster.crash(at, { powerCut: powerCut && !this.#powered.has(at) });
    this.reviveLater(at, downMs);
  }

  /** The server is dead, and comes back. */
  reviveLater(at: number, downMs: number = this.#drawDown()): void {
    const due = (this.#due[at] as number) + 1;
    this.#due[at] = due;
    this.#cluster.sim.world.post(this.#calm ? 1 : downMs, () => {
      if (this.#due[at] === due) this.revive(at);
    });
  }

  revive(at: number): void {
    if (this.#cluster.sim.server(at).process.alive) return;
    this.#restarts += 1;
    this.#cluster.sim.start(at);
  }

  /** From now on whoever dies comes back at once, and whoever is dead does now. */
  calm(): void {
    this.#calm = true;
    for (let at = 0; at < this.#cluster.sim.size; at += 1) this.revive(at);
  }

  #drawDown(): number {
    return this.#rng.chance(this.#plan.atOnce) ? this.#rng.between(0, 5) : this.#rng.exponential(this.#plan.downMeanMs);
  }
}
