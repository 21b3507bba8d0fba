import type { Arrival, Copy, Parcel } from "./moves.ts";
import type { ShardRecord } from "./ledger.ts";

/**
 * A copy of a shard is whole and this group's, for the run of ownership `run`: it serves, or is a parcel if the run is over already.
 * Nothing that was arriving is still to come: there is one copy that counts, and this is it. The shard's log time goes on from
 * where it was frozen, without a jump (rule 12).
 */
export function acquire(before: ShardRecord, copy: Copy, run: Pick<Arrival, "since" | "taken">, time: number): ShardRecord {
  const { since, taken } = run;
  const { epoch, versionFloor } = copy;
  const begun = before.arrivals.filter((arrival) => arrival.cursor.length > 0 && arrival.since !== epoch);
  const after = { ...before, arrivals: [], dead: [...before.dead, ...begun.map((arrival) => arrival.since)], acquired: since };
  if (taken === undefined) return { ...after, home: { phase: "serving", epoch, timeOffset: copy.time - time, versionFloor } };
  const parcel: Parcel = { left: taken.since, epoch, time: copy.time, versionFloor, address: taken, granted: false };
  return { ...after, home: undefined, parcels: [...before.parcels, parcel], left: taken.since };
}
