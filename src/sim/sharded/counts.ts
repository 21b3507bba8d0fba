import type { CheckResult } from "../../check/check.ts";
import type { OutcomeCounts } from "../group/asking-client.ts";
import type { GroupCounts } from "../group/counts.ts";
import type { SessionLaw } from "../group/oracle/session-law.ts";
import type { KvOutcomeCounts } from "../kv/kv-life.ts";
import type { AdminCounts } from "../master/admin-life.ts";
import type { Universe } from "../universe.ts";
import type { ShardLawCounts } from "./oracle/shard-law.ts";
import type { Troop } from "./troop.ts";

/** How often that has happened which a seed of a whole cluster is for; what is counted of a group is the sum over all groups. */
export interface ShardedCounts extends GroupCounts, KvOutcomeCounts, AdminCounts, ShardLawCounts {
  readonly groups: number;
}

/** What is counted where. */
export interface ShardedCounted {
  readonly universe: Universe;
  readonly masters: Troop;
  readonly groups: readonly Troop[];
  readonly clients: OutcomeCounts;
  readonly law: SessionLaw;
  readonly shards: ShardLawCounts;
  readonly seen: KvOutcomeCounts & AdminCounts;
  readonly checks: readonly CheckResult[];
}

export function countsOf({ universe, masters, groups, clients, law, shards, seen, checks }: ShardedCounted): ShardedCounts {
  const troops = [masters, ...groups];
  const sum = (of: (troop: Troop) => number): number => troops.reduce((all, troop) => all + of(troop), 0);
  const { called, result, ...ends } = clients;
  const { executed, repeated, stale, expired, full, dropped } = law.counts;
  return {
    simulatedMs: universe.world.now,
    events: universe.world.events,
    packets: universe.network.counters().packetsSent,
    groups: groups.length,
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
    ...shards,
    ...seen,
    checked: checks.reduce((all, { operations }) => all + operations, 0),
    steps: checks.reduce((all, { steps }) => all + steps, 0),
  };
}
