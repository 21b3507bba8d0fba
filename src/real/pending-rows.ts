import { ByteMap } from "../base/byte-map.ts";
import type { WriteOp } from "../env/storage.ts";

/**
 * Writes that go to disk in one piece. Of several changes of one row only the last one is kept: nobody ever finds half of what was
 * written in one piece, so the others could not be told from never having been.
 */
export class PendingRows {
  readonly #rows: ByteMap<WriteOp>;
  readonly #dones: (() => void)[] = [];
  readonly #afterwards: (() => void)[] = [];
  #writes = 0;
  #bytes = 0;

  /** `seed` as in `ByteMap`. */
  constructor(seed = 0) {
    this.#rows = new ByteMap(seed);
  }

  /** Whether nothing was added. A write of no rows is something. */
  get empty(): boolean {
    return this.#writes === 0;
  }

  /** How many bytes were added. */
  get bytes(): number {
    return this.#bytes;
  }

  add(batch: readonly WriteOp[], done: (() => void) | undefined): void {
    this.#writes += 1;
    if (done !== undefined) this.#dones.push(done);
    for (const op of batch) {
      this.#bytes += op.key.length + (op.op === "put" ? op.value.length : 0);
      this.#rows.set(op.key, op);
    }
  }

  /** The change of that row; undefined when there is none. */
  get(key: Uint8Array): WriteOp | undefined {
    return this.#rows.size === 0 ? undefined : this.#rows.get(key);
  }

  /** The last change of each row. */
  changes(): readonly WriteOp[] {
    return this.#rows.values;
  }

  /** Asks for `run` behind all `done`s. */
  afterwards(run: () => void): void {
    this.#afterwards.push(run);
  }

  /** Forgets everything, for the next ones: see `ByteMap.clear`. */
  clear(): void {
    this.#rows.clear();
    this.#dones.length = 0;
    this.#afterwards.length = 0;
    this.#writes = 0;
    this.#bytes = 0;
  }

  /** All of it is on disk: runs the `done`s in the order of their writes, then what was asked for afterwards; until `over` says so. */
  finish(over: () => boolean): void {
    for (const runs of [this.#dones, this.#afterwards]) {
      for (const run of runs) {
        run();
        if (over()) return;
      }
    }
  }
}
