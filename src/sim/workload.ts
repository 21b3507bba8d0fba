import { getU64, putU64 } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import { lastIndex, termAt } from "../raft/log.ts";
import type { Entry, LogIndex, Term } from "../raft/types.ts";
import type { Member } from "../rsm/member.ts";
import { violate } from "./oracle/violation.ts";
import { serverName } from "./oracle/watched.ts";
import type { Asker } from "./settle.ts";
import type { WatchedCluster } from "./watched-cluster.ts";

export interface WorkloadPlan {
  readonly proposalsPerS: number;
  readonly readsPerS: number;
  /** A command has 8 bytes, which are its number, to so many. */
  readonly bytesMax: number;
  /** Commands in one turn. */
  readonly burst: number;
  /** How many of all calls go to any server instead of those that lead. */
  readonly anywhere: number;
  /** Whether a new leader proposes an empty entry, so that it can commit what it inherited and answer reads. */
  readonly emptyEntries: boolean;
}

/** A command that a server has taken. */
interface Taken {
  readonly number: number;
  readonly term: Term;
}

/** A command that was applied where it was proposed, so that its client has heard of it. */
export interface Acknowledged {
  readonly number: number;
  readonly index: LogIndex;
}

/** The clients of a cluster: numbered commands and reads. Every call runs inside the server's own life, as a request would. */
export class Workload implements Asker {
  readonly #cluster: () => WatchedCluster;
  readonly #plan: WorkloadPlan;
  readonly #rng: Rng;
  /** By server and index: what waits there for its result. It dies with the server. */
  readonly #waiting: Map<LogIndex, Taken>[];
  /** By server: the reads that it has taken and neither answered nor given up. They die with the server. */
  readonly #reading: Set<number>[];
  /** Where each command was committed; 0 for nowhere yet. */
  readonly #places: LogIndex[] = [0];
  readonly #acknowledged: Acknowledged[] = [];
  #contexts = 0;
  #highest: LogIndex = 0;
  #active = false;

  /** The cluster is asked for at the first call, because it and this one know each other. */
  constructor(cluster: () => WatchedCluster, size: number, plan: WorkloadPlan, rng: Rng) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#rng = rng;
    this.#waiting = Array.from({ length: size }, () => new Map());
    this.#reading = Array.from({ length: size }, () => new Set());
  }

  get acknowledged(): readonly Acknowledged[] {
    return this.#acknowledged;
  }

  /** Commands that servers were given. */
  get proposed(): number {
    return this.#places.length - 1;
  }

  /** Where a command was committed; 0 for nowhere. */
  placeOf(number: number): LogIndex {
    return this.#places[number] ?? 0;
  }

  start(): void {
    this.#active = true;
    this.#repeat(this.#plan.proposalsPerS / this.#plan.burst, () => this.#proposeSome(this.#plan.burst));
    if (this.#plan.readsPerS > 0) this.#repeat(this.#plan.readsPerS, () => this.#readSome());
  }

  stop(): void {
    this.#active = false;
  }

  /** One command, to whoever leads. */
  proposeOne(): void {
    this.#proposeSome(1);
  }

  /** A server has become a leader. */
  elected(at: number): void {
    if (!this.#plan.emptyEntries) return;
    this.#call(at, (member) => void member.propose(new Uint8Array(0)));
  }

  /** A server has begun a new life. */
  restarted(at: number): void {
    this.#waiting[at]?.clear();
    this.#reading[at]?.clear();
  }

  /** A server has answered a read, or given it up. */
  readEnded(at: number, context: number): void {
    this.#reading[at]?.delete(context);
  }

  /** A server that has taken something and neither answered it, nor given it up, nor lost it with its log. */
  pending(isLost: (server: number) => boolean): string | undefined {
    for (const at of this.#cluster().sim.servers.keys()) {
      const what = isLost(at) ? undefined : this.#pendingAt(at);
      if (what !== undefined) return `${serverName(at)} has not ended ${what}`;
    }
    return undefined;
  }

  #pendingAt(at: number): string | undefined {
    const state = this.#cluster().sim.member(at)?.raft?.state;
    if (state === undefined) return undefined;
    const [read] = this.#reading[at] ?? [];
    if (read !== undefined) return `the read ${read}`;
    const last = lastIndex(state.log);
    const command = [...(this.#waiting[at] ?? [])].find(([index, { term }]) => index <= last && termAt(state.log, index) === term);
    return command === undefined ? undefined : `the command ${command[1].number}`;
  }

  /** A server has applied an entry. */
  applied(at: number, entry: Entry): void {
    if (entry.index > this.#highest) this.#committed(entry);
    const waiting = this.#waiting[at] as Map<LogIndex, Taken>;
    const taken = waiting.get(entry.index);
    if (taken === undefined) return;
    waiting.delete(entry.index);
    if (taken.term !== entry.term) return;
    if (numberOf(entry.data) !== taken.number)
      violate("R5", `${serverName(at)} gives entry ${entry.index} of term ${entry.term} another command than it had there`);
    this.#acknowledged.push({ number: taken.number, index: entry.index });
  }

  /** An entry is applied for the first time: somebody has proposed it, and it is committed once. */
  #committed(entry: Entry): void {
    this.#highest = entry.index;
    if (entry.data.length === 0) return;
    const number = numberOf(entry.data);
    const place = this.#places[number];
    if (place === undefined) violate("R5", `entry ${entry.index} holds a command that nobody has proposed`);
    if (place !== 0) violate("R5", `one proposal is committed twice, at ${place} and at ${entry.index}`);
    this.#places[number] = entry.index;
  }

  #repeat(perS: number, act: () => void): void {
    this.#cluster().sim.world.post(this.#rng.exponential(1000 / perS), () => {
      if (!this.#active) return;
      act();
      this.#repeat(perS, act);
    });
  }

  #proposeSome(count: number): void {
    for (const at of this.#targets()) {
      this.#call(at, (member) => {
        for (let i = 0; i < count; i += 1) this.#propose(at, member);
      });
    }
  }

  #propose(at: number, member: Member): void {
    const number = this.#places.length;
    const data = new Uint8Array(this.#rng.int(8, this.#plan.bytesMax));
    putU64(data, 0, number);
    this.#places.push(0);
    const proposal = member.propose(data);
    if (proposal.ok) this.#waiting[at]?.set(proposal.index, { number, term: proposal.term });
  }

  #readSome(): void {
    const cluster = this.#cluster();
    for (const at of this.#targets()) {
      this.#call(at, (member) => {
        this.#contexts += 1;
        cluster.oracle.readBegan(at, this.#contexts);
        const context = this.#contexts;
        this.#reading[at]?.add(context);
        if (!member.readIndex(context).ok) this.#reading[at]?.delete(context);
      });
    }
  }

  /** Everybody who thinks that he leads; sometimes anybody. */
  #targets(): number[] {
    const { servers } = this.#cluster().sim;
    if (this.#plan.anywhere > 0 && this.#rng.chance(this.#plan.anywhere)) return [this.#rng.int(0, servers.length - 1)];
    return servers.flatMap(({ member }, at) => (member?.raft?.state.role === "leader" ? [at] : []));
  }

  #call(at: number, act: (member: Member) => void): void {
    const { process } = this.#cluster().sim.server(at);
    process.env()?.clock.after(0, () => {
      const { member } = this.#cluster().sim.server(at);
      if (member !== undefined) act(member);
    });
  }
}

function numberOf(data: Uint8Array): number {
  return data.length < 8 ? 0 : getU64(data, 0);
}
