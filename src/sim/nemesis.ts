import { present } from "../base/assert.ts";
import type { Rng } from "../base/rng.ts";
import { birthCut, faultKinds } from "./faults/catalog.ts";
import { type FaultKind, Site, type Undo } from "./faults/site.ts";
import type { Lives } from "./lives.ts";
import type { FaultPlan, Plan } from "./plan.ts";
import type { WatchedCluster } from "./watched-cluster.ts";

/** Does to a cluster what its plan says, until it is told to stop. */
export class Nemesis {
  readonly #cluster: WatchedCluster;
  readonly #lives: Lives;
  readonly #plan: Plan;
  readonly #rng: Rng;
  readonly #strikes = new Map<string, number>();
  readonly #undo = new Set<Undo>();
  #active = true;

  constructor(cluster: WatchedCluster, lives: Lives, plan: Plan, rng: Rng) {
    this.#cluster = cluster;
    this.#lives = lives;
    this.#plan = plan;
    this.#rng = rng;
  }

  /** How often each kind of fault has struck. */
  get strikes(): ReadonlyMap<string, number> {
    return this.#strikes;
  }

  start(): void {
    const { world } = this.#cluster.sim;
    for (const fault of this.#plan.faults) this.#begin(fault);
    const rng = this.#rng.fork("birth");
    for (const ms of this.#plan.birthCutsMs) {
      const at = rng.int(0, this.#plan.size - 1);
      world.post(ms, () => this.#birthCut(at));
    }
  }

  /**
   * No more faults, and nothing that is left of those that were: every disk works, and all live. What was done to the network is taken
   * back; who owns the world heals the rest of it, where others stand too.
   */
  stop(): void {
    this.#active = false;
    for (const undo of this.#undo) undo();
    this.#undo.clear();
    for (const { disk, process } of this.#cluster.sim.servers) {
      disk.setFull(false);
      disk.drive.slow(1);
      disk.drive.release();
      process.resume();
    }
    this.#lives.calm();
  }

  #birthCut(at: number): void {
    if (!this.#cluster.sim.server(at).process.alive) return;
    this.#count(birthCut);
    this.#lives.crash(at, true, this.#rng.fork(`birth ${at}`).between(1, 100));
  }

  #begin(fault: FaultPlan): void {
    const kind = kindOf(fault.name);
    const rng = this.#rng.fork(fault.name);
    const site = new Site(this.#cluster, this.#lives, rng.fork("site"), fault.force);
    if (fault.always) {
      this.#strike(kind, site);
      return;
    }
    const next = (): void => {
      this.#cluster.sim.world.post(rng.exponential(fault.everyMs), () => {
        if (!this.#active) return;
        const undo = this.#strike(kind, site);
        if (undo !== undefined) this.#cluster.sim.world.post(rng.exponential(fault.lastsMs ?? 0), () => this.#end(undo));
        next();
      });
    };
    next();
  }

  #strike(kind: FaultKind, site: Site): Undo | undefined {
    const undo = kind.strike(site);
    if (undo === undefined) return undefined;
    this.#count(kind.name);
    this.#undo.add(undo);
    return undo;
  }

  #end(undo: Undo): void {
    if (this.#undo.delete(undo)) undo();
  }

  #count(name: string): void {
    this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + 1);
  }
}

function kindOf(name: string): FaultKind {
  return present(
    faultKinds.find((kind) => kind.name === name),
    `there is a fault called ${name}`,
  );
}
