import type { Shard } from "../../../rsm/state/state-machine.ts";
import { type GroupRow, isIdle } from "../../../shardkv/migration/group-row.ts";
import { type GroupName, isNamed } from "../../../shardmaster/address.ts";
import type { Config } from "../../../shardmaster/config.ts";
import { violate } from "../../oracle/violation.ts";

/** Gives the configuration of a number; undefined when the shardmaster has made none. */
export type ConfigAt = (number: number) => Config | undefined;

/** Whether the configuration gives the shard to that group. */
export function isOwner(config: Config | undefined, shard: Shard, self: GroupName): boolean {
  const gid = config?.shards[shard]?.gid;
  return config?.groups.some((group) => group.gid === gid && isNamed(group, self)) === true;
}

/** A group applies a configuration: the next one, or, where nothing between concerns it, a later one (M2). */
export function expectStep(self: GroupName, before: GroupRow, after: GroupRow, configAt: ConfigAt): void {
  const { number } = after;
  if (number <= before.number) violate("M2", `goes from configuration ${before.number} to ${number}`);
  const config = configAt(number);
  if (config === undefined) violate("M2", `applies configuration ${number}, which nobody has made`);
  if (config.groups.some((group) => isNamed(group, self)) !== after.isMember)
    violate("M2", `takes itself for ${after.isMember ? "a" : "no"} member of configuration ${number}`);
  for (let skipped = before.number + 1; skipped < number; skipped += 1) {
    if (!isIdle(before)) violate("M2", `skips configuration ${skipped} while it has something to do`);
    const given = configAt(skipped)?.shards.findIndex((owned, shard) => owned.since === skipped && isOwner(configAt(skipped), shard, self));
    if (given !== undefined && given >= 0) violate("M2", `skips configuration ${skipped}, which gives it shard ${given}`);
  }
}
