import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Lives } from "../lives.ts";
import type { SimServer } from "../cluster.ts";
import type { WatchedCluster } from "../watched-cluster.ts";

/** Ends what a fault has begun. */
export type Undo = () => void;

/** For faults of a moment: nothing to end. */
export const over: Undo = () => {};

/** Where a fault strikes. Each kind has a site of its own, whose chance nobody else draws from. */
export class Site {
  readonly cluster: WatchedCluster;
  readonly lives: Lives;
  readonly rng: Rng;
  /** How far this kind goes, from 0 to 1: what is drawn per seed beside how often and how long. */
  readonly force: number;

  constructor(cluster: WatchedCluster, lives: Lives, rng: Rng, force: number) {
    this.cluster = cluster;
    this.lives = lives;
    this.rng = rng;
    this.force = force;
  }

  get size(): number {
    return this.cluster.sim.size;
  }

  get ids(): ServerId[] {
    return this.cluster.sim.servers.map(({ id }) => id);
  }

  id(at: number): ServerId {
    return this.server(at).id;
  }

  server(at: number): SimServer {
    return this.cluster.sim.server(at);
  }

  any(): number {
    return this.rng.int(0, this.size - 1);
  }

  /** Two different servers, if there are two. */
  pair(): readonly [number, number] | undefined {
    if (this.size < 2) return undefined;
    const one = this.any();
    return [one, (one + this.rng.int(1, this.size - 1)) % this.size];
  }

  /** A server whose process lives. */
  anyAlive(): number | undefined {
    const alive = this.cluster.sim.servers.flatMap(({ process }, at) => (process.alive ? [at] : []));
    return alive.length === 0 ? undefined : this.rng.pick(alive);
  }

  /** Who leads the newest term that has a leader. */
  leader(): number | undefined {
    return this.cluster.sim.leader;
  }

  /** The servers in two groups, neither of them empty. */
  halves(): readonly [number[], number[]] | undefined {
    if (this.size < 2) return undefined;
    const mixed = this.rng.shuffle(this.cluster.sim.servers.map((_, at) => at));
    const cut = this.rng.int(1, this.size - 1);
    return [mixed.slice(0, cut), mixed.slice(cut)];
  }
}

/** One of the ways in which a world goes wrong. */
export interface FaultKind {
  readonly name: string;
  /** The mean time between two strikes is drawn between these. */
  readonly everyMs: readonly [number, number];
  /** The mean duration is drawn between these; undefined for what is over at once. */
  readonly lastsMs?: readonly [number, number];
  /** The smallest cluster in which it means anything. Default: 1. */
  readonly sizeMin?: number;
  /** Does it, and gives what ends it; undefined when there was nothing to do. */
  readonly strike: (site: Site) => Undo | undefined;
}

/** What `strike` did to a leader; nothing when there is none. */
export function toLeader(site: Site, strike: (at: number) => Undo | undefined): Undo | undefined {
  const leader = site.leader();
  return leader === undefined ? undefined : strike(leader);
}

/** The element at a place that a draw gave. */
export function drawn<T>(items: readonly T[], at: number): T {
  return present(items[at], "a draw is within its list");
}
