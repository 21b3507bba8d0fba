import type { Cancel } from "../env/clock.ts";
import type { ClientSession, Operation, Ending } from "../rsm/caller/operation.ts";
import { refused, type Shard } from "../rsm/state/state-machine.ts";
import { encodeCommand, type KvCommand } from "../shardkv/commands.ts";
import { encodeQuery, type Scan } from "../shardkv/queries.ts";
import { decodeResult, type GetResult, type KvResult, type ScanResult } from "../shardkv/results.ts";
import { commandOutcome, type CallOutcome, queryOutcome } from "./outcome.ts";
import { RoutedCall, type Route, type RoutedParts } from "./routed-call.ts";
import { RoutedPage } from "./routed-page.ts";
import { routeOf } from "./route.ts";

/**
 * The operations of one client on a store whose shards move between groups: pure, over `GroupClients`; runs in the simulator and in a
 * process alike. An operation has one number on its shard and one validity, whichever groups it is asked of. `done` is called once, not
 * from inside the call that began the operation; cancelling ends it within `Cancel`.
 */
export class RoutedCaller {
  readonly #parts: RoutedParts;
  readonly #session: Pick<ClientSession, "operation">;

  constructor(parts: RoutedParts, session: Pick<ClientSession, "operation">) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Has a command executed, once. `Infinity` is a deadline too: it is tried until the command is no longer valid. */
  execute(command: KvCommand, deadlineMs: number, done: (outcome: CallOutcome<KvResult>) => void): Cancel {
    const bytes = encodeCommand(command);
    let operation: Operation | undefined;
    const route = this.#routeTo(command.key, (shard) => {
      const own = (operation ??= this.#session.operation(shard, bytes));
      return (client, ms, ended) => client.call({ kind: "request", operation: own }, ms, ended);
    });
    return RoutedCall.start(this.#parts, deadlineMs, route, (ending) => {
      const outcome = operation === undefined ? neverSent(ending) : operation.conclude(ending);
      done(commandOutcome<KvResult>(command.op, outcome, decodeResult));
    });
  }

  get(key: Uint8Array, deadlineMs: number, done: (outcome: CallOutcome<GetResult>) => void): Cancel {
    const route = this.#routeTo(key, (shard) => {
      const bytes = encodeQuery({ op: "get", shard, key });
      return (client, ms, ended) => client.query(bytes, ms, ended);
    });
    return RoutedCall.start(this.#parts, deadlineMs, route, (ending) => done(queryOutcome<GetResult>("get", ending, decodeResult)));
  }

  /** One page. */
  scanPage(scan: Omit<Scan, "op">, deadlineMs: number, done: (outcome: CallOutcome<ScanResult>) => void): Cancel {
    return RoutedPage.start(this.#parts, scan, deadlineMs, done);
  }

  #routeTo(key: Uint8Array, ask: (shard: Shard) => Route["ask"]): () => Route | undefined {
    return () => {
      const { config, shardOf } = this.#parts.cache;
      if (config === undefined || shardOf === undefined) return undefined;
      const shard = shardOf(key);
      const found = routeOf(config, shard);
      return found && { ...found, ask: ask(shard) };
    };
  }
}

function neverSent(ending: Ending): { readonly kind: "refused"; readonly why: "never_sent"; readonly detail: string } {
  const last = ending.kind === "given_up" ? ending.last : refused("wrong_group", "nobody has the shard");
  return { kind: "refused", why: "never_sent", detail: last?.detail ?? "No group is known to have the shard." };
}
