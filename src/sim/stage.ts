import type { Rng } from "../base/rng.ts";
import type { Term } from "../raft/types.ts";
import type { SimServer } from "./cluster.ts";
import type { Lives } from "./lives.ts";
import { type InvariantId, violate } from "./oracle/violation.ts";
import { serverName } from "./oracle/watched.ts";
import type { WatchedCluster } from "./watched-cluster.ts";
import type { Workload } from "./workload.ts";

/** Who leads, and since when. */
export interface Reign {
  readonly leader: number;
  readonly term: Term;
}

export interface StageParts {
  readonly cluster: WatchedCluster;
  readonly lives: Lives;
  readonly rng: Rng;
  readonly electionMs: number;
  readonly workload: Workload;
  /** Where it is noted what was done to the cluster. */
  readonly strikes: Map<string, number>;
}

/** A cluster with clients, on which a scenario is played. */
export class Stage {
  readonly cluster: WatchedCluster;
  readonly lives: Lives;
  readonly rng: Rng;
  /** The longest that a follower waits for a leader, by the slowest clock. */
  readonly electionMs: number;
  readonly #workload: Workload;
  readonly #strikes: Map<string, number>;

  constructor({ cluster, lives, rng, electionMs, workload, strikes }: StageParts) {
    this.cluster = cluster;
    this.lives = lives;
    this.rng = rng;
    this.electionMs = electionMs;
    this.#workload = workload;
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

  /** After some traffic the clients ask for nothing any more, so that soon everybody's log is the same. */
  quiet(): void {
    this.run(1000);
    this.#workload.stop();
    this.run(500);
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
      const leader = this.cluster.sim.leader;
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
    if (state?.role === "leader" && state.term === term && this.cluster.sim.leader === leader) return;
    violate(invariant, `${serverName(leader)} does not lead term ${term} any more ${why}`);
  }
}
