import { checkHistory } from "../check/check.ts";
import { explainFailure } from "../check/explain.ts";
import type { History } from "../check/history.ts";
import { failureHtml } from "../check/render-html.ts";
import { jsonLine } from "../check/json-lines.ts";
import { type FuzzOptions, fuzzDefaults, runSeed, type SeedResult } from "../sim/fuzz.ts";
import { kvFuzzDefaults, runKvSeed } from "../sim/kv/fuzz.ts";
import { type KvPlan, kvPlanLines } from "../sim/kv/plan.ts";
import { masterFuzzDefaults, runMasterSeed } from "../sim/master/fuzz.ts";
import { type MasterPlan, masterPlanLines } from "../sim/master/plan.ts";
import { planLines } from "../sim/plan.ts";
import { scenarios } from "../sim/scenarios.ts";
import { runShardedSeed, shardedFuzzDefaults } from "../sim/sharded/fuzz.ts";
import { shardedPlanLines } from "../sim/sharded/plan.ts";

/** What became of a seed, of whatever kind. */
export interface SeedReport extends Omit<SeedResult, "counts"> {
  readonly counts: Readonly<Record<string, number>>;
  /** Why the seed is invalid, where it says. */
  readonly why?: string | undefined;
}

/** How a seed is run. */
export interface SeedOptions extends Pick<FuzzOptions, "faultsMs" | "settleMs"> {
  readonly scenario?: string;
  /** Hears of the plan before anything runs. */
  readonly onPlan?: (lines: readonly string[]) => void;
  readonly onTrace?: NonNullable<FuzzOptions["onTrace"]>;
  /** Hears in the end what clients saw. */
  readonly onHistory?: (history: History) => void;
}

/** A kind of universe. */
export interface FuzzKind {
  readonly name: string;
  readonly description: string;
  /** What stands before the seed on a command line. */
  readonly words: string;
  readonly defaults: Pick<FuzzOptions, "faultsMs" | "settleMs">;
  readonly scenarios: readonly string[];
  /** Whether there are clients whose history can be written. */
  readonly hasHistory: boolean;
  /** What is counted over many seeds, in the order in which it is told. */
  readonly totals: readonly string[];
  run(seed: string, options: SeedOptions): SeedReport;
  /** What happened in a seed, in two lines. */
  lines(counts: SeedReport["counts"]): readonly string[];
}

/** Members of a group without clients, in which every promise of the log is checked. */
export function raftKind(simulate: typeof runSeed = runSeed): FuzzKind {
  return {
    name: "raft",
    description: "members of a group whose machine records everything",
    words: "kvorum fuzz raft",
    defaults: fuzzDefaults,
    scenarios: scenarios.map(({ name }) => name),
    hasHistory: false,
    totals: ["committed", "acknowledged", "reads", "restarts", "snapshots", "reopened"],
    run: (seed, options) => {
      const { counts, ...result } = simulate(seed, { ...options, onPlan: (plan) => options.onPlan?.(planLines(plan)) });
      return { ...result, counts: { ...counts } };
    },
    lines: (counts) => [
      `ran ${happened(counts, ["events", "packets", "terms", "restarts", "snapshots"])}`,
      `clients: ${told(counts, ["proposed", "committed", "acknowledged", "reads"])}`,
    ],
  };
}

/** A whole cluster whose shards move while clients go on. */
export function clusterKind(simulate: typeof runShardedSeed = runShardedSeed): FuzzKind {
  return {
    name: "cluster",
    description: "a shardmaster and groups whose shards move, with clients and administrators (what `kvorum fuzz` alone runs)",
    words: "kvorum fuzz",
    defaults: shardedFuzzDefaults,
    scenarios: [],
    hasHistory: true,
    totals: [...clusterCounted, ...groupTotals],
    run: (seed, options) => {
      const { counts, ...result } = simulate(seed, { ...options, onPlan: (plan) => options.onPlan?.(shardedPlanLines(plan)) });
      return { ...result, counts: { ...counts } };
    },
    lines: (counts) => groupLines(counts, clusterCounted),
  };
}

