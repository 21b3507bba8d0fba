import { quorumSize } from "../raft/membership.ts";
import { type MemberOptionsGiven, memberOptions } from "../rsm/options.ts";
import type { Lives } from "./lives.ts";
import { calmLink } from "./network/link.ts";
import { violate } from "./oracle/violation.ts";
import type { SimServer } from "./cluster.ts";
import type { ProcessOptions } from "./process.ts";
import type { WatchedCluster } from "./watched-cluster.ts";
import type { World } from "./world.ts";

/** How far a healed cluster has come. */
export interface Settled {
  /** Milliseconds until a majority followed one leader. */
  readonly leaderMs: number;
  /** Milliseconds until everybody was the same. */
  readonly equalMs: number;
}

/** Whoever asks a cluster for something. */
export interface Asker {
  /** Asks for something new to be committed. */
  proposeOne(): void;
  /** What was asked for and has not ended, in words that say who and what; of servers that are not lost for ever. */
  pending(isLost: (server: number) => boolean): string | undefined;
}

/** How often a healed cluster is looked at. */
export const lookMs = 50;
/** A command that has not been applied everywhere by then is given up, and another one proposed. */
const patienceMs = 1000;
/**
 * Before an election can be expected: the dead read their disks, and the last packets arrive that were under way, copies of a deposed
 * leader's appends among them, which keep its followers faithful.
 */
const quietMs = calmLink.lateCopyMaxMs + 1000;

/** An election is over by then where nothing goes wrong, however slow a server's clock is. */
export function electionMsOf(given: MemberOptionsGiven | undefined, process: Partial<ProcessOptions>): number {
  const { raft, tickMs } = memberOptions(given);
  return (2 * raft.electionTicks * tickMs) / (process.rateMin ?? 0.9);
}

/** Within so much time the rows of an abandoned snapshot are deleted. */
const clearingMs = 2000;

/**
 * Lets so much time pass that nothing is left of snapshots that nobody continues: a timer finds them, by a slow clock perhaps, and
 * then they are cleared little by little.
 */
export function letClear(world: World, members: readonly (MemberOptionsGiven | undefined)[]): void {
  const idleMs = members.map((member) => memberOptions(member).snapshotIdleMs);
  world.runFor(2 * Math.max(...idleMs) + clearingMs);
}

/**
 * Demands progress of a cluster in which nothing goes wrong any more: a leader (L1), an end of every read and command that a server
 * has taken (L2), everybody at the same index with the same state (L3), and nobody left waiting for a snapshot (L5).
 */
export class Settling {
  readonly #cluster: WatchedCluster;
  readonly #lives: Lives;
  readonly #asker: Asker;
  readonly #electionMs: number;
  readonly #healedAt: number;
  readonly #start: number;
  #proposeAt: number;
  #leaderMs: number | undefined;

  constructor(cluster: WatchedCluster, lives: Lives, asker: Asker, electionMs: number) {
    this.#cluster = cluster;
    this.#lives = lives;
    this.#asker = asker;
    this.#electionMs = electionMs;
    this.#healedAt = this.#proposeAt = cluster.sim.world.now;
    this.#start = cluster.oracle.ledger.commit;
  }

  /** Lets time pass until everything is as it should be; throws a `Violation` when it takes longer than `settleMs`. */
  run(settleMs: number): Settled {
    const { world } = this.#cluster.sim;
    const end = world.now + settleMs;
    for (;;) {
      const settled = this.look();
      if (settled !== undefined) return settled;
      if (world.now >= end) this.stuck(settleMs);
      world.runFor(lookMs);
    }
  }

  /** Looks whether everything is as it should be, and sees to it that there is something to do; to be called every `lookMs`. */
  look(): Settled | undefined {
    const { world } = this.#cluster.sim;
    this.#demandLeader();
    if (this.#isSettled(this.#start)) {
      const equalMs = world.now - this.#healedAt;
      return { leaderMs: this.#leaderMs ?? equalMs, equalMs };
    }
    if (world.now >= this.#proposeAt && this.#cluster.sim.leader !== undefined) {
      this.#asker.proposeOne();
      this.#proposeAt = world.now + patienceMs;
    }
    return undefined;
  }

  /** Servers that take part again; those whose directory was taken from them need not. */
  get #members(): SimServer[] {
    return this.#cluster.sim.servers.filter((_, at) => !this.#lives.isLost(at));
  }

  #demandLeader(): void {
    if (this.#leaderMs !== undefined) return;
    const passed = this.#cluster.sim.world.now - this.#healedAt;
    const leader = this.#cluster.sim.leader;
    const followers = this.#members.filter(({ member }) => member?.raft?.state.leader === leader);
    const membership = this.#members[0]?.member?.raft?.state.membership;
    if (leader !== undefined && membership !== undefined && followers.length >= quorumSize(membership)) this.#leaderMs = passed;
    else if (passed > quietMs + 10 * this.#electionMs)
      violate("L1", `${passed} ms after everything was healed no majority follows a leader`);
  }

  /** Whether something new was committed, and everybody has applied all of it. */
  #isSettled(start: number): boolean {
    const { commit } = this.#cluster.oracle.ledger;
    if (commit <= start) return false;
    if (!this.#members.every((server) => this.#isEqual(server, commit)) || this.#laggard() !== undefined) return false;
    return this.#pending() === undefined;
  }

  /** Something that was asked for and has not ended. */
  #pending(): string | undefined {
    return this.#asker.pending((at) => this.#lives.isLost(at));
  }

  #isEqual({ member }: SimServer, commit: number): boolean {
    const state = member?.raft?.state;
    return member?.phase === "running" && state?.applied === commit && state.commit === commit;
  }

  /** A follower that its leader does not take for one that has everything. */
  #laggard(): number | undefined {
    const leader = this.#cluster.sim.leader;
    const state = leader === undefined ? undefined : this.#cluster.sim.member(leader)?.raft?.state;
    if (state === undefined) return undefined;
    for (const [to, progress] of state.progress) {
      if (!this.#lives.isLost(to) && (progress.state !== "replicate" || progress.match < state.commit)) return to;
    }
    return undefined;
  }

  /** Throws what keeps it from being settled. */
  stuck(settleMs: number): never {
    const { commit } = this.#cluster.oracle.ledger;
    const late = this.#cluster.sim.servers.findIndex((server, at) => !this.#lives.isLost(at) && !this.#isEqual(server, commit));
    const member = late < 0 ? undefined : this.#cluster.sim.member(late);
    if (late >= 0) {
      const where = member?.raft === undefined ? "has not read its disk" : `has applied ${member.raft.state.applied}`;
      violate(
        "L3",
        `${settleMs} ms after everything was healed ${this.#cluster.sim.server(late).id} (${member?.phase ?? "dead"}) ${where} of ${commit}`,
      );
    }
    const laggard = this.#laggard();
    if (laggard !== undefined)
      violate("L5", `${settleMs} ms after everything was healed ${this.#cluster.sim.server(laggard).id} is not replicated to as usual`);
    const pending = this.#pending();
    if (pending !== undefined) violate("L2", `${settleMs} ms after everything was healed ${pending}`);
    violate("L3", `${settleMs} ms after everything was healed nothing new is committed behind ${commit}`);
  }
}
