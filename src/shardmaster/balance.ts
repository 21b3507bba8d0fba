import type { GroupId } from "../base/ids.ts";

/**
 * Who owns each shard when `groups` share them evenly: the groups' numbers of shards differ by at most one, and as few shards as
 * possible change their owner. Without groups every shard is parked (0). There may be more groups than shards.
 *
 * The same for any order of `groups`, on every machine:
 *
 * - A share is the shards divided by the groups; what is left over goes, one each, to the groups that have the most shards now, and
 *   among those with equally many to the ones with the lowest numbers.
 * - A group that has more than its share keeps the lowest shards, and gives the others away.
 * - What is given away or has no owner goes, in the order of the shards, to the groups that have less than their share, in the order of
 *   their numbers.
 *
 * What a `Move` did is nothing to it: a group that has more than its share because of one gives its highest shards away, whichever
 * those are, and where the numbers are even everything stays where it was moved to.
 */
export function rebalance(owners: readonly GroupId[], groups: readonly GroupId[]): GroupId[] {
  if (groups.length === 0) return owners.map(() => 0 as GroupId);
  const counts = countsOf(owners, groups);
  const shares = sharesOf(counts, owners.length);
  const kept = new Map(groups.map((gid) => [gid, 0]));
  const free: number[] = [];
  const balanced = [...owners];
  for (let shard = 0; shard < owners.length; shard += 1) {
    const owner = owners[shard] as GroupId;
    const has = kept.get(owner);
    if (has !== undefined && has < (shares.get(owner) as number)) kept.set(owner, has + 1);
    else free.push(shard);
  }
  let next = 0;
  for (const gid of [...counts.keys()].toSorted((a, b) => a - b)) {
    const lacks = (shares.get(gid) as number) - (kept.get(gid) as number);
    for (const shard of free.slice(next, next + lacks)) balanced[shard] = gid;
    next += lacks;
  }
  return balanced;
}

/** How many shards each of the groups has now. */
function countsOf(owners: readonly GroupId[], groups: readonly GroupId[]): ReadonlyMap<GroupId, number> {
  const counts = new Map(groups.map((gid) => [gid, 0]));
  for (const owner of owners) {
    const count = counts.get(owner);
    if (count !== undefined) counts.set(owner, count + 1);
  }
  return counts;
}

/** How many shards each of the groups is to have. */
function sharesOf(counts: ReadonlyMap<GroupId, number>, shards: number): ReadonlyMap<GroupId, number> {
  const share = Math.floor(shards / counts.size);
  const over = shards % counts.size;
  // Who has the most is asked to give the least.
  const order = [...counts].toSorted(([a, countA], [b, countB]) => countB - countA || a - b);
  return new Map(order.map(([gid], at) => [gid, at < over ? share + 1 : share]));
}
