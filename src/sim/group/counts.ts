import type { CheckResult } from "../../check/check.ts";
import type { WatchedCluster } from "../watched-cluster.ts";
import type { OutcomeCounts } from "./asking-client.ts";
import type { GroupOracle } from "./oracle/group-oracle.ts";

/** How often that has happened which a seed of a group with clients is for. */
export interface GroupCounts {
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
  readonly lost: number;
  readonly refused: number;
  readonly unknown: number;
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

/** What is counted where. */
export interface Counted {
  readonly cluster: WatchedCluster;
  readonly oracle: GroupOracle;
  readonly clients: OutcomeCounts;
  readonly restarts: number;
  readonly snapshots: number;
  readonly check: CheckResult | undefined;
}

export function countsOf({ cluster, oracle: { law, calls, states }, clients, restarts, snapshots, check }: Counted): GroupCounts {
  const { sim, oracle } = cluster;
  const { called, result, ...ends } = clients;
  const { executed, repeated, stale, expired, full, dropped } = law.counts;
  return {
    simulatedMs: sim.world.now,
    events: sim.world.events,
    packets: sim.network.counters().packetsSent,
    servers: sim.size,
    terms: oracle.servers.reduce((highest, { disk }) => Math.max(highest, disk.term), 0),
    restarts,
    committed: oracle.ledger.commit,
    snapshots,
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
    checked: check?.operations ?? 0,
    steps: check?.steps ?? 0,
  };
}
