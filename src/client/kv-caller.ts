import type { Cancel } from "../env/clock.ts";
import type { GroupClient } from "../rsm/caller/group-client.ts";
import type { ClientSession } from "../rsm/caller/operation.ts";
import { encodeCommand, type KvCommand } from "../shardkv/commands.ts";
import type { ShardOf } from "../shardmaster/partitioner.ts";
import { encodeQuery, type KvQuery, type Scan } from "../shardkv/queries.ts";
import { decodeResult, type GetResult, type KvResult, type ScanResult } from "../shardkv/results.ts";
import { commandOutcome, type CallOutcome, queryOutcome } from "./outcome.ts";

/**
 * The operations of one client on a group that owns every shard: pure, over `GroupClient`; runs in the simulator and in a process
 * alike. `done` is called once, not from inside the call that began the operation; cancelling ends it within `Cancel`.
 */
export class KvCaller {
  readonly #group: GroupClient;
  readonly #session: ClientSession;
  readonly #shardOf: ShardOf;

  constructor(group: GroupClient, session: ClientSession, shardOf: ShardOf) {
    this.#group = group;
    this.#session = session;
    this.#shardOf = shardOf;
  }

  /** Has a command executed. `Infinity` is a deadline too: it is tried until the command is no longer valid. */
  execute(command: KvCommand, deadlineMs: number, done: (outcome: CallOutcome<KvResult>) => void): Cancel {
    const { op, key } = command;
    const operation = this.#session.operation(this.#shardOf(key), encodeCommand(command));
    return this.#group.execute(operation, deadlineMs, (outcome) => done(commandOutcome<KvResult>(op, outcome, decodeResult)));
  }

  get(key: Uint8Array, deadlineMs: number, done: (outcome: CallOutcome<GetResult>) => void): Cancel {
    return this.#query({ op: "get", shard: this.#shardOf(key), key }, deadlineMs, done);
  }

  /** One page. */
  scanPage(scan: Omit<Scan, "op">, deadlineMs: number, done: (outcome: CallOutcome<ScanResult>) => void): Cancel {
    return this.#query({ ...scan, op: "scan" }, deadlineMs, done);
  }

  #query<R extends KvResult>(
    query: KvQuery & { readonly op: R["op"] },
    deadlineMs: number,
    done: (outcome: CallOutcome<R>) => void,
  ): Cancel {
    return this.#group.query(encodeQuery(query), deadlineMs, (ending) => done(queryOutcome<R>(query.op, ending, decodeResult)));
  }
}
