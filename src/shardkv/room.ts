/** Small arrays lie in the engine's own heap and cost little; above that each one is an allocation outside of it. */
const heapBytesMax = 64;
/** Above it an array has memory of its own. */
const pooledBytesMax = 2048;
const poolBytes = 8192;

/** Filled once from front to back and then left to its views. */
let pool = new Uint8Array(poolBytes);
let used = 0;

/**
 * New memory of `size` zero bytes. For sizes between the tiny and the large it is a view into a pool, as results of the codec are:
 * who keeps it keeps at most 8 KiB alive. (An allocation of 136 bytes of their own costs more than all else that a put does.)
 */
export function room(size: number): Uint8Array {
  if (size <= heapBytesMax || size > pooledBytesMax) return new Uint8Array(size);
  if (used + size > poolBytes) {
    pool = new Uint8Array(poolBytes);
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}

/** The same bytes in memory of their own. */
export function copied(bytes: Uint8Array): Uint8Array {
  const copy = room(bytes.length);
  copy.set(bytes);
  return copy;
}
