import { copyInto } from "./copy.ts";

/** A piece of memory is filled once from front to back, and then left to those who have a part of it. */
const pieceBytes = 8192;
/** Whoever wants more gets memory of his own. */
const pooledBytesMax = 2048;

let piece = new ArrayBuffer(pieceBytes);
let used = 0;

/**
 * `size` zero bytes that have no other owner. Memory of its own for each short byte string costs the engine more than what is written
 * there, so short ones share pieces of 8 KiB: one that is kept keeps at most that much alive.
 */
export function pooled(size: number): Uint8Array {
  if (size > pooledBytesMax) return new Uint8Array(size);
  if (used + size > pieceBytes) {
    piece = new ArrayBuffer(pieceBytes);
    used = 0;
  }
  used += size;
  return new Uint8Array(piece, used - size, size);
}

/** As `pooled`, with what `bytes` hold. */
export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const copy = pooled(bytes.length);
  copyInto(copy, bytes);
  return copy;
}
