import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { TraceFields } from "../../base/trace.ts";
import { checkHistory, type CheckResult } from "../../check/check.ts";
import type { History } from "../../check/history.ts";
import type { MasterCaller } from "../../client/master-caller.ts";
import { memberOptions } from "../../rsm/options.ts";
import { kvOptions } from "../../shardkv/options.ts";
import { decodeResult } from "../../shardkv/results.ts";
import { decodeConfig } from "../../shardmaster/config-bytes.ts";
import type { Config } from "../../shardmaster/config.ts";
import { configBytes, latestOf } from "../../shardmaster/history.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import type { Finding } from "../fuzz.ts";
import { Clients } from "../group/clients.ts";
import { callerOf } from "../group/group-caller.ts";
import { SessionLaw } from "../group/oracle/session-law.ts";
import { KvLife, type KvOutcomeCounts, type StoreCaller } from "../kv/kv-life.ts";
import { Recording } from "../kv/recording.ts";
import { type AdminCounts, AdminLife } from "../master/admin-life.ts";
import { ConfigLaw } from "../master/config-law.ts";
import { masterGroup } from "../master/master-group.ts";
import { MasterRecording } from "../master/recording.ts";
import { violate, Violation } from "../oracle/violation.ts";
import type { Settled } from "../settle.ts";
import { newUniverse, type Universe } from "../universe.ts";
import { Between } from "./between.ts";
import { countsOf, type ShardedCounts } from "./counts.ts";
import { ClusterSettling } from "./cluster-settling.ts";
import { ShardLaw } from "./oracle/shard-law.ts";
import { nameOf, type ShardedPlan } from "./plan.ts";
import { routedCaller } from "./routed-client.ts";
import { shardedGroup, shardedMachine } from "./sharded-group.ts";
import { StormWishes } from "./storm.ts";
import { Troop } from "./troop.ts";

export interface ShardedOptions {
  /** Hears every trace point. */
  readonly onTrace?: (timeMs: number, server: string, name: string, fields: TraceFields | undefined) => void;
  /** Hears in the end what clients saw, as far as it came. */
  readonly onHistory?: (history: History) => void;
}

/** What became of a seed. It holds nothing that two runs could differ in. */
export interface ShardedSeedResult {
  readonly seed: string;
  readonly verdict: "ok" | "broken" | "invalid";
  readonly finding: Finding | undefined;
  readonly counts: ShardedCounts;
  readonly strikes: Readonly<Record<string, number>>;
  readonly settled: Settled | undefined;
  readonly stream: string;
  readonly why: string | undefined;
}

/** With fewer operations answered before everything is healed a seed has shown nothing. */
const answeredMin = 10;

/** What the checker may cost: a history of a seed takes a few thousand steps. */
const stepsMax = 300_000;

/** Within so much time the rows of an abandoned snapshot are deleted. */
const clearingMs = 2000;

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
    const { world, network } = this.#universe;
    for (const troop of this.#troops) troop.start();
    this.#clients.start();
    this.#admins.start();
    this.#between.start();
    world.runUntil(this.#plan.faultsMs);
    this.#answered = this.#clients.counts.result;
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
    const idleMs = this.#troops.map(({ plan }) => memberOptions(plan.replica.member).snapshotIdleMs);
    // What is left of a snapshot that nobody continues is found by a timer, by a slow clock perhaps, and then cleared little by little.
    this.#universe.world.runFor(2 * Math.max(...idleMs) + clearingMs);
    for (const { cluster, oracle } of this.#troops) {
      cluster.oracle.finish();
      oracle.reference.catchUp();
    }
    this.#configs.finish(this.#masters.oracle.reference.state);
    this.#checks = [this.#judge((tight) => this.#history(tight)), this.#judge((tight) => this.#adminHistory(tight))];
    for (const { verdict, failure } of this.#checks) {
      if (verdict === "not linearizable") violate("LIN", `no order explains what clients saw of ${JSON.stringify(failure?.key)}`);
    }
  }

  #history(tight: boolean): History {
    return this.#recording.history((name) => this.#law.executed(name), tight);
  }

  #adminHistory(tight: boolean): History {
    const { law, reference } = this.#masters.oracle;
    return this.#adminRecording.history({ executed: (name) => law.executed(name), state: reference.state }, tight);
  }

  /** What clients saw is judged as they saw it; where many have asked at once, which can take for ever, more strictly. */
  #judge(history: (tight: boolean) => History): CheckResult {
    const result = checkHistory(history(false), { stepsMax });
    return result.verdict === "undecided" ? checkHistory(history(true), { stepsMax }) : result;
  }

  #whyInvalid(): string | undefined {
    if (this.#answered < answeredMin) return `with ${this.#answered} operations answered amid the storm it has shown nothing`;
    const isDecided = this.#checks.every(({ verdict }) => verdict === "linearizable");
    return isDecided ? undefined : `its history was not decided in ${stepsMax} steps`;
  }

  #traced(server: string, name: string, fields: TraceFields | undefined): void {
    this.#options.onTrace?.(this.#universe.world.now, server, name, fields);
  }

  #result(verdict: ShardedSeedResult["verdict"], violation: Violation | undefined, why: string | undefined): ShardedSeedResult {
    this.#options.onHistory?.(this.#history(false));
    const { world } = this.#universe;
    return {
      seed: this.#plan.seed,
      verdict,
      finding: violation && finding(violation, world.now),
      counts: countsOf({
        universe: this.#universe,
        masters: this.#masters,
        groups: this.#groups,
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

function finding({ invariant, message, cause }: Violation, atMs: number): Finding {
  return { invariant, sentence: message, atMs, stack: cause instanceof Error ? cause.stack : undefined };
}
