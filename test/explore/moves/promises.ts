import type { Address } from "../../../src/shardmaster/address.ts";
import { Broken } from "../sessions/world.ts";
import type { Summary } from "./summary.ts";
import type { Universe } from "./universe.ts";
import type { World } from "./world.ts";

/** Where the one copy that counts is. */
export interface Place {
  /** The group; -1 for the shardmaster. */
  readonly at: number;
  /** Whom it was granted to, and has not reached yet. */
  readonly to: number | undefined;
  readonly value: string;
  readonly time: number | undefined;
}

/** All copies that count: what serves, what is not granted, and what is granted and has not arrived. */
export function placesOf(universe: Universe, { locals, master }: Pick<World, "locals" | "master">): Place[] {
  const summaries = locals.map((local, at) => universe.summary(at, local));
  const places: Place[] = [];
  for (const [at, { serving, parcels }] of summaries.entries()) {
    if (serving !== undefined) places.push({ at, to: undefined, ...serving });
    for (const { granted, address, value, time } of parcels) {
      const to = granted ? grantee(address) : undefined;
      if (to === undefined || !hasArrived(summaries[to], address)) places.push({ at, to, value, time });
    }
  }
  const born = universe.master.parcel(universe.masterState(master));
  const to = born.granted ? grantee(born.address) : undefined;
  if (to === undefined || !hasArrived(summaries[to], born.address)) places.push({ at: -1, to, value: "", time: undefined });
  return places;
}

/** Safety: one copy that counts, with every write in it once, at the time that it should be; one group that serves. */
export function checkSafety(universe: Universe, world: World): void {
  for (const [at, local] of world.locals.entries()) {
    const { sessions, strayRows } = universe.summary(at, local);
    const { rows, count } = sessions;
    if (strayRows > 0) throw new Broken("rows of a copy stay that nobody will clear");
    if (rows !== count) throw new Broken(`a group has ${rows} sessions, and counts ${count}`);
  }
  const places = placesOf(universe, world);
  if (places.length === 0) throw new Broken("no copy is left");
  if (places.length > 1) throw new Broken("there are two copies");
  const [{ value, time }] = places as [Place];
  if (value !== world.history) throw new Broken(`a write is lost or done twice: ${value}, not ${world.history}`);
  if (time !== undefined && time !== world.time) throw new Broken(`the shard's time jumps: ${time}, not ${world.time}`);
}

function grantee({ group }: Address): number | undefined {
  return group === undefined ? undefined : group.gid - 1;
}

function hasArrived(summary: Summary | undefined, { since }: Address): boolean {
  return summary !== undefined && summary.number >= since && !summary.arrivals.includes(since);
}
