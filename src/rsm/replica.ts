import { assert, present, unreachable } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import type { KeyRange, WriteOp } from "../env/storage.ts";
import type { Entry, LogIndex, Term } from "../raft/types.ts";
import { Answers } from "./answers.ts";
import type { Call } from "./client-wire.ts";
import { decodeEntry, expireEntry, machineEntry, openingEntry, requestEntry, type SessionName, stampOf } from "./session/entry.ts";
import { Drain } from "./drain.ts";
import { Expiry } from "./session/expiry.ts";
import type { GroupService } from "./host.ts";
import type { Unusable } from "./identity.ts";
import { LeaderTime } from "./leader-time.ts";
import type { Machine, ReadRow } from "./machine.ts";
import { Member } from "./member.ts";
import type { Identity, ReplicaOptions } from "./options.ts";
import { notLeader, Readings } from "./readings.ts";
import { refuseEntry } from "./request-check.ts";
import { Requests } from "./requests.ts";
import { Keys, type StateRow } from "./log/rows.ts";
import { type Applied, Sessions } from "./session/sessions.ts";
import { encodeShardTimes, type ShardTimes, timesAround } from "./shard-times.ts";
import { ownRows, type StateReader, type StateView } from "./state/state.ts";
import { StateRows } from "./state/state-rows.ts";
import { StateScan } from "./state/state-scan.ts";
import type { Refused, Shard, StateMachine } from "./state/state-machine.ts";
import { Views } from "./state/views.ts";

/** How much a replica has before it. */
export interface ReplicaLoad {
  /** Calls that wait for a request to be applied. */
  readonly requests: number;
  /** Of the entries that are waited for. */
  readonly requestBytes: number;
  /** Queries that wait or are under way. */
  readonly queries: number;
}

/**
 * One replica of a group that runs a state machine for clients: a member of the group's log, sessions that see to it that every
 * command is executed once, and queries that are answered by whoever leads. It knows no command's meaning.
 *
 * What it answers is what rule S9 allows. `refused`: this attempt has left nothing behind, or was applied and refused. `unknown`: this
 * replica has lost the leadership while the attempt was in its log, and whoever leads next may still commit it. Whether a request as
 * a whole was not executed only its client can say.
 */
export class Replica<Command, Query> implements Machine, GroupService {
  readonly member: Member;
  readonly #env: Env;
  readonly #options: ReplicaOptions;
  readonly #machine: StateMachine<Command, Query>;
  readonly #keys: Keys;
  readonly #rows: StateRows;
  readonly #sessions: Sessions;
  readonly #answers: Answers;
  readonly #requests: Requests;
  readonly #readings: Readings;
  readonly #leaderTime = new LeaderTime();
  readonly #expiry: Expiry | undefined;
  #views: Views | undefined;
  #drain: Drain | undefined;
  /** The term that this replica leads; 0 while it leads none. */
  #leads: Term = 0;
  /** The newest term whose first entry was applied. */
  #opened: Term = 0;

