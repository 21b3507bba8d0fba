/** How many shards each group has. */
export function countsOf(owners: readonly number[], groups: readonly number[]): number[] {
  const counts = new Map(groups.map((gid) => [gid, 0]));
  for (const owner of owners) {
    const count = counts.get(owner);
    if (count !== undefined) counts.set(owner, count + 1);
  }
  return [...counts.values()];
}

/** How many shards the fullest group has more than the emptiest. */
export function spreadOf(owners: readonly number[], groups: readonly number[]): number {
  const counts = countsOf(owners, groups);
  return Math.max(...counts) - Math.min(...counts);
}

export function movesBetween(before: readonly number[], after: readonly number[]): number {
  return before.filter((owner, shard) => owner !== after[shard]).length;
}

/** The fewest moves to any even assignment: all of them are tried. */
export function fewestByTrial(owners: readonly number[], groups: readonly number[]): number {
  let fewest = Infinity;
  const assigned: number[] = [];
  const assign = (moves: number): void => {
    if (moves >= fewest) return;
    if (assigned.length === owners.length) {
      if (spreadOf(assigned, groups) <= 1) fewest = moves;
      return;
    }
    for (const gid of groups) {
      const own = owners[assigned.length];
      assigned.push(gid);
      assign(moves + (gid === own ? 0 : 1));
      assigned.pop();
    }
  };
  assign(0);
  return fewest;
}

/**
 * The fewest moves, for any size: what stays is at most what each group has and may keep, so choose the groups that may keep one more
 * than the others in the best way. `best[n]` is the most that stays when n of the groups so far were chosen.
 */
export function fewestByChoice(owners: readonly number[], groups: readonly number[]): number {
  const share = Math.floor(owners.length / groups.length);
  const over = owners.length % groups.length;
  let best: number[] = [0];
  for (const has of countsOf(owners, groups)) {
    const next: number[] = [];
    for (let chosen = 0; chosen <= Math.min(best.length, over); chosen += 1) {
      const without = (best[chosen] ?? -Infinity) + Math.min(has, share);
      const withOne = (best[chosen - 1] ?? -Infinity) + Math.min(has, share + 1);
      next.push(Math.max(without, withOne));
    }
    best = next;
  }
  return owners.length - (best[over] ?? -Infinity);
}