/** A group of stores with clients, whose history is checked too. */
export function groupKind(simulate: typeof runKvSeed = runKvSeed): FuzzKind {
  return {
    name: "group",
    description: "a group of stores with clients, whose history has to be linearizable",
    words: "kvorum fuzz group",
    defaults: kvFuzzDefaults,
    scenarios: [],
    hasHistory: true,
    totals: [...kvCounted, ...groupTotals],
    run: (seed, options) => {
      const onPlan = (plan: KvPlan): void => options.onPlan?.([...planLines(plan.servers), ...kvPlanLines(plan)]);
      const { counts, ...result } = simulate(seed, { ...options, onPlan });
      return { ...result, counts: { ...counts } };
    },
    lines: (counts) => groupLines(counts, kvCounted),
  };
}

/** A shardmaster whose clients change configurations, each of which has to be what its rules demand. */
export function masterKind(simulate: typeof runMasterSeed = runMasterSeed): FuzzKind {
  return {
    name: "master",
    description: "a shardmaster with administrators, whose configurations have to be right and whose history linearizable",
    words: "kvorum fuzz master",
    defaults: masterFuzzDefaults,
    scenarios: [],
    hasHistory: true,
    totals: [...masterCounted, ...groupTotals],
    run: (seed, options) => {
      const onPlan = (plan: MasterPlan): void => options.onPlan?.([...planLines(plan.servers), ...masterPlanLines(plan)]);
      const { counts, ...result } = simulate(seed, { ...options, onPlan });
      return { ...result, counts: { ...counts } };
    },
    lines: (counts) => groupLines(counts, masterCounted),
  };
}

const groupTotals = ["restarts", "snapshots", "installed", "states", "checked"];

function groupLines(counts: SeedReport["counts"], counted: readonly string[]): readonly string[] {
  return [
    `ran ${happened(counts, ["events", "packets", "terms", "restarts", "snapshots", "states"])}`,
    `clients: ${told(counts, counted)}`,
    `checked: ${told(counts, ["checked", "steps"])}`,
  ];
}

const ends = ["lost", "refused", "unknown", "retries", "doubled", "executed", "repeated", "stale", "expired", "full", "dropped"];
const kvCounted = ["operations", "answered", "reads", "pages", ...ends];
const clusterCounted = ["operations", "answered", "reads", "pages", "made", "born", "moved", "passed", "thawed", ...ends];
const masterCounted = ["operations", "answered", "reads", "made", "unchanged", ...ends];

/** What clients saw, as `kvorum check` reads it. */
export function historyLines({ operations }: History): string {
  return operations.map((operation) => `${jsonLine(operation)}\n`).join("");
}

/** A page that shows why the history is not linearizable; undefined where it is, or where that is not known. */
export function historyPage(title: string, history: History): string | undefined {
  const { failure } = checkHistory(history, { stepsMax: 20_000_000 });
  return failure && failureHtml(title, explainFailure(failure));
}

export const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");

/** Counts as a sentence names them: how many, and what. */
export function told(counts: SeedReport["counts"], names: readonly string[]): string {
  return names.map((name) => `${grouped(counts[name] ?? 0)} ${words[name] ?? name}`).join(", ");
}

function happened(counts: SeedReport["counts"], names: readonly string[]): string {
  return `${Math.round(counts["simulatedMs"] ?? 0)}ms: ${told(counts, names)}`;
}

/** Counts whose name is not what a sentence calls them. */
const words: Readonly<Record<string, string>> = {
  reopened: "disks reopened",
  states: "states compared",
  installed: "states from snapshots",
  checked: "operations checked",
  steps: "steps of the checker",
  lost: "results lost",
  unknown: "outcomes unknown",
  doubled: "calls doubled",
  repeated: "repeated",
  full: "times no room",
  made: "configurations made",
  unchanged: "commands without a change",
  dropped: "sessions dropped",
  born: "shards born",
  moved: "moved",
  passed: "passed on",
  thawed: "thawed",
};
