import { assert } from "../../base/assert.ts";
import { type Address, type GroupName, isNamed } from "../../shardmaster/address.ts";
import type { Serving } from "../shard-row.ts";
import { acquire } from "./acquire.ts";
import type { Change } from "./changes.ts";
import type { Configure } from "./commands.ts";
import { isIdle } from "./group-row.ts";
import type { Ledger, ShardRecord } from "./ledger.ts";
import { sourceText } from "./source.ts";

/** What an entry is applied with. */
export interface Moment {
  readonly self: GroupName;
  /** What this replica was told of the cluster; undefined where shards move without one. */
  readonly shape: Uint8Array | undefined;
  /** The group's log time. */
  readonly time: number;
}

/**
 * Applies a configuration: at once, whatever of earlier ones is still under way (rule 1). One that is not the next one only in a group
 * that owns, holds and awaits nothing; that those between give it nothing was seen by whoever logged it (rule 2).
 */
export function configure(ledger: Ledger, { from, number, isMember, changes }: Configure, moment: Moment): void {
  const { group } = ledger;
  if (from !== group.number || number <= from) return;
  if (number !== from + 1 && !isIdle(group)) return;
  for (const change of changes) {
    const before = ledger.record(change.shard);
    const comes = change.owner !== undefined && isNamed(change.owner, moment.self);
    ledger.change(change.shard, before, comes ? come(before, number, change, moment) : go(before, number, change, moment));
  }
  ledger.pass(number, isMember);
}

/** The shard is this group's from here on: it arrives, or is thawed out of a parcel that nobody later has a claim to (rule 9). */
function come(before: ShardRecord, since: number, { shard, holder }: Change, { time }: Moment): ShardRecord {
  assert(before.home === undefined, `shard ${shard} comes to a group that does not have it`);
  const own = before.parcels.find(({ granted }) => !granted);
  if (own !== undefined && own.address.since < since) {
    const parcels = before.parcels.filter((parcel) => parcel !== own);
    return acquire({ ...before, parcels }, own, { since, taken: undefined }, time);
  }
  const arrival = { since, holder, cursor: new Uint8Array(), taken: undefined };
  const home = { phase: "arriving", epoch: since, source: sourceText(holder) } as const;
  return { ...before, home, arrivals: [...before.arrivals, arrival] };
}

/** The shard is another group's from here on, or nobody's: it is frozen, or passes through when it arrives. */
function go(before: ShardRecord, left: number, { owner }: Change, { time }: Moment): ShardRecord {
  const { home } = before;
  const address = { since: left, group: owner };
  if (home?.phase === "serving") return freeze(before, home, left, address, time);
  const arrivals = before.arrivals.map((arrival) => (arrival.taken === undefined ? { ...arrival, taken: address } : arrival));
  return { ...before, home: undefined, arrivals };
}

function freeze(before: ShardRecord, home: Serving, left: number, address: Address, time: number): ShardRecord {
  const { epoch, timeOffset, versionFloor } = home;
  const parcel = { left, epoch, time: time + timeOffset, versionFloor, address, granted: false };
  return { ...before, home: undefined, parcels: [...before.parcels, parcel], left };
}
