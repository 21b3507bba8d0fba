/** Up to so many bytes a loop is faster than the engine's copying, as measured. */
const loopedBytesMax = 12;

/** Copies all of `from` to the place `at` of `into`, which has room for it. The two do not overlap. */
export function copyInto(into: Uint8Array, from: Uint8Array, at = 0): void {
  const length = from.length;
  if (length > loopedBytesMax) into.set(from, at);
  else for (let i = 0; i < length; i += 1) into[at + i] = from[i] as number;
}
