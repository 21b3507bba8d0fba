import { getU64 } from "../../src/base/bytes.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import type { SessionName } from "../../src/rsm/session/entry.ts";
import { keyText } from "../../src/rsm/state/key-text.ts";
import type { ReadRow } from "../../src/rsm/machine.ts";
import type { Request } from "../../src/rsm/session/request.ts";
import { type SessionLimits, sessionLimits } from "../../src/rsm/session/session-limits.ts";
import { type Applied, Sessions } from "../../src/rsm/session/sessions.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import { StateRows } from "../../src/rsm/state/state-rows.ts";
import { AppendMachine, encodeAppend, tokensIn } from "./append-machine.ts";

/** A client's id. */
export function clientId(of: number): Uint8Array {
  return new Uint8Array(16).fill(of);
}

/** What a test says of a request; the rest is as if it were its client's only one. */
export interface Asked extends Partial<Omit<Request, "command">> {
  readonly token: number;
  readonly resultBytes?: number;
}

/** The sessions of a group without a log: entries are applied one by one, each to rows that are all there is. */
export class SessionRig {
  readonly machine: AppendMachine;
  readonly rows: Map<string, Uint8Array> = new Map();

  constructor(limits: Partial<SessionLimits> = {}, shards: ReadonlyMap<Shard, number> = new Map([[0, 0]])) {
    this.machine = new AppendMachine(shards);
    this.#entry(0, (sessions) => sessions.setLimits(sessionLimits(limits)));
  }

  readonly read: ReadRow = (key: Uint8Array): Uint8Array | undefined => this.rows.get(keyText(key));

  /** Applies a request that was stamped `time`. */
  ask(time: number, asked: Asked): Applied {
    return this.#entry(time, (sessions, state) => sessions.apply(requestOf(asked), state));
  }

  /** Applies a list of sessions to drop. */
  expire(time: number, names: readonly SessionName[] = [{ shard: 0, client: clientId(1) }]): void {
    this.#entry(time, (sessions, state) => sessions.expire(names, state));
  }

  /** Applies a command of the machine's own, behind a request of the same batch if there is one. */
  own(time: number, command: Uint8Array, before?: Request): void {
    this.#entry(time, (sessions, state) => {
      if (before !== undefined) sessions.apply(before, state);
      sessions.applyOwn(command, state);
    });
  }

  /** The sessions as they are after everything. */
  get sessions(): Sessions {
    const sessions = new Sessions(this.machine);
    sessions.restored(this.read);
    return sessions;
  }

  /** What was executed on a shard, in its order. */
  done(shard: Shard = 0): number[] {
    return tokensIn(shard, { get: this.read }).map((item) => getU64(item, 0));
  }

  #entry<T>(time: number, apply: (sessions: Sessions, state: StateRows) => T): T {
    const { sessions } = this;
    const state = new StateRows(this.read);
    state.begin();
    sessions.passTime(time);
    const result = apply(sessions, state);
    sessions.flush(state);
    const changes: WriteOp[] = [];
    state.emit(changes);
    for (const change of changes) {
      if (change.op === "put") this.rows.set(keyText(change.key), change.value);
      else this.rows.delete(keyText(change.key));
    }
    return result;
  }
}

/** What a test asks as a whole request. */
export function requestOf({ token, resultBytes = 4, ...given }: Asked): Request {
  const command = encodeAppend({ token, resultBytes });
  return { client: clientId(1), shard: 0, floor: 1, validUntil: 100, number: 1, ...given, command };
}

/** Why something was refused; undefined when it was not. */
export function whyRefused(applied: Applied): string | undefined {
  return applied instanceof Uint8Array || applied.ok ? undefined : applied.why;
}
