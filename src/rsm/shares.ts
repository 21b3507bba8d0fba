import { assert } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";

/** What somebody has under way. */
interface Held {
  calls: number;
  bytes: number;
}

export interface SharesMax {
  /** The calls that all clients together may have under way. */
  readonly callsMax: number;
  /** Their bytes; a single call may go beyond it. */
  readonly bytesMax: number;
}

/** The part of all that anybody may have in any case. */
const partMin = 1024;

/**
 * What each client has under way of what all may have together. Nobody is given more than is left for everybody else: a client alone may
 * have half of it, and those who ask without measure end with equal parts. Who has hardly anything is let in whatever others have, so that
 * a thousand clients may have twice what all may have.
 */
export class Shares {
  readonly #max: SharesMax;
  readonly #held = new Map<ServerId, Held>();
  readonly #all: Held = { calls: 0, bytes: 0 };

  constructor(max: SharesMax) {
    this.#max = max;
  }

  get calls(): number {
    return this.#all.calls;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  /** Whether the client may have one more, of so many bytes. */
  admits(client: ServerId, bytes: number): boolean {
    const { callsMax, bytesMax } = this.#max;
    const held = this.#held.get(client) ?? none;
    if (held.calls < callsMax - this.#all.calls && held.bytes < bytesMax - this.#all.bytes) return true;
    return held.calls < Math.ceil(callsMax / partMin) && held.bytes + bytes <= bytesMax / partMin;
  }

  enter(client: ServerId, bytes: number): void {
    const held = this.#held.get(client);
    if (held === undefined) this.#held.set(client, { calls: 1, bytes });
    else add(held, 1, bytes);
    add(this.#all, 1, bytes);
  }

  leave(client: ServerId, bytes: number): void {
    const held = this.#held.get(client);
    assert(held !== undefined && held.calls > 0 && held.bytes >= bytes, "who leaves has entered");
    add(held, -1, -bytes);
    add(this.#all, -1, -bytes);
    if (held.calls === 0) this.#held.delete(client);
  }
}

const none: Held = { calls: 0, bytes: 0 };

function add(held: Held, calls: number, bytes: number): void {
  held.calls += calls;
  held.bytes += bytes;
}
