import { equalBytes } from "../../../base/bytes.ts";
import { keyText } from "../../../rsm/state/key-text.ts";
import type { Request } from "../../../rsm/session/request.ts";
import type { SessionLimits } from "../../../rsm/session/session-limits.ts";
import type { Applied } from "../../../rsm/session/sessions.ts";
import type { LogIndex } from "../../../raft/types.ts";
import { violate } from "../../oracle/violation.ts";

/** What one client has had executed on one shard, since its session began. */
interface Session {
  floor: number;
  validUntil: number;
  /** The commands that it has executed, at the floor and above. */
  readonly kept: Set<number>;
}

/** What the machine made of a command. */
export interface Done {
  readonly result: Uint8Array;
  /** It changed nothing: the result says why. */
  readonly isRefusal: boolean;
}

/** A command that was executed. */
export interface Executed extends Done {
  readonly index: LogIndex;
  /** When the first replica had applied it, by the world's time. */
  readonly atMs: number;
}

/** How requests have come out where they were applied. */
export interface RequestCounts {
  executed: number;
  /** Executed, and nothing changed because of what the state was. */
  declined: number;
  /** Executed before: answered with what was kept. */
  repeated: number;
  lost: number;
  stale: number;
  expired: number;
  full: number;
  dropped: number;
}

/**
 * What a group owes its clients, written down from the rules of sessions alone: it remembers for ever what the group may forget. It
 * hears of every committed request in the order of the log, and of what the product makes of it.
 *
 * | id | promise |
 * | --- | --- |
 * | C1 | a command is executed once at most |
 * | C2 | a command that was executed and is not given up answers every retry with its result, to the byte |
 * | C4 | a number below the floor that a client told is never executed |
 * | C5 | nothing is executed after the log time until which it was valid, and no session goes before that of all its commands |
 * | C6 | no two clients share an id, not even two lives of one |
 * | C8 | what a client was told is not executed never is |
 * | C10 | sessions, and what each of them keeps, are within their limits |
 */
export class SessionLaw {
  readonly counts: RequestCounts = { executed: 0, declined: 0, repeated: 0, lost: 0, stale: 0, expired: 0, full: 0, dropped: 0 };
  readonly #sessions = new Map<string, Session>();
  /** By its name: what came of a command that was executed. */
  readonly #executed = new Map<string, Executed>();
  /** Whose id it is. */
  readonly #owners = new Map<string, string>();
  /** Commands of which somebody was told that they are not executed. */
  readonly #refused = new Map<string, string>();
  readonly #now: () => number;
  #time = 0;

  /** `now` is the world's time. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What follows happens at this log time, that of the shard concerned. */
  timeIs(time: number): void {
    this.#time = time;
  }

  /** What came of the command of that name; undefined when it was never executed. */
  executed(name: string): Executed | undefined {
    return this.#executed.get(name);
  }

  /** A client makes an attempt. */
  asked(request: Request, client: string): void {
    const id = keyText(request.client);
    const owner = this.#owners.get(id);
    if (owner === undefined) this.#owners.set(id, client);
    else if (owner !== client) violate("C6", `${client} asks under the id of ${owner}`);
  }

  /** A client was told that its command was not executed and never will be. */
  refused(name: string, client: string): void {
    this.#refused.set(name, client);
    const executed = this.#executed.get(name);
    if (executed?.isRefusal === false)
      violate("C8", `${client} is told that its command is not executed, and entry ${executed.index} has executed it`);
  }

  /** The request of entry `index` was applied; `done` is what the machine made of it, if it was asked. */
  applied(index: LogIndex, request: Request, outcome: Applied, done: Done | undefined, limits: SessionLimits): void {
    const name = requestName(request);
    const known = this.#executed.get(name);
    if (done !== undefined) this.#execute(index, request, name, known, done, limits);
    else if (known === undefined) this.#expectNothing(index, request, outcome);
    else this.#expectKept(index, request, outcome, known);
  }

