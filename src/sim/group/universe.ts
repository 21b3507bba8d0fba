import type { Rng } from "../../base/rng.ts";
import type { TraceFields } from "../../base/trace.ts";
import { checkHistory, type CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import { memberOptions } from "../../rsm/options.ts";
import type { StateReader } from "../../rsm/state/state.ts";
import type { ClusterName } from "../cluster.ts";
import type { Finding, SeedResult } from "../fuzz.ts";
import { Lives } from "../lives.ts";
import { Nemesis } from "../nemesis.ts";
import { violate, Violation } from "../oracle/violation.ts";
import { type Settled, Settling } from "../settle.ts";
import { WatchedCluster } from "../watched-cluster.ts";
import type { Life, LifeParts } from "./asking-client.ts";
import { Clients } from "./clients.ts";
import { callerOf } from "./group-caller.ts";
import { countsOf, type GroupCounts } from "./counts.ts";
import { type AnyReplica, type GroupKind, groupProgram } from "./group-kind.ts";
import { GroupOracle } from "./oracle/group-oracle.ts";
import type { ReferenceMachine } from "./oracle/reference.ts";
import type { Executed } from "./oracle/session-law.ts";
import type { GroupPlan } from "./plan.ts";

/** How the seed of a group is run. */
export interface GroupFuzzOptions<Plan extends GroupPlan> {
  /** Simulated time with faults, and at most so much to settle afterwards. */
  readonly faultsMs: number;
  readonly settleMs: number;
  /** Hears of the plan before anything runs. */
  readonly onPlan?: (plan: Plan) => void;
  /** Hears every trace point. */
  readonly onTrace?: (timeMs: number, server: string, name: string, fields: TraceFields | undefined) => void;
  /** Hears in the end what clients saw, as far as it came. */
  readonly onHistory?: (history: History) => void;
}

export const groupFuzzDefaults: { readonly faultsMs: number; readonly settleMs: number } = Object.freeze({
  faultsMs: 10_000,
  settleMs: 20_000,
});

/** What became of a seed, and what its clients saw. */
export interface GroupSeedResult extends Omit<SeedResult, "counts"> {
  readonly counts: GroupCounts;
  /** Why the seed is invalid. */
  readonly why: string | undefined;
}

/** What the log of a group has come to. */
export interface CommittedLog {
  /** What became of a request. */
  readonly executed: (name: string) => Executed | undefined;
  /** The rows of everything that was committed. */
  readonly state: StateReader;
}

/** What is particular to a kind of group in a universe. */
export interface Game<Caller> {
  /** Which group it is, where it is not the one that a cluster alone is. */
  readonly name?: ClusterName;
  readonly kind: GroupKind<Caller>;
  /** What its replicas run, for the reference. */
  readonly reference: ReferenceMachine;
  /** A client begins a life. */
  newLife(parts: LifeParts<Caller>): Life;
  /** What clients saw: see `RecordedCalls`. */
  history(log: CommittedLog, tight: boolean): History;
  /** Everything is over: judges what has come of it besides. */
  finish?(log: CommittedLog): void;
}

/** With fewer operations answered a seed has shown nothing. */
const answeredMin = 10;

/** What the checker may cost: a history of a seed takes a few thousand steps. */
const stepsMax = 300_000;

/** Within so much time the rows of an abandoned snapshot are deleted. */
const clearingMs = 2000;

/** One group with clients, from its plan on: faults, healing, the check. */
export class GroupUniverse<Caller> {
  readonly #plan: GroupPlan;
  readonly #options: Pick<GroupFuzzOptions<GroupPlan>, "onTrace" | "onHistory">;
  readonly #game: Game<Caller>;
  readonly #cluster: WatchedCluster;
  readonly #oracle: GroupOracle;
  readonly #clients: Clients<Caller>;
  readonly #lives: Lives;
  readonly #nemesis: Nemesis;
  #snapshots = 0;
  #settled: Settled | undefined;
  #check: CheckResult | undefined;

  constructor(rng: Rng, plan: GroupPlan, game: Game<Caller>, options: Pick<GroupFuzzOptions<GroupPlan>, "onTrace" | "onHistory">) {
    this.#plan = plan;
    this.#options = options;
    this.#game = game;
    const { servers, replica, clients } = plan;
    const { size, disk, process, link } = servers;
    this.#cluster = new WatchedCluster(
      rng.fork("cluster"),
      {
        size,
        ...(game.name === undefined ? {} : { name: game.name }),
        disk,
        process,
        network: { link },
        member: replica.member ?? {},
        program: groupProgram(game.kind, (at, started) => this.#began(at, started)),
      },
      {
        started: (at) => this.#oracle.started(at),
        diskFailed: (at) => this.#lives.reviveLater(at),
        trace: (at, name, fields) => this.#traced(at, name, fields),
        clientPacket: (from, to, packet) => this.#oracle.sent(from, to, packet),
      },
    );
    this.#oracle = new GroupOracle(this.#cluster, game.reference);
    this.#lives = new Lives(this.#cluster, servers.lives, rng.fork("lives"));
    this.#nemesis = new Nemesis(this.#cluster, this.#lives, servers, rng.fork("nemesis"));
    const { sim } = this.#cluster;
    const ids = sim.servers.map(({ id }) => id);
    const called = { group: sim.name.group, servers: ids };
    this.#clients = new Clients({
      universe: sim,
      servers: ids,
      name: "c",
      plan: clients,
      begin: callerOf(game.kind, { called, session: clients.session, caller: clients.caller }),
      newLife: (parts) => game.newLife(parts),
      law: this.#oracle.law,
      rng: rng.fork("clients"),
    });
    this.#startServers(rng.fork("starts"));
  }
  #startServers(rng: Rng): void {
    const { size, staggerMs } = this.#plan.servers;
    const { sim } = this.#cluster;
    for (let at = 0; at < size; at += 1) {
      sim.world.post(rng.between(0, staggerMs), () => {
        if (!sim.server(at).process.alive) sim.start(at);
      });
    }
  }

  run(): GroupSeedResult {
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
    this.#cluster.sim.network.heal();
    this.#cluster.sim.network.calm();
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
    this.#oracle.reference.catchUp();
    this.#game.finish?.(this.#log);
    this.#check = this.#judge();
    if (this.#check.verdict === "not linearizable")
      violate("LIN", `no order explains what clients saw of ${JSON.stringify(this.#check.failure?.key)}`);
  }

  #history(tight: boolean): History {
    return this.#game.history(this.#log, tight);
  }

  get #log(): CommittedLog {
    const { law, reference } = this.#oracle;
    return { executed: (name) => law.executed(name), state: reference.state };
  }

  /** What clients saw is judged as they saw it; where many have asked at once, which can take for ever, more strictly. */
  #judge(): CheckResult {
    const result = checkHistory(this.#history(false), { stepsMax });
    return result.verdict === "undecided" ? checkHistory(this.#history(true), { stepsMax }) : result;
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

  #began(at: number, replica: AnyReplica): void {
    this.#oracle.watch(at, replica);
    this.#cluster.sim.server(at).drain = (done) => replica.drain(done);
  }

  #traced(at: number, name: string, fields: TraceFields | undefined): void {
    if (name === "snapshot: sent") this.#snapshots += 1;
    const { world } = this.#cluster.sim;
    this.#options.onTrace?.(world.now, this.#cluster.sim.server(at).id, name, fields);
  }

  #result(verdict: SeedResult["verdict"], violation: Violation | undefined, why: string | undefined): GroupSeedResult {
    this.#options.onHistory?.(this.#history(false));
    const { sim, stream } = this.#cluster;
    const strikes = [...this.#nemesis.strikes, ...this.#clients.strikes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      seed: this.#plan.servers.seed,
      verdict,
      finding: violation && finding(violation, sim.world.now),
      counts: countsOf({
        cluster: this.#cluster,
        oracle: this.#oracle,
        clients: this.#clients.counts,
        restarts: this.#lives.restarts,
        snapshots: this.#snapshots,
        check: this.#check,
      }),
      strikes: Object.fromEntries(strikes),
      settled: this.#settled,
      stream: stream.digest,
      why,
    };
  }
}

function finding({ invariant, message, cause }: Violation, atMs: number): Finding {
  return { invariant, sentence: message, atMs, stack: cause instanceof Error ? cause.stack : undefined };
}
