import type { ServerId } from "../../base/ids.ts";
import { ConfigCache } from "../../client/config-cache.ts";
import { MasterCaller } from "../../client/master-caller.ts";
import { RoutedCaller } from "../../client/routed-caller.ts";
import type { Env } from "../../env/env.ts";
import { callerOptions } from "../../rsm/caller/caller-options.ts";
import { GroupClient } from "../../rsm/caller/group-client.ts";
import { GroupClients } from "../../rsm/caller/group-clients.ts";
import { ClientSession } from "../../rsm/caller/operation.ts";
import { Host } from "../../rsm/host.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import type { OnOperation } from "../group/asking-client.ts";
import type { ClientsPlan } from "../group/plan.ts";
import type { StoreCaller } from "../kv/kv-life.ts";

/** What a life of a client begins with that finds its keys wherever they are: with a new session, and knowing of nothing. */
export function routedCaller(
  masters: readonly ServerId[],
  plan: Pick<ClientsPlan, "session" | "caller">,
): (asking: () => OnOperation | undefined) => (env: Env) => StoreCaller {
  return (asking) => (env) => {
    const host = new Host(env);
    const options = callerOptions(plan.caller);
    const master = new GroupClient(env, { group: masterGroup, servers: masters }, options);
    host.addCaller(masterGroup, master);
    const id = (): Uint8Array => Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255));
    const cache = new ConfigCache(new MasterCaller(master, new ClientSession(id())));
    const parts = { clock: env.clock, rng: env.rng, cache, groups: new GroupClients(env, host, options) };
    const session = new ClientSession(id(), plan.session);
    const reading = new RoutedCaller(parts, session);
    return {
      execute: (command, deadlineMs, done) => {
        // An operation is made when the shard of its key is known, which can be later.
        const told = asking();
        const overheard: Pick<ClientSession, "operation"> = {
          operation: (shard, bytes) => {
            const operation = session.operation(shard, bytes);
            told?.(operation);
            return operation;
          },
        };
        return new RoutedCaller(parts, overheard).execute(command, deadlineMs, done);
      },
      get: (key, deadlineMs, done) => reading.get(key, deadlineMs, done),
      scanPage: (scan, deadlineMs, done) => reading.scanPage(scan, deadlineMs, done),
    };
  };
}
