import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { TraceFields } from "../../base/trace.ts";
import type { CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import type { MasterCaller } from "../../client/master-caller.ts";
import { kvOptions } from "../../shardkv/options.ts";
import { decodeResult } from "../../shardkv/results.ts";
import { decodeConfig } from "../../shardmaster/config-bytes.ts";
import type { Config } from "../../shardmaster/config.ts";
import { configBytes, latestOf } from "../../shardmaster/history.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import { type Ending, endingOf } from "../ending.ts";
import type { SeedResult } from "../fuzz.ts";
import { Clients } from "../group/clients.ts";
import { callerOf } from "../group/group-caller.ts";
import { answeredMin, demandOrder, judge, whyUndecided } from "../group/judge.ts";
import { SessionLaw } from "../group/oracle/session-law.ts";
import { Troop } from "../group/troop.ts";
import { KvLife, type KvOutcomeCounts, type StoreCaller } from "../kv/kv-life.ts";
import { Recording } from "../kv/recording.ts";
import { type AdminCounts, AdminLife } from "../master/admin-life.ts";
import { ConfigLaw } from "../master/config-law.ts";
import { masterGroup } from "../master/master-group.ts";
import { MasterRecording } from "../master/recording.ts";
import { letClear, type Settled } from "../settle.ts";
import { newUniverse, type Universe } from "../universe.ts";
import { Between } from "./between.ts";
import { type ShardedCounts, shardedCountsOf } from "./counts.ts";
import { ClusterSettling } from "./cluster-settling.ts";
import { ShardLaw } from "./oracle/shard-law.ts";
import { nameOf, type ShardedPlan } from "./plan.ts";
import { routedCaller } from "./routed-client.ts";
import { shardedGroup, shardedMachine } from "./sharded-group.ts";
import { StormWishes } from "./storm.ts";

export interface ShardedOptions {
  /** Hears every trace point. */
  readonly onTrace?: (timeMs: number, server: string, name: string, fields: TraceFields | undefined) => void;
  /** Hears in the end what clients saw, as far as it came. */
  readonly onHistory?: (history: History) => void;
}

/** What became of a seed. It holds nothing that two runs could differ in. */
export interface ShardedSeedResult extends Omit<SeedResult, "counts">, Ending {
  readonly counts: ShardedCounts;
}

/** A storm in which too little was answered goes on, so many times as long in all: a first configuration may take its time. */
const stormsMax = 4;

/** A whole cluster with clients and administrators, from its plan on: faults and a storm, healing, the check. */
export class ShardedUniverse {
  readonly #plan: ShardedPlan;
  readonly #options: ShardedOptions;
  readonly #universe: Universe;
  readonly #masters: Troop;
  readonly #groups: readonly Troop[];
  readonly #between: Between;
  readonly #configs = new ConfigLaw();
  /** Of all groups: sessions go with their shards. */
  readonly #law: SessionLaw;
  readonly #shardLaw: ShardLaw;
  readonly #recording = new Recording();
  readonly #adminRecording = new MasterRecording((result) => this.#configs.isPremature(result));
  readonly #clients: Clients<StoreCaller>;
  readonly #admins: Clients<MasterCaller>;
  readonly #seen: KvOutcomeCounts & AdminCounts = { done: 0, pages: 0, made: 0, unchanged: 0, latest: 0 };
  #answered = 0;
  #settled: Settled | undefined;
  #checks: readonly CheckResult[] = [];

  constructor(rng: Rng, plan: ShardedPlan, options: ShardedOptions) {
    const { masters, groups, between } = plan;
    this.#plan = plan;
    this.#options = options;
    this.#universe = newUniverse(rng.fork("world"), { link: masters.servers.link });
    this.#law = new SessionLaw(() => this.#universe.world.now);
    this.#masters = this.#newMasters(rng.fork("masters"));
    this.#shardLaw = this.#newLaw();
    this.#groups = groups.map((_, at) => this.#newGroup(at, rng.fork(`group ${at}`)));
    const clusters = this.#troops.map(({ cluster }) => cluster.sim);
    this.#between = new Between(this.#universe, clusters, between, rng.fork("between"));
    this.#clients = this.#newClients(rng.fork("clients"));
    this.#admins = this.#newAdmins(rng.fork("admins"));
    this.#universe.world.afterEvent(() => {
      for (const { oracle } of this.#troops) oracle.reference.catchUp();
    });
  }

  get #troops(): readonly Troop[] {
    return [this.#masters, ...this.#groups];
  }

  #newMasters(rng: Rng): Troop {
    const { masters, shape } = this.#plan;
    return new Troop({
      universe: this.#universe,
      plan: masters,
      kind: masterGroup(masters.replica, shape),
      reference: { ...this.#configs.watched(), name: "shardmaster" },
      rng,
      drains: false,
      onTrace: (server, name, fields) => this.#traced(server, name, fields),
    });
  }

  #newGroup(at: number, rng: Rng): Troop {
    const { groups, kv, shape } = this.#plan;
    const plan = groups[at] as ShardedPlan["groups"][number];
    return new Troop({
      universe: this.#universe,
      plan,
      kind: shardedGroup(plan.replica, kv, this.#masters.servers),
      reference: {
        machine: shardedMachine(plan.name, kv, shape),
        isRefusal: (result) => !decodeResult(result).ok,
        onApplied: (entry) => this.#shardLaw.applied(at, entry),
        onRead: (query, asked) => this.#shardLaw.read(at, query, asked),
        name: nameOf(plan.name),
      },
      law: this.#law,
      rng,
      drains: false,
      onTrace: (server, name, fields) => this.#traced(server, name, fields),
    });
  }

  #newLaw(): ShardLaw {
    const { groups, kv, shape } = this.#plan;
    const book = new Map<number, Config>();
    const configAt = (number: number): Config | undefined => {
      const config = book.get(number) ?? this.#configAt(number);
      if (config !== undefined) book.set(number, config);
      return config;
    };
    return new ShardLaw({
      groups: groups.map(({ name }, at) => ({
        name: { gid: name.group, creation: name.creation },
        text: nameOf(name),
        state: () => present(this.#groups[at], "a group has a place").oracle.reference.state,
      })),
      shardOf: partitioner(shape.partitioner, shape.shards),
      options: kvOptions({ ...kv, ...shape }),
      configAt,
    });
  }

  #configAt(number: number): Config | undefined {
    const { state } = this.#masters.oracle.reference;
    const latest = latestOf(state);
    return latest === undefined || latest.number < number ? undefined : decodeConfig(configBytes(state, latest, number));
  }

  #newClients(rng: Rng): Clients<StoreCaller> {
    const { clients: plan } = this.#plan;
    const parts = { plan, recording: this.#recording, counts: this.#seen };
    return new Clients({
      universe: this.#universe,
      servers: this.#troops.flatMap(({ servers }) => servers),
      name: "c",
      plan,
      begin: routedCaller(this.#masters.servers, plan),
      newLife: (own) => new KvLife(own, parts),
      law: this.#law,
      rng,
    });
  }

  #newAdmins(rng: Rng): Clients<MasterCaller> {
    const { storm: plan, shape, last, masters } = this.#plan;
    const { servers } = this.#masters;
    const called = { group: masters.name.group, servers };
    const groups = this.#groups.map(({ group }) => group);
    const wishes = (own: Rng): StormWishes => new StormWishes({ plan, shards: shape.shards, groups, last }, own);
    return new Clients({
      universe: this.#universe,
      servers,
      name: "a",
      plan,
      begin: callerOf(masterGroup(masters.replica, shape), { called, session: plan.session, caller: plan.caller }),
      newLife: (own) => new AdminLife(own, { wishes, recording: this.#adminRecording, counts: this.#seen }),
      law: this.#masters.oracle.law,
      rng,
    });
  }

  run(): ShardedSeedResult {
    return this.#result(endingOf({ world: this.#universe.world, play: () => this.#go(), whyInvalid: () => this.#whyInvalid() }));
  }

  #go(): void {
    const { world, network } = this.#universe;
    for (const troop of this.#troops) {
      troop.start();
      troop.nemesis.start();
    }
    this.#clients.start();
    this.#admins.start();
    this.#between.start();
    for (let storms = 1; storms <= stormsMax && this.#answered < answeredMin; storms += 1) {
      world.runUntil(storms * this.#plan.faultsMs);
      this.#answered = this.#clients.counts.result;
    }
    this.#clients.stop();
    this.#admins.stop();
    this.#between.stop();
    for (const { nemesis } of this.#troops) nemesis.stop();
    network.heal();
    network.calm();
    const settling = new ClusterSettling({
      world,
      masters: this.#masters,
      groups: this.#groups,
      clients: this.#clients,
      admins: this.#admins,
      shards: this.#plan.shape.shards,
    });
    this.#settled = settling.run(this.#plan.settleMs);
    this.#clients.readAll();
    this.#admins.readAll();
    this.#finish();
  }

  /** Everything is over: the disks, the states and what clients saw are as they should be. */
  #finish(): void {
    letClear(
      this.#universe.world,
      this.#troops.map(({ plan }) => plan.replica.member),
    );
    for (const { cluster, oracle } of this.#troops) {
      cluster.oracle.finish();
      oracle.reference.catchUp();
    }
    this.#configs.finish(this.#masters.oracle.reference.state);
    this.#checks = [judge((tight) => this.#history(tight)), judge((tight) => this.#adminHistory(tight))];
    for (const check of this.#checks) demandOrder(check);
  }

  #history(tight: boolean): History {
    return this.#recording.history((name) => this.#law.executed(name), tight);
  }

  #adminHistory(tight: boolean): History {
    const { law, reference } = this.#masters.oracle;
    return this.#adminRecording.history({ executed: (name) => law.executed(name), state: reference.state }, tight);
  }

  #whyInvalid(): string | undefined {
    if (this.#answered < answeredMin) return `with ${this.#answered} operations answered amid the storm it has shown nothing`;
    return whyUndecided(this.#checks);
  }

  #traced(server: string, name: string, fields: TraceFields | undefined): void {
    this.#options.onTrace?.(this.#universe.world.now, server, name, fields);
  }

  #result({ verdict, finding, why }: Ending): ShardedSeedResult {
    this.#options.onHistory?.(this.#history(false));
    return {
      seed: this.#plan.seed,
      verdict,
      finding,
      counts: shardedCountsOf({
        universe: this.#universe,
        troops: this.#troops,
        groups: this.#groups.length,
        clients: this.#clients.counts,
        law: this.#law,
        shards: this.#shardLaw.counts,
        seen: this.#seen,
        checks: this.#checks,
      }),
      strikes: this.#strikes(),
      settled: this.#settled,
      stream: this.#troops.map(({ cluster }) => cluster.stream.digest).join("-"),
      why,
    };
  }

  #strikes(): Record<string, number> {
    const strikes: Record<string, number> = {};
    const all = [this.#clients, this.#admins, this.#between, ...this.#troops.map(({ nemesis }) => nemesis)];
    for (const { strikes: own } of all) for (const [name, times] of own) strikes[name] = (strikes[name] ?? 0) + times;
    return Object.fromEntries(Object.entries(strikes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}
