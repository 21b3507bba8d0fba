import { Rng } from "../../base/rng.ts";
import type { TraceFields } from "../../base/trace.ts";
import { checkHistory, type CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import { memberOptions, replicaOptions } from "../../rsm/options.ts";
import { type KvOptions, kvOptions } from "../../shardkv/options.ts";
import type { Finding, SeedResult } from "../fuzz.ts";
import { kvProgram } from "../group/kv-program.ts";
import { Lives } from "../lives.ts";
import { Nemesis } from "../nemesis.ts";
import { violate, Violation } from "../oracle/violation.ts";
import { serverName } from "../oracle/watched.ts";
import { type Settled, Settling } from "../settle.ts";
import { WatchedCluster } from "../watched-cluster.ts";
import { Clients } from "./clients.ts";
import { KvOracle } from "./oracle/kv-oracle.ts";
import { drawKvPlan, type KvPlan } from "./plan.ts";

export interface KvFuzzOptions {
  /** Simulated time with faults, and at most so much to settle afterwards. */
  readonly faultsMs: number;
  readonly settleMs: number;
  /** Hears of the plan before anything runs. */
  readonly onPlan?: (plan: KvPlan) => void;
  /** Hears every trace point. */
  readonly onTrace?: (timeMs: number, server: string, name: string, fields: TraceFields | undefined) => void;
  /** Hears in the end what clients saw, as far as it came. */
  readonly onHistory?: (history: History) => void;
}

export const kvFuzzDefaults: KvFuzzOptions = Object.freeze({ faultsMs: 10_000, settleMs: 20_000 });

/** What became of a seed, and what its clients saw. */
export interface KvSeedResult extends Omit<SeedResult, "counts"> {
  readonly counts: KvCounts;
  /** Why the seed is invalid. */
  readonly why: string | undefined;
}

/** How often that has happened which a seed is for. */
export interface KvCounts {
  readonly simulatedMs: number;
  readonly events: number;
  readonly packets: number;
  readonly servers: number;
  readonly terms: number;
  readonly restarts: number;
  readonly committed: number;
  readonly snapshots: number;
  /** States that were held against the reference, and those of them that had come as a snapshot. */
  readonly states: number;
  readonly installed: number;
  readonly operations: number;
  readonly answered: number;
  readonly reads: number;
  readonly pages: number;
  readonly lost: number;
  readonly refused: number;
  readonly unknown: number;
  /** Conditions that were met. */
  readonly done: number;
  readonly retries: number;
  /** Calls that reached a server twice. */
  readonly doubled: number;
  /** Requests that were executed, and those that had been before. */
  readonly executed: number;
  readonly repeated: number;
  readonly stale: number;
  readonly expired: number;
  readonly full: number;
  /** Sessions that were dropped. */
  readonly dropped: number;
  /** What the checker judged, in how many steps. */
  readonly checked: number;
  readonly steps: number;
}

/** With fewer operations answered a seed has shown nothing. */
const answeredMin = 10;

/** What the checker may cost: a history of a seed takes a few thousand steps. */
const stepsMax = 300_000;

/** Runs one universe with clients: the plan, its faults, the healing, the check; and says what became of it. */
export function runKvSeed(seed: string | number, given: Partial<KvFuzzOptions> = {}): KvSeedResult {
  return new KvUniverse(String(seed), { ...kvFuzzDefaults, ...given }).run();
}

class KvUniverse {
  readonly #plan: KvPlan;
  readonly #options: KvFuzzOptions;
  readonly #kv: KvOptions;
  readonly #cluster: WatchedCluster;
  readonly #oracle: KvOracle;
  readonly #clients: Clients;
  readonly #lives: Lives;
  readonly #nemesis: Nemesis;
  #snapshots = 0;
  #settled: Settled | undefined;
  #check: CheckResult | undefined;

  constructor(seed: string, options: KvFuzzOptions) {
    const rng = new Rng(seed);
    this.#plan = drawKvPlan(seed, rng.fork("plan"), options);
    options.onPlan?.(this.#plan);
    this.#options = options;
    const { servers, replica, kv, clients } = this.#plan;
    this.#kv = kvOptions(kv);
    const { size, disk, process, link } = servers;
    this.#cluster = new WatchedCluster(
      rng.fork("cluster"),
      {
        size,
        disk,
        process,
        network: { link },
        member: replica.member ?? {},
        program: kvProgram(replicaOptions(replica), this.#kv, (at, started) => this.#oracle.watch(at, started)),
      },
      {
        started: (at) => this.#oracle.started(at),
        diskFailed: (at) => this.#lives.reviveLater(at),
        trace: (at, name, fields) => this.#traced(at, name, fields),
        clientPacket: (from, to, packet) => this.#oracle.sent(from, to, packet),
      },
    );
    this.#oracle = new KvOracle(this.#cluster, this.#kv);
    this.#lives = new Lives(this.#cluster, servers.lives, rng.fork("lives"));
    this.#nemesis = new Nemesis(this.#cluster, this.#lives, servers, rng.fork("nemesis"));
    const { law } = this.#oracle;
    this.#clients = new Clients({ cluster: this.#cluster, plan: clients, kv: this.#kv, law, rng: rng.fork("clients") });
    const starts = rng.fork("starts");
    for (let at = 0; at < size; at += 1) {
      this.#cluster.sim.world.post(starts.between(0, servers.staggerMs), () => {
        if (!this.#cluster.sim.server(at).process.alive) this.#cluster.sim.start(at);
      });
    }
  }

  #history(tight: boolean): History {
    return this.#clients.recording.history((name) => this.#oracle.law.executed(name), tight);
  }

  /** What clients saw is judged as they saw it; where many have asked at once, which can take for ever, more strictly. */
  #judge(): CheckResult {
    const result = checkHistory(this.#history(false), { stepsMax });
    return result.verdict === "undecided" ? checkHistory(this.#history(true), { stepsMax }) : result;
  }

  run(): KvSeedResult {
    try {
      this.#go();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#result("broken", error, undefined);
    }
    const why = this.#whyInvalid();
    return this.#result(why === undefined ? "ok" : "invalid", undefined, why);
  }

  #go(): void {
    const { world } = this.#cluster.sim;
    this.#clients.start();
    this.#nemesis.start();
    world.runUntil(this.#plan.servers.faultsMs);
    this.#clients.stop();
    this.#nemesis.stop();
    this.#settled = new Settling(this.#cluster, this.#lives, this.#clients, this.#electionMs).run(this.#plan.servers.settleMs);
    this.#clients.readAll();
    this.#finish();
  }

  /** Everything is over: the disks, the states and what clients saw are as they should be. */
  #finish(): void {
    const { sim, oracle } = this.#cluster;
    const { snapshotIdleMs } = memberOptions(this.#plan.replica.member);
    // What is left of a snapshot that nobody continues is found by a timer, by a slow clock perhaps, and then cleared little by little.
    sim.world.runFor(2 * snapshotIdleMs + clearingMs);
    oracle.finish();
    this.#check = this.#judge();
    if (this.#check.verdict === "not linearizable")
      violate("LIN", `no order explains what clients saw of ${JSON.stringify(this.#check.failure?.key)}`);
  }

  get #electionMs(): number {
    const { raft, tickMs } = memberOptions(this.#plan.replica.member);
    return (2 * raft.electionTicks * tickMs) / (this.#plan.servers.process.rateMin ?? 0.9);
  }

  #whyInvalid(): string | undefined {
    const answered = this.#clients.counts.result;
    if (answered < answeredMin) return `with ${answered} operations answered it has shown nothing`;
    return this.#check?.verdict === "linearizable" ? undefined : `its history was not decided in ${stepsMax} steps`;
  }

  #traced(at: number, name: string, fields: TraceFields | undefined): void {
    if (name === "snapshot: sent") this.#snapshots += 1;
    this.#options.onTrace?.(this.#cluster.sim.world.now, serverName(at), name, fields);
  }

  #result(verdict: KvSeedResult["verdict"], violation: Violation | undefined, why: string | undefined): KvSeedResult {
    const { sim, stream } = this.#cluster;
    this.#options.onHistory?.(this.#history(false));
    const strikes = [...this.#nemesis.strikes, ...this.#clients.strikes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      seed: this.#plan.servers.seed,
      verdict,
      finding: violation && finding(violation, sim.world.now),
      counts: this.#counts(),
      strikes: Object.fromEntries(strikes),
      settled: this.#settled,
      stream: stream.digest,
      why,
    };
  }

  #counts(): KvCounts {
    const { sim, oracle } = this.#cluster;
    const { law, calls, states } = this.#oracle;
    const { called, result, ...ends } = this.#clients.counts;
    const { executed, repeated, stale, expired, full, dropped } = law.counts;
    return {
      simulatedMs: sim.world.now,
      events: sim.world.events,
      packets: sim.network.counters().packetsSent,
      servers: sim.size,
      terms: oracle.servers.reduce((highest, { disk }) => Math.max(highest, disk.term), 0),
      restarts: this.#lives.restarts,
      committed: oracle.ledger.commit,
      snapshots: this.#snapshots,
      states: states.checked,
      installed: states.installed,
      operations: called,
      answered: result,
      ...ends,
      retries: calls.counts.retries,
      doubled: calls.counts.doubled,
      executed,
      repeated,
      stale,
      expired,
      full,
      dropped,
      checked: this.#check?.operations ?? 0,
      steps: this.#check?.steps ?? 0,
    };
  }
}

/** Within so much time the rows of an abandoned snapshot are deleted. */
const clearingMs = 2000;

function finding({ invariant, message, cause }: Violation, atMs: number): Finding {
  return { invariant, sentence: message, atMs, stack: cause instanceof Error ? cause.stack : undefined };
}
