import type { GroupId, ServerId } from "../base/ids.ts";

/** A group as a configuration names it. */
export interface Group {
  /** The same number with another creation id is another group, with other data. */
  readonly gid: GroupId;
  readonly creation: number;
  /** In the order in which they were given: a replica's number is its server's place. */
  readonly servers: readonly ServerId[];
}

/** The last group that really owned a shard, before the one that owns it now: whoever owns the shard pulls its data from there. */
export interface Holder {
  readonly group: Group;
  /** The configuration at which the shard left it. */
  readonly left: number;
}

/** Who owns a shard. */
export interface Owned {
  /** 0 when the shard is parked: nobody serves it, and its data stays where it is. */
  readonly gid: GroupId;
  /** The first configuration of this uninterrupted run of ownership; also for parked shards. */
  readonly since: number;
  /** Undefined when nobody has owned it before: its owner begins with an empty shard. */
  readonly holder: Holder | undefined;
}

/** A numbered shard map. It never changes. */
export interface Config {
  /** 0 is the first: no groups, every shard parked. */
  readonly number: number;
  /** In rising order of their numbers. */
  readonly groups: readonly Group[];
  /** By shard. */
  readonly shards: readonly Owned[];
}
