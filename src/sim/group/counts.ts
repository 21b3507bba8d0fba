import type { CheckResult } from "../../check/check.ts";
import type { Universe } from "../universe.ts";
import type { OutcomeCounts } from "./asking-client.ts";
import type { SessionLaw } from "./oracle/session-law.ts";
import type { Troop } from "./troop.ts";

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

/** What is counted where: over one group, or over all that stand in a universe. */
export interface Counted {
  readonly universe: Universe;
  readonly troops: readonly Troop[];
  readonly clients: OutcomeCounts;
  readonly law: SessionLaw;
  readonly checks: readonly CheckResult[];
}

export function countsOf({ universe, troops, clients, law, checks }: Counted): GroupCounts {
  const sum = (of: (troop: Troop) => number): number => troops.reduce((all, troop) => all + of(troop), 0);
  const { called, result, ...ends } = clients;
  const { executed, repeated, stale, expired, full, dropped } = law.counts;
  return {
    simulatedMs: universe.world.now,
    events: universe.world.events,
    packets: universe.network.counters().packetsSent,
    servers: sum(({ cluster }) => cluster.sim.size),
    terms: sum(({ cluster }) => cluster.oracle.servers.reduce((highest, { disk }) => Math.max(highest, disk.term), 0)),
    restarts: sum(({ lives }) => lives.restarts),
    committed: sum(({ cluster }) => cluster.oracle.ledger.commit),
    snapshots: sum((troop) => troop.snapshots),
    states: sum(({ oracle }) => oracle.states.checked),
    installed: sum(({ oracle }) => oracle.states.installed),
    operations: called,
    answered: result,
    ...ends,
    retries: sum(({ oracle }) => oracle.calls.counts.retries),
    doubled: sum(({ oracle }) => oracle.calls.counts.doubled),
    executed,
    repeated,
    stale,
    expired,
    full,
    dropped,
    checked: checks.reduce((all, { operations }) => all + operations, 0),
    steps: checks.reduce((all, { steps }) => all + steps, 0),
  };
}
