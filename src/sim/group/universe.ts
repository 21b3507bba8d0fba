import type { Rng } from "../../base/rng.ts";
import type { TraceFields } from "../../base/trace.ts";
import type { CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import type { StateReader } from "../../rsm/state/state.ts";
import { type ClusterName, theOnlyOne } from "../cluster.ts";
import { type Ending, endingOf } from "../ending.ts";
import type { SeedResult } from "../fuzz.ts";
import { letClear, type Settled } from "../settle.ts";
import type { Life, LifeParts } from "./asking-client.ts";
import { Clients } from "./clients.ts";
import { countsOf, type GroupCounts } from "./counts.ts";
import { callerOf } from "./group-caller.ts";
import type { GroupKind } from "./group-kind.ts";
import { answeredMin, demandOrder, judge, whyUndecided } from "./judge.ts";
import type { ReferenceMachine } from "./oracle/reference.ts";
import type { Executed } from "./oracle/session-law.ts";
import type { GroupPlan } from "./plan.ts";
import { Troop } from "./troop.ts";

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
export interface GroupSeedResult extends Omit<SeedResult, "counts">, Ending {
  readonly counts: GroupCounts;
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

/** One group with clients, from its plan on: faults, healing, the check. */
export class GroupUniverse<Caller> {
  readonly #plan: GroupPlan;
  readonly #options: Pick<GroupFuzzOptions<GroupPlan>, "onTrace" | "onHistory">;
  readonly #game: Game<Caller>;
  readonly #troop: Troop;
  readonly #clients: Clients<Caller>;
  #settled: Settled | undefined;
  #check: CheckResult | undefined;

  constructor(rng: Rng, plan: GroupPlan, game: Game<Caller>, options: Pick<GroupFuzzOptions<GroupPlan>, "onTrace" | "onHistory">) {
    this.#plan = plan;
    this.#options = options;
    this.#game = game;
    const { name = theOnlyOne, kind, reference } = game;
    const { servers, replica, clients } = plan;
    this.#troop = new Troop({
      plan: { name, servers, replica },
      kind,
      reference,
      rng,
      drains: true,
      onTrace: (server, traced, fields) => options.onTrace?.(this.#troop.cluster.sim.world.now, server, traced, fields),
    });
    const { cluster, oracle, servers: ids } = this.#troop;
    this.#clients = new Clients({
      universe: cluster.sim,
      servers: ids,
      name: "c",
      plan: clients,
      begin: callerOf(kind, { called: { group: name.group, servers: ids }, session: clients.session, caller: clients.caller }),
      newLife: (parts) => game.newLife(parts),
      law: oracle.law,
      rng: rng.fork("clients"),
    });
  }

  run(): GroupSeedResult {
    const { world } = this.#troop.cluster.sim;
    return this.#result(endingOf({ world, play: () => this.#go(), whyInvalid: () => this.#whyInvalid() }));
  }

  #go(): void {
    const { cluster, nemesis } = this.#troop;
    const { world, network } = cluster.sim;
    this.#troop.start();
    this.#clients.start();
    nemesis.start();
    world.runUntil(this.#plan.servers.faultsMs);
    this.#clients.stop();
    nemesis.stop();
    network.heal();
    network.calm();
    this.#settled = this.#troop.settling(this.#clients).run(this.#plan.servers.settleMs);
    this.#clients.readAll();
    this.#finish();
  }

  /** Everything is over: the disks, the states and what clients saw are as they should be. */
  #finish(): void {
    const { cluster, oracle } = this.#troop;
    letClear(cluster.sim.world, [this.#plan.replica.member]);
    cluster.oracle.finish();
    oracle.reference.catchUp();
    this.#game.finish?.(this.#log);
    this.#check = judge((tight) => this.#history(tight));
    demandOrder(this.#check);
  }

  #history(tight: boolean): History {
    return this.#game.history(this.#log, tight);
  }

  get #log(): CommittedLog {
    const { law, reference } = this.#troop.oracle;
    return { executed: (name) => law.executed(name), state: reference.state };
  }

  #whyInvalid(): string | undefined {
    const answered = this.#clients.counts.result;
    if (answered < answeredMin) return `with ${answered} operations answered it has shown nothing`;
    return whyUndecided([this.#check]);
  }

  #result({ verdict, finding, why }: Ending): GroupSeedResult {
    this.#options.onHistory?.(this.#history(false));
    const { cluster, nemesis } = this.#troop;
    const strikes = [...nemesis.strikes, ...this.#clients.strikes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      seed: this.#plan.servers.seed,
      verdict,
      finding,
      counts: countsOf({
        universe: cluster.sim,
        troops: [this.#troop],
        clients: this.#clients.counts,
        law: this.#troop.oracle.law,
        checks: this.#check === undefined ? [] : [this.#check],
      }),
      strikes: Object.fromEntries(strikes),
      settled: this.#settled,
      stream: cluster.stream.digest,
      why,
    };
  }
}
