import { assert, present } from "../base/assert.ts";
import type { Proposal } from "../raft/raft.ts";
import type { Entry } from "../raft/types.ts";
import type { Answers } from "./answers.ts";
import type { Answer } from "./client-wire.ts";
import { FairQueue } from "./fair-queue.ts";
import type { ReplicaOptions } from "./options.ts";
import { type Arrived, costOf, type Joined, Proposals, type Waiting } from "./proposals.ts";
import { notLeader } from "./readings.ts";
import { nameOfRequest } from "./session/entry.ts";
import type { Applied } from "./session/sessions.ts";
import { Shares } from "./shares.ts";
import { refused, type Refused } from "./state/state-machine.ts";

/** What a leader's requests need of it. */
export interface RequestsDeps {
  readonly answers: Answers;
  readonly limits: Pick<ReplicaOptions, "proposalsMax" | "proposalBytesMax" | "loggedMax" | "loggedBytesMax">;
  /** The entry of a request that goes into the log now. */
  readonly entry: (request: Uint8Array) => Uint8Array;
  /** Why such an entry cannot go into the log, if it cannot. */
  readonly refuse: (entry: Uint8Array) => Refused | undefined;
  readonly propose: (entry: Uint8Array) => Proposal;
}

/**
 * The requests of clients, from when a leader takes them in until they are answered: each waits for room in the log, is put into it, and
 * waits there for its entry to be applied. All that was taken in is answered once, as long as the replica lives: with what became of it,
 * or when the replica leads no more.
 */
export class Requests {
  readonly #deps: RequestsDeps;
  /** What each client has under way here. */
  readonly #shares: Shares;
  /** Requests that wait for room in the log. */
  readonly #arrived = new FairQueue<Arrived>();
  readonly #proposals: Proposals;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
    this.#proposals = new Proposals(deps.limits);
    this.#shares = new Shares({ callsMax: deps.limits.proposalsMax, bytesMax: deps.limits.proposalBytesMax });
  }

  /** Calls that wait for their answers. */
  get calls(): number {
    return this.#shares.calls;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#shares.bytes;
  }

  /** Those of the calls whose entry stands in the log. */
  get logged(): number {
    return this.#proposals.calls;
  }

  /** Takes a request in, or refuses it; only who leads is asked to. It goes into the log at once, unless others wait to do so. */
  arrive(arrived: Arrived): Refused | undefined {
    const { from, bytes } = arrived;
    if (!this.#shares.admits(from, bytes.length)) return refused("overloaded", "too many requests are waiting");
    const waits = this.#arrived.count > 0 || !this.#proposals.hasRoomFor(bytes.length);
    const refusal = waits ? undefined : this.#propose(arrived);
    if (refusal !== undefined) return refusal;
    this.#shares.enter(from, bytes.length);
    if (waits) this.#arrived.push(from, arrived, costOf(arrived));
    return undefined;
  }

  /** Puts into the log what has waited for room in it. */
  proposeArrived(): void {
    for (let arrived = this.#arrived.next; arrived !== undefined; arrived = this.#arrived.next) {
      if (!this.#proposals.hasRoomFor(arrived.bytes.length)) return;
      this.#arrived.take();
      const refusal = this.#propose(arrived);
      if (refusal !== undefined) this.#turnAway(arrived, refusal);
    }
  }

  /** Answers whoever waits for `entry`, which was applied with that outcome: `undefined` where it is no request's. */
  applied(entry: Entry, applied: Applied | undefined): void {
    const waiting = this.#proposals.take(entry.index);
    if (waiting === undefined) return;
    assert(waiting.term === entry.term, "what a leader waits for is what it has proposed");
    this.#tell(waiting, answerOf(present(applied, "a request that waits is applied as one")));
  }

  /** The replica leads no more. What it has put into its log may be committed by others, or not; what waits for room will never be. */
  giveUp(): void {
    for (const waiting of this.#proposals.takeAll()) this.#tell(waiting, { kind: "unknown" });
    for (const arrived of this.#arrived.takeAll()) this.#turnAway(arrived, notLeader(undefined));
  }

  #propose({ from, call, bytes }: Arrived): Refused | undefined {
    const data = this.#deps.entry(bytes);
    const malformed = this.#deps.refuse(data);
    if (malformed !== undefined) return malformed;
    const name = nameOfRequest(data);
    const same = this.#proposals.named(name);
    if (same !== undefined) {
      // One entry is enough for both. Whether a request was executed before is decided where it is applied, never here.
      this.#proposals.join(same, { from, call, bytes: bytes.length });
      return undefined;
    }
    const proposal = this.#deps.propose(data);
    if (!proposal.ok) return proposal.why === "not_leader" ? notLeader(proposal.leader) : refused("overloaded", "the log is too far ahead");
    const { index, term } = proposal;
    this.#proposals.add({ from, call, index, term, name, bytes: bytes.length, joined: undefined });
    return undefined;
  }

  /** A request that waited does not come into the log. */
  #turnAway({ from, call, bytes }: Arrived, refusal: Refused): void {
    this.#tellOne({ from, call, bytes: bytes.length }, { kind: "refused", refusal });
  }

  #tell(waiting: Waiting, answer: Answer): void {
    this.#tellOne(waiting, answer);
    if (waiting.joined !== undefined) for (const joined of waiting.joined) this.#tellOne(joined, answer);
  }

  #tellOne({ from, call, bytes }: Joined, answer: Answer): void {
    this.#shares.leave(from, bytes);
    this.#deps.answers.add(from, call, answer);
  }
}

function answerOf(applied: Applied): Answer {
  if (applied instanceof Uint8Array) return { kind: "result", bytes: applied };
  return applied.ok ? { kind: "lost" } : { kind: "refused", refusal: applied };
}
