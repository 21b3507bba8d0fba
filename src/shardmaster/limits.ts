import { assert } from "../base/assert.ts";
import { replicasMax } from "../base/ids.ts";

/** How much a configuration may hold. It decides what commands do: it is the same on every replica, for as long as the group lives. */
export interface MasterLimits {
  /** The groups of one configuration. */
  readonly groupsMax: number;
  /** The servers of one group; more than `replicasMax` cannot be members of one. */
  readonly serversMax: number;
  /** The bytes of a configuration, with the groups that are only holders; a join that would make a larger one is refused. It has to fit a frame. */
  readonly configBytesMax: number;
}

const defaults: MasterLimits = { groupsMax: 4096, serversMax: replicasMax, configBytesMax: 4 * 1024 * 1024 };

/** In a configuration's bytes a group's place takes two bytes, and one number means none. */
const groupsCeiling = 65_535;

/** The limits with their defaults, checked and frozen. */
export function masterLimits(given: Partial<MasterLimits> = {}): MasterLimits {
  const limits = { ...defaults, ...given };
  const { groupsMax, serversMax, configBytesMax } = limits;
  assert(
    Number.isInteger(groupsMax) && groupsMax >= 1 && groupsMax <= groupsCeiling,
    `groupsMax is a whole number from 1 to ${groupsCeiling}`,
  );
  assert(
    Number.isInteger(serversMax) && serversMax >= 1 && serversMax <= replicasMax,
    `serversMax is a whole number from 1 to ${replicasMax}`,
  );
  assert(Number.isInteger(configBytesMax) && configBytesMax >= 1, "configBytesMax is a whole number, one or more");
  return Object.freeze(limits);
}
