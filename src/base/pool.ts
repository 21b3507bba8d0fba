import { copyInto } from "./copy.ts";

/** A piece of memory is filled once from front to back, and then left to those who have a part of it. */
const pieceBytes = 8192;
/** Whoever wants more gets memory of his own. */
const pooledBytesMax = 2048;

/**
 * Memory for short byte strings. Memory of its own for each costs the engine more than what is written there, so they share pieces of
 * 8 KiB: one that is kept keeps all its neighbours alive. Therefore what is kept has a pool apart from what is soon forgotten, and one
 * for each length of life: those who came together go together.
 */
export class Pool {
  #piece = new ArrayBuffer(pieceBytes);
  #used = 0;

  /** `size` zero bytes that have no other owner. */
  take(size: number): Uint8Array {
    if (size > pooledBytesMax) return new Uint8Array(size);
    if (this.#used + size > pieceBytes) {
      this.#piece = new ArrayBuffer(pieceBytes);
      this.#used = 0;
    }
    this.#used += size;
    return new Uint8Array(this.#piece, this.#used - size, size);
  }

  /** As `take`, with what `bytes` hold. */
  copy(bytes: Uint8Array): Uint8Array {
    const copy = this.take(bytes.length);
    copyInto(copy, bytes);
    return copy;
  }

  /** `bytes`, or a copy of them here where they are short: for what has memory of its own. */
  gather(bytes: Uint8Array): Uint8Array {
    return bytes.length > pooledBytesMax ? bytes : this.copy(bytes);
  }
}

const passing = new Pool();

/** Memory for what is not kept, or not for longer than a moment. */
export function pooled(size: number): Uint8Array {
  return passing.take(size);
}

/** As `pooled`, with what `bytes` hold. */
export function pooledCopy(bytes: Uint8Array): Uint8Array {
  return passing.copy(bytes);
}
