import { unreachable } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import type { Cancel } from "../env/clock.ts";
import type { GroupClient } from "../rsm/caller/group-client.ts";
import type { ClientSession, Ending } from "../rsm/caller/operation.ts";
import type { RefusalCode, Refused } from "../rsm/state/state-machine.ts";
import { encodeCommand, type KvCommand } from "../shardkv/commands.ts";
import type { ShardOf } from "../shardkv/partitioner.ts";
import { encodeQuery, type KvQuery, type Scan } from "../shardkv/queries.ts";
import { decodeResult, type GetResult, type KvResult, type ScanResult } from "../shardkv/results.ts";

/** What became of an operation. `refused`: it was not executed and never will be. `unknown`: it may have been, or may yet be. */
export type KvOutcome<R> =
  | { readonly kind: "result"; readonly result: R }
  /** It was executed, once; its result is lost. */
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly why: RefusalCode | "never_sent"; readonly detail: string }
  | { readonly kind: "unknown"; readonly detail: string };

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
  execute(command: KvCommand, deadlineMs: number, done: (outcome: KvOutcome<KvResult>) => void): Cancel {
    const operation = this.#session.operation(this.#shardOf(command.key), encodeCommand(command));
    return this.#group.execute(operation, deadlineMs, (outcome) =>
      done(outcome.kind === "result" ? outcomeOf(command.op, outcome.bytes) : outcome),
    );
  }

  get(key: Uint8Array, deadlineMs: number, done: (outcome: KvOutcome<GetResult>) => void): Cancel {
    return this.#query({ op: "get", shard: this.#shardOf(key), key }, deadlineMs, done);
  }

  /** One page. */
  scanPage(scan: Omit<Scan, "op">, deadlineMs: number, done: (outcome: KvOutcome<ScanResult>) => void): Cancel {
    return this.#query({ ...scan, op: "scan" }, deadlineMs, done);
  }

  #query<R extends KvResult>(query: KvQuery & { readonly op: R["op"] }, deadlineMs: number, done: (outcome: KvOutcome<R>) => void): Cancel {
    return this.#group.query(encodeQuery(query), deadlineMs, (ending) => done(queryOutcome(query.op, ending)));
  }
}

function queryOutcome<R extends KvResult>(op: R["op"], ending: Ending): KvOutcome<R> {
  switch (ending.kind) {
    case "result":
      return outcomeOf(op, ending.bytes);
    case "lost":
      return ending;
    case "refused":
      return refusedFor(ending.refusal);
    case "given_up":
      return { kind: "unknown", detail: ending.last === undefined ? ending.why : `${ending.last.why}: ${ending.last.detail}` };
    default:
      return unreachable(ending);
  }
}

/** What the bytes of a result say. A group that answers what we cannot read has done we do not know what. */
function outcomeOf<R extends KvResult>(op: R["op"], bytes: Uint8Array): KvOutcome<R> {
  let result: KvResult | Refused;
  try {
    result = decodeResult(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { kind: "unknown", detail: `The answer cannot be read: ${error.message}` };
  }
  if (!result.ok) return refusedFor(result);
  if (result.op === op) return { kind: "result", result: result as R };
  return { kind: "unknown", detail: `The answer is that of another operation: ${result.op} for ${op}.` };
}

function refusedFor({ why, detail }: Refused): { readonly kind: "refused"; readonly why: RefusalCode; readonly detail: string } {
  return { kind: "refused", why, detail };
}
