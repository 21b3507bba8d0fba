import { assert } from "../../base/assert.ts";
import type { GroupId, ServerId } from "../../base/ids.ts";
import type { Cancel } from "../../env/clock.ts";
import type { Env } from "../../env/env.ts";
import type { CallerOptions } from "./caller-options.ts";
import type { Answer, Answered } from "../client-wire.ts";
import type { GroupCaller } from "../host.ts";
import { LeaderSearch } from "./leader-search.ts";
import { Numbering } from "./numbering.ts";
import type { Ending, Operation, Outcome } from "./operation.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";
import { PendingCall, type Wish } from "./pending-call.ts";
import { refused, type Refused, type RefusalCode } from "../state/state-machine.ts";

/** Which group is asked. A server's place in the list is its replica's number. */
export interface CalledGroup {
  readonly group: GroupId;
  readonly servers: readonly ServerId[];
}

/** Refusals that may be over soon: the same servers are asked again. */
const passing: ReadonlySet<RefusalCode> = new Set(["not_leader", "overloaded", "session_full"]);

/** Refusals after which no attempt of the same call can come to anything, whichever attempt they are told of: log time and floors never fall. */
const lasting: ReadonlySet<RefusalCode> = new Set(["bad_request", "expired", "session_stale"]);

/** What is due so soon is done together with what is due now. */
const togetherMs = 2;

/**
 * The caller's half of a group: finds who leads, tries again until a call ends or its deadline passes, and gathers what one turn asks
 * into one packet. It knows no command's meaning. Nothing ends from inside the call that began it.
 */
export class GroupClient implements GroupCaller {
  readonly #env: Pick<Env, "clock" | "rng" | "trace">;
  readonly servers: readonly ServerId[];
  readonly #options: CallerOptions;
  readonly #search: LeaderSearch;
  readonly #outgoing: OutgoingCalls;
  readonly #numbering: Numbering;
  readonly #pending = new Set<PendingCall>();
  readonly #attempts = new Map<number, PendingCall>();
  /** The next attempt's id. Ids begin anywhere: an answer to an earlier life of this client is to find nobody. */
  #nextId: number;
  /** Whether any server has ever spoken with this client. */
  #isMet = false;
  #wakeAt = Infinity;
  #cancelWake: Cancel | undefined;
  readonly #forget = (id: number): void => void this.#attempts.delete(id);