  constructor(
    env: Env,
    identity: Identity,
    options: ReplicaOptions,
    machine: StateMachine<Command, Query>,
    unusable?: (found: Unusable) => void,
  ) {
    this.#env = env;
    this.#options = options;
    this.#machine = machine;
    this.#keys = new Keys(identity.group);
    this.#rows = new StateRows(() => undefined, options.rowCacheBytesMax, env.rng.fork("rows").u32());
    this.#sessions = new Sessions(machine);
    this.#answers = new Answers(env, identity.group);
    this.#requests = new Requests({
      answers: this.#answers,
      limits: options,
      entry: (bytes) => requestEntry(this.#stamp(), bytes),
      refuse: (entry) => refuseEntry(machine, entry),
      propose: (entry) => this.member.propose(entry),
    });
    this.#readings = new Readings({ readIndex: (context) => this.member.readIndex(context), answers: this.#answers, limits: options });
    this.#expiry = this.#makeExpiry();
    this.member = new Member(env, identity, options.member, this, unusable);
  }

  /** The group's log time as of everything applied. */
  get time(): number {
    return this.#sessions.time;
  }

  /** Sessions that the group keeps. */
  get sessions(): number {
    return this.#sessions.count;
  }

  /** What clients wait for here. */
  get load(): ReplicaLoad {
    const { calls, bytes } = this.#requests;
    return { requests: calls, requestBytes: bytes, queries: this.#readings.count };
  }

  /**
   * The term that this replica leads, as soon as it has applied the first entry of it: it knows then everything that was committed
   * before. Undefined while it does not.
   */
  get leading(): Term | undefined {
    return this.#leads !== 0 && this.#opened === this.#leads ? this.#leads : undefined;
  }

  start(): void {
    this.member.start();
  }

  /**
   * Takes nothing more from clients, and has another replica lead if this one does. `done` runs when everything that it had taken in is
   * answered, and those who ask it know whom to ask instead; after `drainMs` in any case. It goes on as a member until it is stopped.
   */
  drain(done: () => void): void {
    assert(this.#drain === undefined, "a replica drains once");
    this.#drain = new Drain({
      clock: this.#env.clock,
      trace: this.#env.trace,
      member: this.member,
      options: this.#options,
      isWaitedFor: () => this.#requests.calls + this.#readings.count > 0,
      done: () => {
        this.#answers.flush();
        done();
      },
    });
    this.#drain.start();
  }

  /** Takes no further input, and says nothing more, neither to members nor to clients. */
  stop(): void {
    this.#drain?.stop();
    this.#expiry?.stop();
    this.#answers.stop();
    this.member.stop();
  }

  /** Logs a command of the machine's own, if this replica leads. The entry may still be lost, and nobody is told. */
  proposeOwn(command: Uint8Array): boolean {
    return this.#isLeading() && this.member.propose(machineEntry(this.#stamp(), command)).ok;
  }

  /** Shows the state as of everything applied to the machine's own part of the leader, until it calls `done`; not at all before the start. */
  look(use: (view: StateView, done: () => void) => void): void {
    const views = this.#views;
    if (views === undefined) return;
    const view = views.make();
    views.keepOpen(view);
    use(view, () => view.close());
  }

  // ---- clients

  receive(from: ServerId, calls: readonly Call[]): void {
    let [isOverloaded, refusedBytes] = [false, 0];
    const draining = this.#drain?.refusal;
    for (const call of calls) {
      const refusal = draining ?? (call.kind === "request" ? this.#arrive(from, call) : this.#ask(from, call));
      if (refusal === undefined) continue;
      this.#answers.add(from, call.id, { kind: "refused", refusal });
      isOverloaded ||= refusal.why === "overloaded";
      refusedBytes += call.kind === "time" ? 0 : call.bytes.length;
    }
    // Of those who wait somebody may ask for so little that there is room for it.
    this.#requests.proposeArrived();
    const { refusedBytesMax, restMs } = this.#options;
    if (isOverloaded || refusedBytes > refusedBytesMax) this.#env.transport.rest?.(from, restMs);
  }

  #arrive(from: ServerId, { id, bytes }: Extract<Call, { kind: "request" }>): Refused | undefined {
    if (!this.#isLeading()) return notLeader(this.member.raft?.state.leader);
    return this.#requests.arrive({ from, call: id, bytes });
  }

  #ask(from: ServerId, call: Exclude<Call, { kind: "request" }>): Refused | undefined {
    if (call.kind === "time") {
      return this.#readings.ask(from, call.id, (view, reply) => {
        const home = this.#machine.home(call.shard, view);
        reply(home.ok ? encodeShardTimes(this.#timesAround(call.shard, view)) : home);
      });
    }
    const query = this.#machine.decodeQuery(call.bytes);
    if (!query.ok) return query;
    const isLong = this.#machine.takesLong?.(query.value) === true;
    return this.#readings.ask(from, call.id, (view, reply) => this.#machine.query(query.value, view, reply), isLong);
  }

  #timesAround(shard: Shard, view: StateReader): ShardTimes {
    const time = this.#stamp();
    return timesAround(shard, (other) => {
      const home = this.#machine.home(other, view);
      return home.ok ? time + home.timeOffset : undefined;
    });
  }

  // ---- the machine of a member

  apply(entries: readonly Entry[], _: ReadRow, rows: WriteOp[], prefix: Uint8Array): void {
    const views = this.#views;
    this.#rows.begin(views?.any === true ? views.changing : undefined);
    for (const entry of entries) this.#requests.applied(entry, this.#apply(entry));
    this.#sessions.flush(this.#rows);
    this.#rows.emit(rows, prefix);
  }

  #apply(entry: Entry): Applied | undefined {
    const logged = decodeEntry(entry.data);
    this.#sessions.passTime(logged.stamp);
    switch (logged.kind) {
      case "opening":
        this.#sessions.setLimits(logged.limits);
        this.#opened = entry.term;
        return undefined;
      case "request":
        return this.#sessions.apply(logged.request, this.#rows);
      case "expire":
        this.#sessions.expire(logged.sessions, this.#rows);
        return undefined;
      case "machine":
        this.#sessions.applyOwn(logged.body, this.#rows);
        return undefined;
      default:
        return unreachable(logged);
    }
  }

  restored(_: LogIndex, read: ReadRow): void {
    assert(this.#requests.logged === 0, "a leader's state is not replaced");
    this.#rows.restored(read);
    this.#sessions.restored(read);
    this.#readings.stateReplaced();
    this.#views?.closeAll();
    this.#views = new Views(this.#env.storage, this.#keys, (key) => this.#rows.get(key));
  }

  readReady(context: number): void {
    this.#readings.ready(context, present(this.#views, "a state that is read has been restored"));
  }

  readDropped(context: number): void {
    this.#readings.dropped(context);
  }

  get derived(): KeyRange | undefined {
    return this.#machine.derived;
  }

  rebuild(rows: readonly StateRow[]): readonly WriteOp[] {
    const derived: WriteOp[] = [];
    for (const [key] of rows) {
      const row = key[0] === ownRows ? undefined : this.#machine.derive?.(key);
      if (row !== undefined) derived.push({ op: "put", key: row.key, value: row.value });
    }
    return derived;
  }

  dutiesBegin(leads: Term | undefined): void {
    this.#answers.hold();
    if (leads === undefined) this.#follow();
    else this.#lead(leads);
    this.#readings.roundsBegin();
  }

  dutiesEnd(): void {
    this.#requests.proposeArrived();
    this.#answers.flush();
  }

  // ---- leading

  /** Whether this replica leads. Its term's first entry is in the log then. */
  #isLeading(): boolean {
    const { phase, raft } = this.member;
    if (phase !== "running" || raft?.state.role !== "leader") return false;
    this.#lead(raft.state.term);
    return true;
  }

  /** Begins to lead: the first entry of the term commits what the leader before has left, and time goes on from there. */
  #lead(term: Term): void {
    if (this.#leads === term) return;
    this.#follow();
    this.#leads = term;
    const { entries } = present(this.member.raft, "who leads has read its disk").state.log;
    const last = entries[entries.length - 1];
    this.#leaderTime.begin(Math.max(this.#sessions.time, last === undefined ? 0 : stampOf(last.data)), this.#env.clock.now());
    this.member.propose(openingEntry(this.#stamp(), this.#options.sessions));
    this.#expiry?.start();
  }

  /** Leads no more. */
  #follow(): void {
    if (this.#leads === 0) return;
    this.#leads = 0;
    this.#expiry?.stop();
    this.#requests.giveUp();
  }

  /** Log time now, as a leader makes it; as of everything applied where nobody leads. */
  #stamp(): number {
    const { time } = this.#sessions;
    return this.#leads === 0 ? time : this.#leaderTime.stamp(time, this.#env.clock.now());
  }

  #makeExpiry(): Expiry | undefined {
    const { sessions: prefix } = this.#machine;
    if (prefix === undefined) return undefined;
    const { expireMs, expirePageMs } = this.#options;
    return new Expiry({
      clock: this.#env.clock,
      prefix,
      expireMs,
      expirePageMs,
      scan: () => new StateScan(this.#env.storage, this.#keys),
      home: (shard: Shard) => this.#machine.home(shard, { get: present(this.#views, "a leader has a state").read }),
      time: () => this.#stamp(),
      propose: (names: readonly SessionName[]) => void this.member.propose(expireEntry(this.#stamp(), names)),
    });
  }
}
