import { Rng } from "../base/rng.ts";
import type { TraceFields } from "../base/trace.ts";
import type { DiskOptions } from "./disk/disk.ts";
import { type Ending, endingOf } from "./ending.ts";
import { Lives } from "./lives.ts";
import { Nemesis } from "./nemesis.ts";
import { violate } from "./oracle/violation.ts";
import { serverName } from "./oracle/watched.ts";
import { drawPlan, type Plan, scenarioPlan } from "./plan.ts";
import { type Scenario, scenarioNamed } from "./scenarios.ts";
import { electionMsOf, letClear, type Settled, Settling } from "./settle.ts";
import { Stage } from "./stage.ts";
import { WatchedCluster } from "./watched-cluster.ts";
import { Workload } from "./workload.ts";

export interface FuzzOptions {
  /** Simulated time with faults, and at most so much to settle afterwards. */
  readonly faultsMs: number;
  readonly settleMs: number;
  /** Hears of the plan before anything runs. */
  readonly onPlan?: (plan: Plan) => void;
  /** Hears every trace point. */
  readonly onTrace?: (timeMs: number, server: string, name: string, fields: TraceFields | undefined) => void;
  /** Plays this scenario instead of the faults that the seed draws. */
  readonly scenario?: string;
  /** Settings of all disks that no seed draws: mutants. */
  readonly disk?: Partial<DiskOptions>;
}

export const fuzzDefaults: FuzzOptions = Object.freeze({ faultsMs: 20_000, settleMs: 20_000 });

/** What became of a seed. It holds nothing that two runs could differ in. */
export interface SeedResult extends Pick<Ending, "verdict" | "finding"> {
  readonly seed: string;
  readonly counts: SeedCounts;
  /** How often each kind of fault struck. */
  readonly strikes: Readonly<Record<string, number>>;
  readonly settled: Settled | undefined;
  /** Over everything that happened: two runs of a seed have the same (R27). */
  readonly stream: string;
}

export interface SeedCounts {
  readonly simulatedMs: number;
  readonly events: number;
  readonly packets: number;
  readonly servers: number;
  readonly proposed: number;
  readonly committed: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly terms: number;
  readonly restarts: number;
  readonly snapshots: number;
  readonly reopened: number;
}

/** With fewer commands committed a seed has shown nothing. */
const committedMin = 10;

/** Runs one universe: the plan, its faults, the healing; and says what became of it. */
export function runSeed(seed: string | number, given: Partial<FuzzOptions> = {}): SeedResult {
  return new Universe(String(seed), { ...fuzzDefaults, ...given }).run();
}

class Universe {
  readonly #plan: Plan;
  readonly #options: FuzzOptions;
  readonly #cluster: WatchedCluster;
  readonly #workload: Workload;
  readonly #lives: Lives;
  readonly #nemesis: Nemesis;
  readonly #scenario: Scenario | undefined;
  readonly #rng: Rng;
  /** What a scenario has done. */
  readonly #staged = new Map<string, number>();
  #snapshots = 0;
  #settled: Settled | undefined;

