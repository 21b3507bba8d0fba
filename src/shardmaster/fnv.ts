/** What a step multiplies by, without its bit 40, which is a shift. */
const primeLow = 0x1b3;

/**
 * The 64-bit FNV-1a hash of `bytes`: its upper half goes to `into[0]`, its lower half to `into[1]`. The caller lends the memory,
 * so that a hash allocates nothing.
 */
export function fnv1a64(bytes: Uint8Array, into: Uint32Array): void {
  const length = bytes.length;
  let high = 0xcbf29ce4 | 0;
  // The lower half is kept in two pieces of 16 bits: their products with nine bits stay small integers for the engine.
  let middle = 0x8422;
  let low = 0x2325;
  for (let i = 0; i < length; i += 1) {
    low ^= bytes[i] as number;
    const lowProduct = low * primeLow;
    const middleProduct = middle * primeLow + (lowProduct >>> 16);
    // Times 2^40 moves the lower half into the upper one, eight bits further up.
    high = (Math.imul(high, primeLow) + (((middle << 16) | low) << 8) + (middleProduct >>> 16)) | 0;
    low = lowProduct & 0xffff;
    middle = middleProduct & 0xffff;
  }
  into[0] = high;
  into[1] = (middle << 16) | low;
}
