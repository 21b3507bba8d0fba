import { Malformed } from "../../base/codec.ts";
import type { Clock } from "../../env/clock.ts";
import { decodeShardTimes, firstTogether, type ShardTimes } from "../shard-times.ts";
import { refused, type Refused, type Shard } from "../state/state-machine.ts";
import type { ClientSession, Ending, Operation } from "./operation.ts";
import type { PendingCall } from "./pending-call.ts";
import type { Sequence } from "./sequence.ts";

/** What numbering needs of the group's client. */
export interface NumberingParts {
  readonly clock: Clock;
  /** Asks the group for the log time of a shard. */
  readonly askTime: (shard: Shard, ended: (ending: Ending) => void) => void;
  /** The call may take its number now, and has to. */
  readonly proceed: (pending: PendingCall) => void;
  readonly refuse: (pending: PendingCall, refusal: Refused) => void;
}

/**
 * Sees to it that operations get their numbers in turn: a number needs the shard's log time, learned from this group (rule S7), and room
 * among the numbers in use.
 */
export class Numbering {
  readonly #parts: NumberingParts;
  /** What the group is being asked for: by session and first shard of those that it tells of together, who waits for the answer. */
  readonly #asking = new Map<ClientSession, Map<Shard, Set<Sequence>>>();

  constructor(parts: NumberingParts) {
    this.#parts = parts;
  }

  /** Lets a call of that operation proceed, now or later, or refuses it. */
  number(pending: PendingCall, operation: Operation): void {
    const { session, sequence } = operation;
    if (!sequence.hasWaiters) {
      this.#numberNow(pending, operation);
      return;
    }
    this.#wait(pending, operation);
    // Those before it may wait for what another group does not say.
    if (sequence.needsTime(this.#parts.clock.now())) this.#ask(session, sequence);
  }

  #numberNow(pending: PendingCall, operation: Operation): void {
    const { session, sequence } = operation;
    const needsTime = sequence.needsTime(this.#parts.clock.now());
    if (needsTime || sequence.isFull) this.#wait(pending, operation);
    else this.#parts.proceed(pending);
    if (needsTime) this.#ask(session, sequence);
  }

  #wait(pending: PendingCall, operation: Operation): void {
    pending.waiter ??= {
      proceed: () => this.#numberNow(pending, operation),
      refuse: (refusal) => this.#parts.refuse(pending, refusal),
    };
    operation.sequence.wait(pending.waiter);
  }

  /** Learns the shard's log time; if it is about to be told together with that of another one, waits for that. */
  #ask(session: ClientSession, sequence: Sequence): void {
    const asking = this.#asking.get(session) ?? new Map<Shard, Set<Sequence>>();
    const first = firstTogether(sequence.shard);
    const joined = asking.get(first);
    if (joined !== undefined) {
      joined.add(sequence);
      return;
    }
    const all = new Set([sequence]);
    this.#asking.set(session, asking.set(first, all));
    this.#parts.askTime(sequence.shard, (ending) => {
      asking.delete(first);
      if (asking.size === 0) this.#asking.delete(session);
      this.#told(session, sequence, ending);
      // Who still waits was not told of, and asks for itself.
      const now = this.#parts.clock.now();
      for (const other of all) if (other.hasWaiters && other.needsTime(now)) this.#ask(session, other);
    });
  }

  #told(session: ClientSession, sequence: Sequence, ending: Ending): void {
    if (ending.kind === "refused") sequence.refuseWaiters(ending.refusal);
    if (ending.kind !== "result") return;
    const times = timesOf(ending.bytes);
    if ("why" in times) sequence.refuseWaiters(times);
    else session.learnTimes(times, this.#parts.clock.now());
  }
}

function timesOf(bytes: Uint8Array): ShardTimes | Refused {
  try {
    return decodeShardTimes(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return refused("bad_request", `The group's answer to what time it is cannot be read: ${error.message}`);
  }
}
