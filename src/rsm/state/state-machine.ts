import type { KeyRange, Row } from "../../env/storage.ts";
import type { State, StateReader, StateView } from "./state.ts";

/** A part of a machine's state with sessions of its own. A machine without parts has one, which is 0. */
export type Shard = number;

/** Why a group does not do what it was asked. Only `bad_request` is for ever; everything else may change by the next attempt. */
export type RefusalCode =
  /** The bytes are no request that this machine knows. */
  | "bad_request"
  /** Another group owns the shard. */
  | "wrong_group"
  /** The shard is on its way here; `detail` names where it comes from. */
  | "shard_moving"
  /** The number was given up by its client: it is below what it still waits for. */
  | "session_stale"
  /** The request came after the log time until which it was valid. */
  | "expired"
  /** It is valid for longer than is allowed. */
  | "valid_too_long"
  /** There is no room: for its result in the session, or for another session. */
  | "session_full"
  /** This replica does not lead; `detail` names the replica that does, if one is known. */
  | "not_leader"
  /** Too much is waiting already. */
  | "overloaded";

export interface Refused {
  readonly ok: false;
  readonly why: RefusalCode;
  /** One sentence, or the value that the code promises. */
  readonly detail: string;
}

export function refused(why: RefusalCode, detail: string): Refused {
  return { ok: false, why, detail };
}

/** Where the sessions of a shard that is served live, and how its time goes. */
export interface ShardHome {
  readonly ok: true;
  /** Stands before the client's id in the key of a session row, and before nothing else. */
  readonly sessions: Uint8Array;
  /** The shard's log time is the group's plus this. */
  readonly timeOffset: number;
}

/** What a client's bytes ask for, checked in every respect that the bytes alone decide. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | Refused;

/**
 * What a group replicates. Everything is a function of the state and of its arguments, the same on every replica: no clock, no
 * chance, nothing remembered besides rows. It knows nothing of sessions, leaders and retries.
 */
export interface StateMachine<Command, Query> {
  /**
   * What the keys of all session rows begin with, and those of no other rows: every `ShardHome.sessions` begins with it. Sessions of a
   * machine that does not say it are never dropped.
   */
  readonly sessions?: Uint8Array;
  decodeCommand(bytes: Uint8Array): Decoded<Command>;
  decodeQuery(bytes: Uint8Array): Decoded<Query>;
  /** Whether this group serves the shard, as of `state`. */
  home(shard: Shard, state: StateReader): ShardHome | Refused;
  /** Executes a command on a shard that is served; the result is for its client. */
  execute(shard: Shard, command: Command, state: State): Uint8Array;
  /**
   * Executes a command of the machine's own, which no client has asked for: its leader's part has logged it, and nothing of it is
   * checked before it is applied. `time` is the group's log time. It may write session rows of copies that are not served, and returns
   * how many more of them there are now. A machine without it logs nothing.
   */
  executeOwn?(command: Uint8Array, state: State, time: number): number;
  /** Whether the answer to a query may take more than one turn: only so many of these are under way at once. */
  takesLong?(query: Query): boolean;
  /** Answers a query on shards that the query itself names; `reply` runs once, now or later. */
  query(query: Query, view: StateView, reply: (result: Uint8Array | Refused) => void): void;
  /** Where the rows are that follow from others: a snapshot leaves them out, and `derive` brings them back. */
  readonly derived?: KeyRange;
  /** The derived row that belongs to the row of that key, which arrives in a snapshot. */
  derive?(key: Uint8Array): Row | undefined;
}
