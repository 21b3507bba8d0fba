import type { Trio } from "../trio.ts";
import { openTrio } from "../trio.ts";
import type { GroupToJoin } from "../../../src/client/admin.ts";

/** One group of a cluster: what a join says of it, and its servers. */
export interface RigGroup {
  readonly joined: GroupToJoin;
  readonly trio: Trio;
}

/** A whole store as users run it: three servers of the shardmaster, and groups of three, each server a process of its own. */
export class RigCluster {
  readonly masters: Trio;
  readonly groups: readonly RigGroup[];

  /** For `openCluster`. */
  constructor(masters: Trio, groups: readonly RigGroup[]) {
    this.masters = masters;
    this.groups = groups;
  }

  /** Every three that stand for each other. */
  get trios(): readonly Trio[] {
    return [this.masters, ...this.groups.map(({ trio }) => trio)];
  }

  /** Starts those that do not run, and waits until they take part: groups ask the shardmaster for the cluster's shape first. */
  async start(): Promise<void> {
    await Promise.all(this.trios.map((trio) => trio.start()));
  }

  /** Ends everything; removes the folders unless somebody is to look into them. */
  async close(keepFolders = false): Promise<void> {
    await Promise.all(this.trios.map((trio) => trio.close(keepFolders)));
  }
}

/** A new store, which does not run yet. No group has joined. */
export async function openCluster(name: string, shards: number, groups: number): Promise<RigCluster> {
  const masters = await openTrio(`${name}-masters`, ["master", "--shards", String(shards)]);
  const opened: RigGroup[] = [];
  for (let gid = 1; gid <= groups; gid += 1) {
    const creation = 100 + gid;
    const words = ["kv", "--group", String(gid), "--creation", String(creation), "--masters", masters.addresses.join(",")];
    // Each finds ports that are free while the others hold none yet.
    // oxlint-disable-next-line no-await-in-loop
    const trio = await openTrio(`${name}-group-${gid}`, words);
    opened.push({ joined: { gid, servers: trio.addresses, creation }, trio });
  }
  return new RigCluster(masters, opened);
}