  #execute(index: LogIndex, request: Request, name: string, known: Executed | undefined, done: Done, limits: SessionLimits): void {
    const { number, floor, validUntil } = request;
    if (known !== undefined) violate("C1", `entry ${index} executes ${text(request)}, which was executed before`);
    const session = this.#session(request, limits);
    if (number < session.floor)
      violate("C4", `entry ${index} executes ${text(request)}, and its client waits for ${session.floor} and above`);
    if (this.#time > validUntil)
      violate("C5", `entry ${index} executes ${text(request)} at ${this.#time}, which was valid until ${validUntil}`);
    this.counts.executed += 1;
    if (done.isRefusal) this.counts.declined += 1;
    this.#executed.set(name, { ...done, index, atMs: this.#now() });
    const client = this.#refused.get(name);
    if (client !== undefined && !done.isRefusal)
      violate("C8", `entry ${index} executes ${text(request)}, of which ${client} was told that it is not executed`);
    session.floor = Math.max(session.floor, floor);
    session.validUntil = Math.max(session.validUntil, validUntil);
    session.kept.add(number);
    for (const old of session.kept) if (old < session.floor) session.kept.delete(old);
    // The lowest that its client waits for always has room, beside all that is kept already.
    if (session.kept.size > limits.resultsMax + 1)
      violate("C10", `the session of ${text(request)} keeps ${session.kept.size} results, and ${limits.resultsMax} are allowed`);
  }

  #session({ client, shard }: Request, { sessionsMax }: SessionLimits): Session {
    const name = sessionName(client, shard);
    let session = this.#sessions.get(name);
    if (session === undefined) {
      session = { floor: 1, validUntil: 0, kept: new Set() };
      this.#sessions.set(name, session);
      if (this.#sessions.size > sessionsMax) violate("C10", `there are ${this.#sessions.size} sessions, and ${sessionsMax} are allowed`);
    }
    return session;
  }

  /** It was never executed, and it was not now. */
  #expectNothing(index: LogIndex, request: Request, outcome: Applied): void {
    if (outcome instanceof Uint8Array || outcome.ok)
      violate("C1", `entry ${index} answers ${text(request)} as done, and nobody has executed it`);
    if (outcome.why === "session_stale") this.counts.stale += 1;
    else if (outcome.why === "expired") this.counts.expired += 1;
    else if (outcome.why === "session_full") this.counts.full += 1;
  }

  /** It was executed before: whoever may still ask gets its result. */
  #expectKept(index: LogIndex, request: Request, outcome: Applied, known: Executed): void {
    const session = this.#sessions.get(sessionName(request.client, request.shard));
    if (outcome instanceof Uint8Array) {
      this.counts.repeated += 1;
      if (!equalBytes(outcome, known.result))
        violate("C2", `entry ${index} answers ${text(request)} with another result than the first time`);
    } else if (outcome.ok) this.counts.lost += 1;
    else if (outcome.why === "wrong_group" || outcome.why === "shard_moving") return;
    else if (session?.kept.has(request.number) === true)
      violate("C2", `entry ${index} answers ${text(request)}, which was executed, with ${outcome.why}`);
    else if (outcome.why === "session_stale") this.counts.stale += 1;
    else if (outcome.why === "expired") this.counts.expired += 1;
  }

  /** The session was dropped. */
  dropped(index: LogIndex, client: Uint8Array, shard: number): void {
    const name = sessionName(client, shard);
    const session = this.#sessions.get(name);
    if (session !== undefined && this.#time <= session.validUntil)
      violate("C5", `entry ${index} drops a session at ${this.#time}, with a command in it that was valid until ${session.validUntil}`);
    this.#sessions.delete(name);
    this.counts.dropped += 1;
  }
}

function sessionName(client: Uint8Array, shard: number): string {
  return `${shard} ${keyText(client)}`;
}

/** Names a request: every attempt has the same name, and no other request has it. */
export function requestName({ client, shard, number }: Request): string {
  return `${number} ${sessionName(client, shard)}`;
}

function text({ client, shard, number }: Request): string {
  const id = Array.from(client.subarray(0, 3), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `command ${number} of client ${id} on shard ${shard}`;
}
