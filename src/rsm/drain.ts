import type { ReplicaId } from "../base/ids.ts";
import type { Trace } from "../base/trace.ts";
import type { Cancel, Clock } from "../env/clock.ts";
import type { RaftState } from "../raft/state.ts";
import { successors } from "../raft/transfer.ts";
import type { Term } from "../raft/types.ts";
import type { Member } from "./member.ts";
import type { ReplicaOptions } from "./options.ts";
import { notLeader } from "./readings.ts";
import type { Refused } from "./state/state-machine.ts";

export interface DrainParts {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly member: Member;
  readonly options: Pick<ReplicaOptions, "member" | "drainMs" | "lingerMs">;
  /** Whether somebody waits here for an answer. */
  readonly isWaitedFor: () => boolean;
  /** Runs once: this replica can end, and nobody will miss it. */
  readonly done: () => void;
}

/** How often one looks whether it is over. */
const lookMs = 5;

/**
 * A replica on its way out: it takes nothing more in, has another one lead if it leads, and sees to it that everything that it had taken
 * in is answered. It goes on as a member of its group until then, and for a little longer as one who says where to ask: whoever asks
 * it must not find silence.
 */
export class Drain {
  readonly #parts: DrainParts;
  readonly #begun: number;
  /** Who was asked to take over from the leader of `#term`, in vain or not. */
  readonly #asked = new Set<ReplicaId>();
  #term: Term = 0;
  /** When this replica was last seen to lead. */
  #ledAt = -Infinity;
  #cancel: Cancel | undefined;

  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#begun = parts.clock.now();
  }

  start(): void {
    this.#parts.trace("replica: drains", { leads: this.#state?.role === "leader" });
    this.#look();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** What every call is answered from now on, with whom to ask instead. It does nothing. */
  get refusal(): Refused {
    const state = this.#state;
    const leader = state?.transfer?.to ?? state?.leader;
    return notLeader(leader === state?.id ? undefined : leader);
  }

  /** Of a replica that takes part. */
  get #state(): Readonly<RaftState> | undefined {
    const { member } = this.#parts;
    return member.phase === "running" ? member.raft?.state : undefined;
  }

  #look(): void {
    const { clock, trace, options, done } = this.#parts;
    const state = this.#state;
    const hopes = state?.role === "leader" && this.#giveAway(state);
    const ms = clock.now() - this.#begun;
    if (!this.#isOver(state, hopes) && ms < options.drainMs) {
      this.#cancel = clock.after(lookMs, () => this.#look());
      return;
    }
    trace("replica: has drained", { ms: Math.round(ms), leader: state?.leader });
    done();
  }

  /** Asks one follower after the other to take over; whether there is still one to hope for. */
  #giveAway(state: Readonly<RaftState>): boolean {
    if (state.term !== this.#term) this.#asked.clear();
    this.#term = state.term;
    if (state.transfer !== undefined) return true;
    const to = successors(state).find((each) => !this.#asked.has(each));
    if (to === undefined) return false;
    this.#asked.add(to);
    return this.#parts.member.transfer(to);
  }

  /** `hopes`: it leads, and somebody may take over. */
  #isOver(state: Readonly<RaftState> | undefined, hopes: boolean): boolean {
    const { clock, options, isWaitedFor } = this.#parts;
    if (hopes) this.#ledAt = clock.now();
    if (hopes || isWaitedFor()) return false;
    if (state === undefined || state.role === "leader") return true;
    // Its vote may be needed, and then its word about who leads; but nobody may lead for long.
    const { tickMs, raft } = options.member;
    const restMs = state.leader === undefined ? raft.electionTicks * tickMs : options.lingerMs;
    return clock.now() - this.#ledAt >= restMs;
  }
}
