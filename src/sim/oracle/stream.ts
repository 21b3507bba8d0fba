import { hashBytes } from "../../base/hash.ts";

/** A running hash over everything that happens: two runs of one seed must have the same (R27). */
export class Stream {
  #hash = 0;
  readonly #word = new DataView(new ArrayBuffer(16));
  readonly #bytes = new Uint8Array(this.#word.buffer);

  /** An event has run at `time`, and code of `owners` in it, each as one digit. */
  event(time: number, owners: number): void {
    this.#word.setFloat64(0, time);
    this.#word.setFloat64(8, owners);
    this.#hash = hashBytes(this.#bytes, this.#hash);
  }

  packet(from: number, to: number, bytes: Uint8Array): void {
    this.#hash = hashBytes(bytes, (this.#hash + from * 64 + to) % Number.MAX_SAFE_INTEGER);
  }

  get digest(): string {
    return this.#hash.toString(16).padStart(14, "0");
  }
}
