import type { Cancel } from "../env/clock.ts";
import type { GroupClient } from "../rsm/caller/group-client.ts";
import type { ClientSession } from "../rsm/caller/operation.ts";
import { type ConfigCommand, encodeMasterCommand, type Init } from "../shardmaster/commands.ts";
import { encodeMasterQuery, type MasterQuery } from "../shardmaster/queries.ts";
import {
  type ChangedResult,
  type ConfigResult,
  decodeMasterResult,
  type MasterResult,
  type NewerResult,
  type ShapeResult,
} from "../shardmaster/results.ts";
import { commandOutcome, type CallOutcome, queryOutcome } from "./outcome.ts";

/** The machine has one shard, under which all sessions are. */
const shard = 0;

/**
 * The operations of one client on the shardmaster: pure, over `GroupClient`; runs in the simulator and in a process alike. `done` is
 * called once, not from inside the call that began the operation; cancelling ends it within `Cancel`.
 */
export class MasterCaller {
  readonly #group: GroupClient;
  readonly #session: ClientSession;

  constructor(group: GroupClient, session: ClientSession) {
    this.#group = group;
    this.#session = session;
  }

  /** Has a command executed, once. `Infinity` is a deadline too: it is tried until the command is no longer valid. */
  execute(command: Init | ConfigCommand, deadlineMs: number, done: (outcome: CallOutcome<ChangedResult>) => void): Cancel {
    const operation = this.#session.operation(shard, encodeMasterCommand(command));
    return this.#group.execute(operation, deadlineMs, (outcome) => done(commandOutcome("changed", outcome, decodeMasterResult)));
  }

  /** The configuration of that number; -1, and any number above the latest one's, is the latest. */
  config(number: number, deadlineMs: number, done: (outcome: CallOutcome<ConfigResult>) => void): Cancel {
    return this.#query({ op: "config", number }, deadlineMs, done);
  }

  /** The latest configuration, if its number is above `than`. */
  newer(than: number, deadlineMs: number, done: (outcome: CallOutcome<NewerResult>) => void): Cancel {
    return this.#query({ op: "newer", than }, deadlineMs, done);
  }

  /** What was fixed when the cluster began; nothing before it has. */
  shape(deadlineMs: number, done: (outcome: CallOutcome<ShapeResult>) => void): Cancel {
    return this.#query({ op: "shape" }, deadlineMs, done);
  }

  #query<R extends MasterResult>(
    query: MasterQuery & { readonly op: R["op"] },
    deadlineMs: number,
    done: (outcome: CallOutcome<R>) => void,
  ): Cancel {
    return this.#group.query(encodeMasterQuery(query), deadlineMs, (ending) => done(queryOutcome<R>(query.op, ending, decodeMasterResult)));
  }
}
