import type { ReplicaId } from "../../base/ids.ts";
import type { Clock } from "../../env/clock.ts";
import type { Raft } from "../../raft/raft.ts";
import type { LogIndex, Term } from "../../raft/types.ts";

/** A follower that has its snapshot, and not yet what was logged since. */
interface Follower {
  readonly term: Term;
  match: LogIndex;
  /** When it was seen to have come so far. */
  since: number;
}

/**
 * Followers that have just been sent a snapshot. What was logged while it was sent is kept for them: were it dropped at once, a follower
 * would need another snapshot for it, and under steady writes that never ends.
 */
export class CatchingUp {
  readonly #raft: Raft;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #followers = new Map<ReplicaId, Follower>();

  /** A follower that comes no further for `idleMs` is kept nothing for. */
  constructor(raft: Raft, clock: Clock, idleMs: number) {
    this.#raft = raft;
    this.#clock = clock;
    this.#idleMs = idleMs;
  }

  begin(follower: ReplicaId): void {
    const { term, progress } = this.#raft.state;
    const match = progress.get(follower)?.match;
    if (match !== undefined) this.#followers.set(follower, { term, match, since: this.#clock.now() });
  }

  /** What is needed of the log is behind this index, where it is to be dropped up to `wanted`; undefined when nothing is. */
  pinned(wanted: LogIndex): LogIndex | undefined {
    let lowest: LogIndex | undefined;
    for (const [id, follower] of this.#followers) {
      if (!this.#isComing(id, follower) || follower.match >= wanted) this.#followers.delete(id);
      else if (lowest === undefined || follower.match < lowest) lowest = follower.match;
    }
    return lowest;
  }

  clear(): void {
    this.#followers.clear();
  }

  #isComing(id: ReplicaId, follower: Follower): boolean {
    const { role, term, progress, log } = this.#raft.state;
    const match = role === "leader" && term === follower.term ? progress.get(id)?.match : undefined;
    if (match === undefined || match < log.mark.index) return false;
    const now = this.#clock.now();
    if (match > follower.match) [follower.match, follower.since] = [match, now];
    return now - follower.since < this.#idleMs;
  }
}
