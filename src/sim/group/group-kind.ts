import type { Env } from "../../env/env.ts";
import type { GroupClient } from "../../rsm/caller/group-client.ts";
import type { ClientSession } from "../../rsm/caller/operation.ts";
import type { Identity } from "../../rsm/options.ts";
import type { Replica } from "../../rsm/replica.ts";
import type { Program } from "../cluster.ts";

/** A replica, whatever it replicates. */
export type AnyReplica = Replica<unknown, unknown>;

/** What a group is to its servers and to its clients. */
export interface GroupKind<Caller> {
  /** The whole program of a server, which gives the replica that it has started. */
  start(env: Env, identity: Identity): AnyReplica;
  /** What a client asks the group with. */
  caller(group: GroupClient, session: ClientSession): Caller;
}

/** The program of a server of that kind; `started` gets the replica when a life has begun. */
export function groupProgram(kind: GroupKind<unknown>, started: (server: number, replica: AnyReplica) => void): Program {
  return (env, identity) => {
    const replica = kind.start(env, identity);
    started(identity.replica, replica);
    return replica.member;
  };
}
