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

/** Attempts without an answer that are remembered for each call; what an older one is answered says nothing any more. */
const attemptsMax = 16;

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
  /** Attempts that were not answered, oldest first. */
  readonly attempts: number[] = [];

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
    this.attempts.push(id);
    return this.attempts.length > attemptsMax ? this.attempts.shift() : undefined;
  }

  /** An attempt was answered; whether it is the newest one, and not an older one that was thought to be lost. */
  answered(id: number): boolean {
    const at = this.attempts.indexOf(id);
    const isNewest = this.phase === "sent" && at === this.attempts.length - 1;
    this.attempts.splice(at, 1);
    return isNewest;
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