  constructor(env: Pick<Env, "clock" | "transport" | "rng" | "trace">, { group, servers }: CalledGroup, options: CallerOptions) {
    assert(servers.length > 0, "a group has servers");
    this.#env = env;
    this.servers = servers;
    this.#options = options;
    this.#search = new LeaderSearch(servers.length, env.rng.int(0, servers.length - 1));
    this.#outgoing = new OutgoingCalls(env, group, options.packetBytesMax);
    this.#nextId = env.rng.int(0, 2 ** 52);
    this.#numbering = new Numbering({
      clock: env.clock,
      askTime: (shard, ended) => void this.call({ kind: "time", shard }, options.attemptMaxMs, ended),
      proceed: (pending) => this.#attempt(pending),
      refuse: (pending, refusal) => this.#end(pending, { kind: "refused", refusal }),
    });
  }

  /** Calls that have not ended. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Has an operation executed, and says what became of it. Cancelling leaves it as unknown as it is. */
  execute(operation: Operation, deadlineMs: number, done: (outcome: Outcome) => void): Cancel {
    return this.call({ kind: "request", operation }, deadlineMs, (ending) => done(operation.conclude(ending)));
  }

  /** Has a query answered. */
  query(bytes: Uint8Array, deadlineMs: number, done: (ending: Ending) => void): Cancel {
    return this.call({ kind: "query", bytes }, deadlineMs, done);
  }

  /**
   * Asks until the call ends, or `deadlineMs` have passed. An operation that has ended here is not over before it is concluded: it can be
   * given to another group. The result ends the call at once, from within.
   */
  call(wish: Wish, deadlineMs: number, ended: (ending: Ending) => void): Cancel {
    const pending = new PendingCall(wish, this.#env.clock.now() + deadlineMs, ended);
    // Many may wait for one shard's log time.
    if (this.#pending.size >= this.#options.callsMax && wish.kind !== "time") {
      this.#env.clock.after(0, () =>
        this.#end(pending, { kind: "refused", refusal: refused("overloaded", "too many calls are under way") }),
      );
    } else {
      this.#pending.add(pending);
      this.#wakeBy(pending.deadline);
      if (wish.kind === "request" && !wish.operation.isNumbered) this.#numbering.number(pending, wish.operation);
      else this.#attempt(pending);
    }
    return () => this.#giveUp(pending, "cancelled");
  }

  /** Whether that is one of the servers that it asks. */
  asks(server: ServerId): boolean {
    return this.servers.includes(server);
  }

  receive(from: ServerId, answers: readonly Answered[]): void {
    const server = this.servers.indexOf(from);
    if (server < 0) {
      this.#env.trace("group client: refused answers of a stranger", { from });
      return;
    }
    const jitter = this.#jitter();
    for (const { id, answer } of answers) {
      const pending = this.#attempts.get(id);
      if (pending === undefined) continue;
      this.#attempts.delete(id);
      const isNewest = pending.answered(id);
      if (answer.kind === "refused") this.#onRefused(pending, server, answer.refusal, isNewest ? jitter : undefined);
      else if (answer.kind !== "unknown") this.#onDone(pending, server, answer);
      else if (isNewest) this.#onLost(pending, server, jitter);
    }
  }

  // ---- servers that refuse to speak

  /**
   * A server will not speak with this client as it is: what waits for it is asked of another one. When none is left, every call ends:
   * `sentence` says why.
   */
  barred(from: ServerId, sentence: () => string): void {
    const server = this.servers.indexOf(from);
    if (server < 0) return;
    this.#outgoing.drop(from);
    const isLast = this.#search.barred(server);
    // What ends in here may begin other calls, which are another matter.
    const before = [...this.#pending];
    for (const pending of before) {
      if (isLast) this.#end(pending, { kind: "barred", detail: sentence(), unsent: !this.#isMet });
      else if (pending.phase === "sent" && pending.server === server) this.#attempt(pending);
    }
  }

  /**
   * There is no connection to that server any more, or none comes about. What it was asked may never be answered: another one is asked
   * soon, or the same one where there is no other.
   */
  lost(from: ServerId): void {
    const server = this.servers.indexOf(from);
    if (server < 0) return;
    this.#search.lost(server);
    const jitter = this.#jitter();
    for (const pending of this.#pending) if (pending.phase === "sent" && pending.server === server) this.#restInSearch(pending, jitter);
  }

  /** A server has begun to speak with this client. */
  welcomed(from: ServerId): void {
    const server = this.servers.indexOf(from);
    if (server < 0) return;
    this.#isMet = true;
    this.#search.welcomed(server);
  }

  // ---- attempts

  #attempt(pending: PendingCall): void {
    const { attemptMs, attemptMaxMs } = this.#options;
    const server = this.#search.choose();
    const id = this.#nextId;
    this.#nextId += 1;
    const due = this.#env.clock.now() + Math.min(attemptMaxMs, attemptMs * 2 ** pending.silences);
    const forgotten = pending.attempt(id, server, due);
    if (forgotten !== undefined) this.#attempts.delete(forgotten);
    this.#attempts.set(id, pending);
    this.#outgoing.add(this.servers[server] as ServerId, pending.call(id));
    this.#wakeBy(due);
  }

  #onDone(pending: PendingCall, server: number, answer: Extract<Answer, { kind: "result" | "lost" }>): void {
    this.#search.leads(server);
    this.#end(pending, answer);
  }

  /** That server has lost the leadership over the attempt: it may be executed yet. */
  #onLost(pending: PendingCall, server: number, jitter: number): void {
    this.#search.silent(server);
    this.#restInSearch(pending, jitter);
  }

  /** `jitter` is given for the newest attempt alone: what an older one is answered only counts, unless it is lasting. */
  #onRefused(pending: PendingCall, server: number, refusal: Refused, jitter: number | undefined): void {
    const operation = pending.wish.kind === "request" ? pending.wish.operation : undefined;
    operation?.attemptRefused();
    const { why, detail } = refusal;
    if (lasting.has(why)) {
      this.#end(pending, { kind: "refused", refusal });
      return;
    }
    if (jitter === undefined) return;
    const isPointed = why === "not_leader" ? this.#search.refused(server, detail) : this.#search.leads(server);
    if (!passing.has(why)) {
      this.#end(pending, { kind: "refused", refusal });
      return;
    }
    pending.lastRefusal = refusal;
    if (why === "session_full") operation?.renewFloor();
    // Who points to another is followed at once, but not round in a circle.
    if (isPointed && pending.refusals === 0) {
      pending.refusals = 1;
      this.#attempt(pending);
    } else if (why === "not_leader") {
      this.#restInSearch(pending, jitter);
    } else {
      // What was too much together is not tried again together.
      this.#rest(pending, why === "overloaded" ? this.#jitter() : jitter);
    }
  }

  /** As `#rest`, while nobody is found who leads. */
  #restInSearch(pending: PendingCall, jitter: number): void {
    this.#rest(pending, jitter, Math.min(this.#options.searchMaxMs, this.#options.restMaxMs));
  }

  #rest(pending: PendingCall, jitter: number, restMaxMs: number = this.#options.restMaxMs): void {
    pending.phase = "resting";
    pending.due = this.#env.clock.now() + jitter * Math.min(restMaxMs, this.#options.restMs * 2 ** pending.refusals);
    pending.refusals += 1;
    this.#wakeBy(pending.due);
  }

  /** Nobody answers the newest attempt: perhaps another server does. */
  #onSilence(pending: PendingCall): void {
    this.#search.silent(pending.server);
    pending.silences += 1;
    this.#attempt(pending);
  }

  #giveUp(pending: PendingCall, why: "deadline" | "cancelled"): void {
    this.#end(pending, { kind: "given_up", why, last: pending.lastRefusal });
  }

  #end(pending: PendingCall, ending: Ending): void {
    if (pending.phase === "ended") return;
    const { wish, waiter } = pending;
    if (waiter !== undefined && wish.kind === "request") wish.operation.sequence.leave(waiter);
    pending.forgetAttempts(this.#forget);
    this.#pending.delete(pending);
    pending.end(ending);
  }

  /** One draw for all that happens at once: what is tried again together then travels together. */
  #jitter(): number {
    return this.#env.rng.between(0.5, 1);
  }

  // ---- time

  /** Sees to it that `#wake` runs at `time`, or before. There is one timer for all calls, and it is moved only to an earlier time. */
  #wakeBy(time: number): void {
    if (time >= this.#wakeAt) return;
    this.#cancelWake?.();
    this.#wakeAt = time;
    this.#cancelWake = this.#env.clock.after(Math.max(0, time - this.#env.clock.now()), () => this.#wake());
  }

  #wake(): void {
    this.#wakeAt = Infinity;
    this.#cancelWake = undefined;
    const now = this.#env.clock.now();
    // What ends in here may begin other calls, whose turn is not now.
    const before = [...this.#pending];
    for (const pending of before) {
      if (pending.deadline <= now) this.#giveUp(pending, "deadline");
      else if (pending.due <= now + togetherMs && pending.phase === "sent") this.#onSilence(pending);
      else if (pending.due <= now + togetherMs && pending.phase === "resting") this.#attempt(pending);
    }
    let next = Infinity;
    for (const pending of this.#pending) next = Math.min(next, pending.due, pending.deadline);
    if (next < Infinity) this.#wakeBy(next);
  }
}