  constructor(seed: string, options: FuzzOptions) {
    const rng = new Rng(seed);
    this.#scenario = options.scenario === undefined ? undefined : scenarioNamed(options.scenario);
    const drawn = drawPlan(seed, rng.fork("plan"), options);
    const plan = this.#scenario === undefined ? drawn : scenarioPlan(drawn, this.#scenario, rng.fork("scenario"));
    options.onPlan?.(plan);
    this.#rng = rng;
    this.#plan = plan;
    this.#options = options;
    this.#workload = new Workload(() => this.#cluster, plan.size, plan.workload, rng.fork("workload"));
    const { size, member, disk, process, link } = plan;
    this.#cluster = new WatchedCluster(
      rng.fork("cluster"),
      { size, member, disk: { ...disk, ...options.disk }, process, network: { link } },
      {
        started: (at) => this.#workload.restarted(at),
        applied: (at, entry) => this.#workload.applied(at, entry),
        readEnded: (at, context) => this.#workload.readEnded(at, context),
        diskFailed: (at) => this.#lives.reviveLater(at),
        trace: (at, name, fields) => this.#traced(at, name, fields),
      },
    );
    this.#lives = new Lives(this.#cluster, plan.lives, rng.fork("lives"));
    this.#nemesis = new Nemesis(this.#cluster, this.#lives, plan, rng.fork("nemesis"));
    this.#cluster.sim.startWithin(plan.staggerMs, rng.fork("starts"));
  }

  run(): SeedResult {
    return this.#result(endingOf({ world: this.#cluster.sim.world, play: () => this.#go(), whyInvalid: () => this.#whyInvalid() }));
  }

  #go(): void {
    const { world } = this.#cluster.sim;
    this.#workload.start();
    this.#nemesis.start();
    const electionMs = electionMsOf(this.#plan.member, this.#plan.process);
    if (this.#scenario === undefined) world.runUntil(this.#plan.faultsMs);
    else this.#play(this.#scenario, electionMs);
    this.#workload.stop();
    this.#nemesis.stop();
    this.#cluster.sim.network.heal();
    this.#cluster.sim.network.calm();
    this.#settled = new Settling(this.#cluster, this.#lives, this.#workload, electionMs).run(this.#plan.settleMs);
    letClear(world, [this.#plan.member]);
    this.#cluster.oracle.finish();
    this.#checkStates();
  }

  #play(scenario: Scenario, electionMs: number): void {
    this.#cluster.sim.world.runFor(this.#plan.staggerMs);
    const rng = this.#rng.fork("stage");
    scenario.play(
      new Stage({ cluster: this.#cluster, lives: this.#lives, rng, electionMs, workload: this.#workload, strikes: this.#staged }),
    );
  }

  /** Every server's state is what was committed, and what was acknowledged is in there (L3, R5). */
  #checkStates(): void {
    const { sim, oracle } = this.#cluster;
    for (const [at, { member }] of sim.servers.entries()) {
      if (!this.#lives.isLost(at) && member !== undefined) this.#cluster.checkState(at);
    }
    for (const { number, index } of this.#workload.acknowledged) {
      if (this.#workload.placeOf(number) !== index || index > oracle.ledger.commit)
        violate("R5", `command ${number} was acknowledged at ${index}, and is not there in the end`);
    }
  }

  #whyInvalid(): string | undefined {
    const { commit } = this.#cluster.oracle.ledger;
    return commit < committedMin ? `with ${commit} commands committed it has shown nothing` : undefined;
  }

  #traced(at: number, name: string, fields: TraceFields | undefined): void {
    if (name === "raft: role" && fields?.["to"] === "leader") this.#workload.elected(at);
    if (name === "snapshot: sent") this.#snapshots += 1;
    this.#options.onTrace?.(this.#cluster.sim.world.now, serverName(at), name, fields);
  }

  #result({ verdict, finding }: Ending): SeedResult {
    const { sim, oracle, stream } = this.#cluster;
    return {
      seed: this.#plan.seed,
      verdict,
      finding,
      counts: {
        simulatedMs: sim.world.now,
        events: sim.world.events,
        packets: sim.network.counters().packetsSent,
        servers: this.#plan.size,
        proposed: this.#workload.proposed,
        committed: oracle.ledger.commit,
        acknowledged: this.#workload.acknowledged.length,
        reads: oracle.reads.answered,
        terms: oracle.servers.reduce((highest, { disk }) => Math.max(highest, disk.term), 0),
        restarts: this.#lives.restarts,
        snapshots: this.#snapshots,
        reopened: oracle.reopening.samples,
      },
      strikes: Object.fromEntries([...this.#nemesis.strikes, ...this.#staged].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      settled: this.#settled,
      stream: stream.digest,
    };
  }
}
