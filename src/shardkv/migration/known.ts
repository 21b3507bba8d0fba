import { present } from "../../base/assert.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { Config, Group, Holder, Owned } from "../../shardmaster/config.ts";
import { ownerOf } from "./changes.ts";

/** The configurations that a leader has heard of. It may forget any of them, and ask again. */
export interface Known {
  /** The number of the newest that it has heard of. */
  readonly latest: number;
  config(number: number): Config | undefined;
}

/** Runs of ownership, as far as the configurations that are known tell. */
export interface Walked<T> {
  readonly found: readonly T[];
  /** The configuration that has to be known to find more; undefined when there is no more. */
  readonly missing: number | undefined;
}

/**
 * Who may have the data of a shard that `holder` really owned last: it, whoever owned it before, and so on. Behind them all stands the
 * shardmaster with its empty parcel. It goes on only for as long as `goesOn` says of the one before.
 */
export function holdersOf(known: Known, shard: Shard, holder: Holder | undefined, goesOn: (holder: Holder) => boolean): Walked<Holder> {
  const found: Holder[] = [];
  for (let next = holder; next !== undefined;) {
    found.push(next);
    if (!goesOn(next)) break;
    // In the last configuration of a run stands who had the shard before it.
    const number: number = next.left - 1;
    const config = known.config(number);
    if (config === undefined) return { found, missing: number };
    next = owned(config, shard).holder;
  }
  return { found, missing: undefined };
}

/** The groups that own a shard in configurations behind `since`, the latest first. */
export function laterOwners(known: Known, shard: Shard, since: number): Walked<Group> {
  const found: Group[] = [];
  for (let number = known.latest; number > since;) {
    const config = known.config(number);
    if (config === undefined) return { found, missing: number };
    const run = owned(config, shard);
    const owner = run.since > since ? ownerOf(config, shard) : undefined;
    if (owner !== undefined) found.push(owner);
    number = run.since - 1;
  }
  return { found, missing: undefined };
}

function owned(config: Config, shard: Shard): Owned {
  return present(config.shards[shard], "a configuration says something of every shard");
}
