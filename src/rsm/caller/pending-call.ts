import { unreachable } from "../../base/assert.ts";
import type { Call } from "../client-wire.ts";
import type { Ending, Operation } from "./operation.ts";
import type { Waiter } from "./sequence.ts";
import type { Refused, Shard } from "../state/state-machine.ts";

/** What a caller wants of a group: to execute a command, to have a query answered, or to learn a shard's log time. */
export type Wish =
  | { readonly kind: "request"; readonly operation: Operation }
  | { readonly kind: "query"; readonly bytes: Uint8Array }
  | { readonly kind: "time"; readonly shard: Shard };

/** Attempts without an answer that are remembered for each call behind the newest; what a still older one is answered says nothing. */
const olderMax = 15;

const noAttempts: readonly number[] = [];

/** `waiting` for its number, `sent` and not answered, or `resting` until the next attempt. */
type Phase = "waiting" | "sent" | "resting" | "ended";

/** One call of a group, from when it is made until it ends. */
export class PendingCall {
  readonly wish: Wish;
  /** By the caller's clock. */
  readonly deadline: number;
  readonly #ended: (ending: Ending) => void;
  phase: Phase = "waiting";
  /** The server of the newest attempt. */
  server = 0;
  /** When the newest attempt has waited, or the call has rested, for long enough. */
  due: number = Infinity;
  /** What stands in line for its number. */
  waiter: Waiter | undefined;
  /** Attempts that nobody answered in time. */
  silences = 0;
  /** Attempts that were refused, or lost with a leadership. */
  refusals = 0;
  /** The newest refusal that was not final. */
  lastRefusal: Refused | undefined;
  /** The newest attempt, and whether it was answered. Nearly every call has one only. */
  #newest = 0;
  #isNewestOpen = false;
  /** Older attempts that were not answered, oldest first. */
  #older: readonly number[] = noAttempts;

  constructor(wish: Wish, deadline: number, ended: (ending: Ending) => void) {
    this.wish = wish;
    this.deadline = deadline;
    this.#ended = ended;
  }

  /** An attempt is made now; gives the oldest one if there are too many. */
  attempt(id: number, server: number, due: number): number | undefined {
    this.phase = "sent";
    this.server = server;
    this.due = due;
    if (this.#isNewestOpen) this.#older = [...this.#older, this.#newest];
    this.#newest = id;
    this.#isNewestOpen = true;
    if (this.#older.length <= olderMax) return undefined;
    const [oldest, ...others] = this.#older;
    this.#older = others;
    return oldest;
  }

  /** An attempt was answered; whether it is the newest one, and not an older one that was thought to be lost. */
  answered(id: number): boolean {
    if (this.#isNewestOpen && id === this.#newest) {
      this.#isNewestOpen = false;
      return true;
    }
    this.#older = this.#older.filter((older) => older !== id);
    return false;
  }

  /** Runs `forget` for each attempt that was not answered. */
  forgetAttempts(forget: (id: number) => void): void {
    if (this.#isNewestOpen) forget(this.#newest);
    for (const id of this.#older) forget(id);
  }

  /** What is sent for the attempt `id`. */
  call(id: number): Call {
    const { wish } = this;
    switch (wish.kind) {
      case "request":
        return { kind: "request", id, bytes: wish.operation.attempt() };
      case "query":
        return { kind: "query", id, bytes: wish.bytes };
      case "time":
        return { kind: "time", id, shard: wish.shard };
      default:
        return unreachable(wish);
    }
  }

  end(ending: Ending): void {
    this.phase = "ended";
    this.due = Infinity;
    this.#ended(ending);
  }
}
