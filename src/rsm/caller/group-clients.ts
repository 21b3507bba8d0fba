import type { GroupId, ServerId } from "../../base/ids.ts";
import type { Env } from "../../env/env.ts";
import type { GroupCaller, Host } from "../host.ts";
import type { CallerOptions } from "./caller-options.ts";
import { GroupClient } from "./group-client.ts";

/** A group among others. The same number with another creation id, or with other servers, is asked apart. */
export interface NamedGroup {
  readonly gid: GroupId;
  readonly creation: number;
  readonly servers: readonly ServerId[];
}

/**
 * Clients of groups that come and go: one for each that was ever asked and not forgotten. It adds itself to the host for every number;
 * answers find their client by whom they come from and by the ids of attempts.
 */
export class GroupClients {
  readonly #env: Pick<Env, "clock" | "transport" | "rng" | "trace">;
  readonly #host: Host;
  readonly #options: CallerOptions;
  /** By number, and then by the whole name. */
  readonly #clients = new Map<GroupId, Map<string, GroupClient>>();

  constructor(env: Pick<Env, "clock" | "transport" | "rng" | "trace">, host: Host, options: CallerOptions) {
    this.#env = env;
    this.#host = host;
    this.#options = options;
  }

  client(group: NamedGroup): GroupClient {
    const { gid, servers } = group;
    const name = [group.creation, ...servers].join(" ");
    const named = this.#clients.get(gid) ?? this.#meet(gid);
    let client = named.get(name);
    if (client === undefined) {
      client = new GroupClient(this.#env, { group: gid, servers }, this.#options);
      // Groups that were replaced are not asked for long.
      if (named.size >= namesMax) for (const [old, { pending }] of named) if (pending === 0) named.delete(old);
      named.set(name, client);
    }
    return client;
  }

  /** As `GroupClient.lost`, for every group that the server may be of. */
  lost(server: ServerId): void {
    for (const named of this.#clients.values()) for (const client of named.values()) client.lost(server);
  }

  /** As `GroupClient.barred`. */
  barred(server: ServerId, sentence: (gid: GroupId, servers: readonly ServerId[]) => string): void {
    // What ends in here may meet other groups, which are another matter.
    const before = [...this.#clients].flatMap(([gid, named]) => [...named.values()].map((client) => ({ gid, client })));
    for (const { gid, client } of before) client.barred(server, () => sentence(gid, client.servers));
  }

  /** As `GroupClient.welcomed`. */
  welcomed(server: ServerId): void {
    for (const named of this.#clients.values()) for (const client of named.values()) client.welcomed(server);
  }

  #meet(gid: GroupId): Map<string, GroupClient> {
    const named = new Map<string, GroupClient>();
    this.#clients.set(gid, named);
    const caller: GroupCaller = {
      receive: (from, answers) => {
        for (const client of named.values()) if (client.asks(from)) client.receive(from, answers);
      },
    };
    this.#host.addCaller(gid, caller);
    return named;
  }
}

/** So many groups with one number are kept in mind. */
const namesMax = 4;
