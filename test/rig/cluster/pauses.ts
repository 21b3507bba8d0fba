/** A change of the shard map, from when it was asked for. */
export interface Change {
  readonly at: number;
  /** The shards that changed hands. */
  readonly moved: ReadonlySet<number>;
}

/** What somebody waited for: an operation on one key. */
export interface Wait {
  readonly shard: number;
  readonly call: number;
  readonly returned: number;
}

/** How long operations took, in milliseconds. */
export interface Pauses {
  /** On keys whose shards changed hands meanwhile. */
  readonly moved: readonly number[];
  readonly stayed: readonly number[];
}

/**
 * Divides operations by whether their shard may have been on its way: from when a change was asked for that moves it, until the next
 * change was, or for `settledMs`, whatever is later. `changes` stand in their order.
 */
export function pausesOf(waits: readonly Wait[], changes: readonly Change[], settledMs: number): Pauses {
  const moved: number[] = [];
  const stayed: number[] = [];
  const spans = changes.map(({ at, moved: shards }, i) => {
    const next = changes[i + 1]?.at ?? Number.POSITIVE_INFINITY;
    return { from: at, to: Math.max(next, at + settledMs), shards };
  });
  for (const { shard, call, returned } of waits) {
    const isMoved = spans.some(({ from, to, shards }) => call < to && returned > from && shards.has(shard));
    (isMoved ? moved : stayed).push(returned - call);
  }
  return { moved, stayed };
}
