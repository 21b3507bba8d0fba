import type { Rng } from "../base/rng.ts";
import type { Term } from "../raft/types.ts";
import type { SimServer } from "./cluster.ts";
import { leaderOf } from "./faults/site.ts";
import type { Lives } from "./lives.ts";
import { type InvariantId, violate } from "./oracle/violation.ts";
import { serverName } from "./oracle/watched.ts";
import type { WatchedCluster } from "./watched-cluster.ts";

/** Who leads, and since when. */
export interface Reign {
  readonly leader: number;
  readonly term: Term;
}

/** A cluster with clients, on which a scenario is played. */
export class Stage {
  readonly cluster: WatchedCluster;
  readonly lives: Lives;
  readonly rng: Rng;
  /** The longest that a follower waits for a leader, by the slowest clock. */
  readonly electionMs: number;
  readonly #strikes: Map<string, number>;

  constructor(cluster: WatchedCluster, lives: Lives, rng: Rng, electionMs: number, strikes: Map<string, number>) {
    this.cluster = cluster;
    this.lives = lives;
    this.rng = rng;
    this.electionMs = electionMs;
    this.#strikes = strikes;
  }

  get size(): number {
    return this.cluster.sim.size;
  }

  get commit(): number {
    return this.cluster.oracle.ledger.commit;
  }

  /** The newest term that any server has spoken in. */
  get term(): Term {
    return this.cluster.oracle.servers.reduce((highest, { toldTerm }) => Math.max(highest, toldTerm), 0);
  }

  server(at: number): SimServer {
    return this.cluster.sim.server(at);
  }

  run(ms: number): void {
    this.cluster.sim.world.runFor(ms);
  }

  /** Notes that something was done to the cluster. */
  strike(name: string): void {
    this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + 1);
  }

  /** Servers other than `leader`, in a random order. */
  followers(leader: number): number[] {
    return this.rng.shuffle(this.cluster.sim.servers.map((_, at) => at).filter((at) => at !== leader));
  }

  /** Waits until a leader has committed something in its term, which it must within ten elections (L1). */
  reign(): Reign {
    const { world } = this.cluster.sim;
    const end = world.now + 10 * this.electionMs;
    for (;;) {
      const leader = leaderOf(this.cluster);
      const state = leader === undefined ? undefined : this.cluster.sim.member(leader)?.raft?.state;
      if (leader !== undefined && state !== undefined && this.cluster.oracle.ledger.termAt(state.commit) === state.term)
        return { leader, term: state.term };
      if (world.now >= end) violate("L1", `after ${10 * this.electionMs} ms no leader has committed anything in its term`);
      this.run(20);
    }
  }

  /** For `ms` the commit index must advance, in every single window of `windowMs`. */
  demandCommits(invariant: InvariantId, ms: number, windowMs: number, why: string): void {
    for (let passed = 0; passed < ms; passed += windowMs) {
      const before = this.commit;
      this.run(windowMs);
      if (this.commit === before) violate(invariant, `for ${windowMs} ms nothing is committed behind ${before} ${why}`);
    }
  }

  /** The same server must still lead in the same term. */
  demandReign(invariant: InvariantId, { leader, term }: Reign, why: string): void {
    const state = this.cluster.sim.member(leader)?.raft?.state;
    if (state?.role === "leader" && state.term === term && leaderOf(this.cluster) === leader) return;
    violate(invariant, `${serverName(leader)} does not lead term ${term} any more ${why}`);
  }
}
