import { assert } from "../../base/assert.ts";
import { copyInto } from "../../base/copy.ts";
import { encode } from "../../base/codec.ts";
import type { SessionName } from "./entry.ts";
import { fields, whole } from "../fields.ts";
import type { ReadRow } from "../machine.ts";
import type { Request } from "./request.ts";
import { packLimits, type SessionLimits, sessionLimits, unpackLimits } from "./session-limits.ts";
import { decodeSessionRow, SessionRow } from "./session-row.ts";
import { ownRows } from "../state/state.ts";
import type { HeldRow, StateRows } from "../state/state-rows.ts";
import { refused, type Refused, type StateMachine } from "../state/state-machine.ts";

/** The command was done, once, and its result was too large to keep. */
export interface Lost {
  readonly ok: true;
  readonly lost: true;
}

export const lost: Lost = Object.freeze({ ok: true, lost: true });

/** What a request comes to where it is applied. */
export type Applied = Uint8Array | Lost | Refused;

/** Holds the group's log time, how many sessions there are, and the limits that count. */
const groupKey = Uint8Array.of(ownRows);

/**
 * Who has asked for what already: rules S1 to S9 where they are decided, when an entry is applied. Everything it knows is rows, the
 * same on every replica, in snapshots too. For a request, in this order:
 *
 * 1. ownership: `home` of the machine;
 * 2. the floor: a number below it was given up by its client, and is refused for ever, done or not;
 * 3. the stored result: a command that was done is not done again;
 * 4. validity: only the log time tells a new client's first request from one whose session was dropped;
 * 5. room: for one more result, or one more session;
 * 6. the machine executes, and the row takes floor, validity and result.
 *
 * A refusal changes no row, and so another attempt of the same request may yet be executed. What a machine means by a refusal, such as
 * a comparison that failed, is a result like any other, and kept: there is no other refusal that a session would store (rule S9).
 */
export class Sessions {
  readonly #machine: StateMachine<unknown, unknown>;
  #time = 0;
  #count = 0;
  #limits: SessionLimits = sessionLimits();
  #changed = false;
  /** By their length, the keys that were looked up last. */
  readonly #sessionKeys: (Uint8Array | undefined)[] = [];

  constructor(machine: StateMachine<unknown, unknown>) {
    this.#machine = machine;
  }

  /** The group's log time as of everything applied (rule S3). */
  get time(): number {
    return this.#time;
  }

  /** Sessions of the group. */
  get count(): number {
    return this.#count;
  }

  get limits(): SessionLimits {
    return this.#limits;
  }

  /** The rows are others now: at the start, and when a snapshot has taken the place of the state. */
  restored(read: ReadRow): void {
    const bytes = read(groupKey);
    this.#changed = false;
    if (bytes === undefined) {
      this.#time = this.#count = 0;
      this.#limits = sessionLimits();
      return;
    }
    const [time, count, limits] = fields(bytes, 3, "sessions");
    this.#time = whole(time);
    this.#count = whole(count);
    this.#limits = unpackLimits(limits);
  }

  /** An entry is applied that was stamped `stamp`: log time never falls (rule S3). */
  passTime(stamp: number): void {
    if (stamp <= this.#time) return;
    this.#time = stamp;
    this.#changed = true;
  }

  /** A leader's limits count from here on. */
  setLimits(limits: SessionLimits): void {
    this.#limits = limits;
    this.#changed = true;
  }

  /** Applies a request. */
  apply(request: Request, state: StateRows): Applied {
    const { shard, number, floor, validUntil } = request;
    const home = this.#machine.home(shard, state);
    if (!home.ok) return home;
    const held = state.row(this.#keyOf(home.sessions, request.client));
    const row = sessionIn(held);
    if (row !== undefined && number < row.floor) return refused("session_stale", `number ${number} is below ${row.floor}`);
    const stored = row?.resultOf(number);
    if (stored !== undefined) return stored ?? lost;
    const refusal = this.#refuse(this.#time + home.timeOffset, request, row);
    if (refusal !== undefined) return refusal;
    const command = this.#machine.decodeCommand(request.command);
    if (!command.ok) return command;
    const result = this.#machine.execute(shard, command.value, state);
    if (row === undefined) this.#changeCount(1);
    state.change(held);
    const session = row ?? new SessionRow(shard);
    session.done(number, floor, validUntil, result.length > this.#limits.resultBytesMax ? null : result);
    held.form = session;
    return result;
  }

  /** Applies a command of the machine's own, which may read and write session rows. */
  applyOwn(command: Uint8Array, state: StateRows): void {
    const more = this.#machine.executeOwn?.(command, state, this.#time);
    assert(more !== undefined, "a machine that logs commands executes them");
    if (more !== 0) this.#changeCount(more);
  }

  /** Drops the named sessions, as far as their time is over where they are served (rule S4). */
  expire(names: readonly SessionName[], state: StateRows): void {
    for (const { shard, client } of names) {
      const home = this.#machine.home(shard, state);
      if (!home.ok) continue;
      const held = state.row(this.#keyOf(home.sessions, client));
      const row = sessionIn(held);
      if (row === undefined || this.#time + home.timeOffset <= row.validUntil) continue;
      state.drop(held);
      this.#changeCount(-1);
    }
  }

  /** Puts what is known of all sessions together into `state`, if it has changed. */
  flush(state: StateRows): void {
    if (!this.#changed) return;
    state.putOwn(groupKey, encode([this.#time, this.#count, packLimits(this.#limits)]));
    this.#changed = false;
  }

  #refuse(time: number, { number, floor, validUntil }: Request, row: SessionRow | undefined): Refused | undefined {
    const { validMaxMs, sessionsMax, resultsMax, resultBytesMax, sessionBytesMax } = this.#limits;
    if (time > validUntil) return refused("expired", `it was valid until ${validUntil}, and it is ${time}`);
    if (validUntil > time + validMaxMs) return refused("valid_too_long", `it is ${time}, and at most ${validMaxMs} ms ahead are allowed`);
    if (row === undefined) {
      return this.#count < sessionsMax ? undefined : refused("session_full", `there are ${sessionsMax} sessions already`);
    }
    // What the result will need is not known before the command is executed, so the most is kept free for it. The lowest number that
    // its client waits for always has room: as long as it is not done, the floor stays, and no room can be made for anything.
    if (number === floor || row.hasRoom(floor, resultsMax, sessionBytesMax - resultBytesMax)) return undefined;
    return refused("session_full", `the session holds ${resultsMax} results or ${sessionBytesMax} bytes of them`);
  }

  /** The key of a session's row, to look it up by: it is written over by the next one. */
  #keyOf(sessions: Uint8Array, client: Uint8Array): Uint8Array {
    const length = sessions.length + client.length;
    const key = (this.#sessionKeys[length] ??= new Uint8Array(length));
    copyInto(key, sessions);
    copyInto(key, client, sessions.length);
    return key;
  }

  #changeCount(by: number): void {
    this.#count += by;
    this.#changed = true;
  }
}

/** The session that a row holds. It is held as such from here on: a hot one is read once, and written once for all entries of a batch. */
function sessionIn(held: HeldRow): SessionRow | undefined {
  if (held.form === undefined && held.bytes !== undefined) {
    held.form = decodeSessionRow(held.bytes);
    held.bytes = undefined;
  }
  return held.form as SessionRow | undefined;
}
