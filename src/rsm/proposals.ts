import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { hash32 } from "../base/hash.ts";
import type { ServerId } from "../base/ids.ts";
import type { LogIndex, Term } from "../raft/types.ts";

/** Somebody who waits for what becomes of a request. */
export interface Caller {
  readonly from: ServerId;
  readonly call: number;
}

/** A call of a client to execute a command. */
export interface Arrived extends Caller {
  /** The request's. */
  readonly bytes: Uint8Array;
}

/** What a request costs besides its bytes: those of so many take as long as all else of it. */
const requestCost = 4096;

/** What it costs to serve a request, in bytes. */
export function costOf({ bytes }: Arrived): number {
  return requestCost + bytes.length;
}

/** Another attempt of a request that waits already. Its bytes need not be as many: only the name is the same. */
export interface Joined extends Caller {
  readonly bytes: number;
}

/** A request that this replica has put into its log, and that is not applied yet. */
export interface Waiting extends Caller {
  readonly index: LogIndex;
  readonly term: Term;
  /** What names the request. */
  readonly name: Uint8Array;
  readonly bytes: number;
  /** Other attempts of the same request. */
  joined: Joined[] | undefined;
}

/** How much of what waits may stand in the log: see `ReplicaOptions`. */
export interface LogRoom {
  readonly loggedMax: number;
  readonly loggedBytesMax: number;
}

/** How many empty places the queue may begin with. */
const slackMax = 1024;

/** The requests that wait for their entries, which stand in the log in the same order. */
export class Proposals {
  readonly #room: LogRoom;
  /** From `#first` on; what stands before that is gone, lest it keep the memory of its entry. */
  #queue: (Waiting | undefined)[] = [];
  #first = 0;
  /** By the hash of its name; of several that have the same, one. */
  readonly #byName = new Map<number, Waiting>();
  #calls = 0;
  #bytes = 0;

  constructor(room: LogRoom) {
    this.#room = room;
  }

  /** Calls that wait. */
  get calls(): number {
    return this.#calls;
  }

  /** The bytes of the entries that are waited for. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the log has room for a request of so many bytes. One that is too large for it has the room when nothing else does. */
  hasRoomFor(bytes: number): boolean {
    const { loggedMax, loggedBytesMax } = this.#room;
    return this.#calls < loggedMax && (this.#bytes === 0 || this.#bytes + bytes <= loggedBytesMax);
  }

  add(waiting: Waiting): void {
    const last = this.#queue[this.#queue.length - 1];
    assert(last === undefined || last.index < waiting.index, "what is proposed later stands later in the log");
    this.#queue.push(waiting);
    this.#byName.set(hash32(waiting.name), waiting);
    this.#calls += 1;
    this.#bytes += waiting.bytes;
  }

  /** The request of that name that is waiting; one that nobody finds costs an entry, and nothing else. */
  named(name: Uint8Array): Waiting | undefined {
    const waiting = this.#byName.get(hash32(name));
    return waiting !== undefined && equalBytes(waiting.name, name) ? waiting : undefined;
  }

  /** Another attempt of a request waits with it. */
  join(waiting: Waiting, caller: Joined): void {
    waiting.joined ??= [];
    waiting.joined.push(caller);
    this.#calls += 1;
  }

  /** What waited for the entry at `index`, which is applied now; it waits no more. */
  take(index: LogIndex): Waiting | undefined {
    const waiting = this.#queue[this.#first];
    if (waiting === undefined || waiting.index > index) return undefined;
    assert(waiting.index === index, "entries are applied in order");
    this.#queue[this.#first] = undefined;
    this.#first += 1;
    if (this.#first > slackMax && 2 * this.#first > this.#queue.length) {
      this.#queue.splice(0, this.#first);
      this.#first = 0;
    }
    this.#forget(waiting);
    return waiting;
  }

  /** Everything that waited; it waits no more. */
  takeAll(): Waiting[] {
    const all = this.#queue.slice(this.#first) as Waiting[];
    this.#queue = [];
    this.#first = 0;
    for (const waiting of all) this.#forget(waiting);
    return all;
  }

  #forget(waiting: Waiting): void {
    const hash = hash32(waiting.name);
    if (this.#byName.get(hash) === waiting) this.#byName.delete(hash);
    this.#calls -= 1 + (waiting.joined?.length ?? 0);
    this.#bytes -= waiting.bytes;
  }
}
