import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { SimCluster } from "../cluster.ts";
import type { FaultPlan } from "../plan.ts";
import type { Universe } from "../universe.ts";

/** A way in which groups lose each other. It keeps no group from its own work. */
export interface BetweenKind {
  readonly name: string;
  readonly everyMs: readonly [number, number];
  readonly lastsMs: readonly [number, number];
  /** The links that are cut: of servers of two groups. */
  readonly cut: (one: readonly ServerId[], other: readonly ServerId[], rng: Rng) => readonly (readonly [ServerId, ServerId])[];
}

/** Everything that goes wrong between groups, the shardmaster's among them. */
export const betweenKinds: readonly BetweenKind[] = [
  { name: "groups cut off from each other", everyMs: [500, 5000], lastsMs: [200, 4000], cut: bothWays },
  { name: "group that another does not hear", everyMs: [500, 5000], lastsMs: [200, 4000], cut: oneWay },
  { name: "some servers of two groups cut off", everyMs: [300, 4000], lastsMs: [200, 3000], cut: some },
];

/** Cuts groups off from each other as the plan says, until it is told to stop. */
export class Between {
  readonly #universe: Universe;
  readonly #clusters: readonly SimCluster[];
  readonly #plan: readonly FaultPlan[];
  readonly #rng: Rng;
  readonly #strikes = new Map<string, number>();
  #active = true;

  constructor(universe: Universe, clusters: readonly SimCluster[], plan: readonly FaultPlan[], rng: Rng) {
    this.#universe = universe;
    this.#clusters = clusters;
    this.#plan = plan;
    this.#rng = rng;
  }

  /** How often each kind has struck. */
  get strikes(): ReadonlyMap<string, number> {
    return this.#strikes;
  }

  start(): void {
    for (const fault of this.#plan) {
      const kind = present(
        betweenKinds.find(({ name }) => name === fault.name),
        "a plan has kinds that there are",
      );
      this.#next(fault, kind, this.#rng.fork(fault.name));
    }
  }

  /** No more of it. What is cut is for the owner of the world to heal. */
  stop(): void {
    this.#active = false;
  }

  #next(fault: FaultPlan, kind: BetweenKind, rng: Rng): void {
    const { world, network } = this.#universe;
    world.post(rng.exponential(fault.everyMs), () => {
      if (!this.#active) return;
      const [one, other] = rng.shuffle(this.#clusters).map(({ servers }) => servers.map(({ id }) => id));
      const links = kind.cut(one ?? [], other ?? [], rng);
      for (const [from, to] of links) network.cutOneWay(from, to);
      this.#strikes.set(kind.name, (this.#strikes.get(kind.name) ?? 0) + 1);
      world.post(rng.exponential(fault.lastsMs ?? 0), () => {
        for (const [from, to] of links) network.cutOneWay(from, to, false);
      });
      this.#next(fault, kind, rng);
    });
  }
}

function oneWay(one: readonly ServerId[], other: readonly ServerId[]): (readonly [ServerId, ServerId])[] {
  return one.flatMap((from) => other.map((to) => [from, to] as const));
}

function bothWays(one: readonly ServerId[], other: readonly ServerId[]): (readonly [ServerId, ServerId])[] {
  return [...oneWay(one, other), ...oneWay(other, one)];
}

function some(one: readonly ServerId[], other: readonly ServerId[], rng: Rng): (readonly [ServerId, ServerId])[] {
  return bothWays(one, other).filter(() => rng.chance(0.5));
}
